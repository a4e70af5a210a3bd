"""Deliberate mistakes in copies of templates."""

from pathlib import Path


def spoil(
    templates: Path, file: str, right: str, wrong: str, *, times: int = -1
) -> None:
    """Make one in a file, wherever the right thing stands in it, or so many times."""
    text = (templates / file).read_text("utf-8")
    assert right in text, (file, right)
    (templates / file).write_text(text.replace(right, wrong, times), "utf-8")
