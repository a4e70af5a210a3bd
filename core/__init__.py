"""The domain of Scribes Auth: rules and ports, on the standard library alone."""
