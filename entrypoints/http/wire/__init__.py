"""HTTP/1.1 below the application: what a connection may send, and how it is refused."""
