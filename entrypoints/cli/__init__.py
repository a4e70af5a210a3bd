"""The command line: `scribes-auth`."""
