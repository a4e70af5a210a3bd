"""The endpoints: each says in its declaration who may call it, and what limits it."""
