"""How JWTs are made and read."""
