"""Answers in HTML, from the templates."""

import base64
import hashlib
from dataclasses import dataclass
from http import HTTPStatus

import falcon
from falcon.asgi import Response
from jinja2 import Environment, PackageLoader, StrictUndefined

TEMPLATES = Environment(
    loader=PackageLoader(__package__ or "", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
STYLE = TEMPLATES.get_template("style.css").render()
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)


@dataclass(frozen=True, slots=True)
class Site:
    """Whose pages they are, and where people go on from them."""

    service: str
    home: str | None


def show(
    resp: Response,
    template: str,
    status: HTTPStatus = HTTPStatus.OK,
    **values: object,
) -> None:
    """Answer with a page that may use its own style and nothing else."""
    resp.status = status
    resp.content_type = falcon.MEDIA_HTML
    resp.set_header("Content-Security-Policy", POLICY)
    # So that a form of ours comes with our origin, and not with `Origin: null`.
    resp.set_header("Referrer-Policy", "same-origin")
    resp.text = TEMPLATES.get_template(template).render(
        style=STYLE, site=resp.context.site, **values
    )
