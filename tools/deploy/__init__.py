"""Checks of the templates in ``deploy/``, by the tools that read them for real."""


class CheckNotMade(RuntimeError):
    """A check could not be made here; the message says what is missing."""
