"""Where users, sessions, tokens and events are kept."""
