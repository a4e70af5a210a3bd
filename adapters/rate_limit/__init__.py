"""Where attempts are counted."""
