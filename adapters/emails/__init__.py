"""How e-mail addresses are compared."""
