"""What the core's ports are in the world, one folder a port."""
