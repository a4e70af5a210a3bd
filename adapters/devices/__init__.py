"""What people call a client."""
