"""What surrounds every request; it reads what the endpoint declares, never a path."""
