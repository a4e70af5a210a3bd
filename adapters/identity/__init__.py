"""Providers of identities, which keep users instead of us."""
