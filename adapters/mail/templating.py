"""
The templates of mails: one a kind and language, from which both parts are made.

A template says what the mail says, in paragraphs that blank lines part; what is beside that,
and how it looks, is in ``layout`` and ``elements``, one for text and one for HTML.
"""

from collections.abc import Mapping

from jinja2 import BaseLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from core.model import Locale, MailKind


def _paragraphs(text: Markup) -> Markup:
    blocks = [block for block in text.strip().split("\n\n") if block]
    return Markup("\n").join(map(_paragraph, blocks))


def _paragraph(block: Markup) -> Markup:
    if block.startswith("<p"):
        return block
    return Markup("<p>{}</p>").format(block.strip().replace("\n", Markup("<br>\n")))


class MailTemplates:
    """Renders mails; what a template needs and is not told makes it fail."""

    def __init__(self, loader: BaseLoader) -> None:
        html = Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        html.filters["paragraphs"] = _paragraphs
        self._environments = {"html": html, "txt": html.overlay(autoescape=False)}

    def render(
        self, locale: Locale, kind: MailKind, part: str, context: Mapping[str, object]
    ) -> str:
        """Return the ``txt`` or the ``html`` part of a mail."""
        template = self._environments[part].get_template(f"{locale}/{kind}.jinja")
        return template.render(context, part=part, language=locale)


TEMPLATES = MailTemplates(PackageLoader("adapters.mail"))
