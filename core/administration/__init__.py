"""What administrators and operators do with other people's accounts."""
