"""Which resource a request is for: exactly the one whose path it spells, or none."""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from falcon import COMBINED_METHODS, Request
from falcon.routing import BaseConverter, CompiledRouter, IntConverter

from entrypoints.http.declaration import Responder, declared
from entrypoints.http.openapi.described import LARGEST_ID

Route: TypeAlias = tuple[object, dict[str, Any], dict[str, Any], str | None]

FIELD = re.compile(r"\{(?P<name>\w+)(?::(?P<kind>\w+)[^}]*)?\}")
"""A parameter in a route: its name, and the converter that reads it."""

REST = re.compile(r"\{\w+:path\}$")
NAME = re.compile(r"[0-9a-z_-]{1,128}")
NO_NAMES = frozenset({"", ".", ".."})


class AnyMethod(dict[str, Responder]):
    """Answers every method there is, and those that nobody has thought of."""

    def __init__(self, responder: Responder) -> None:
        super().__init__(dict.fromkeys(COMBINED_METHODS, responder))
        self._responder = responder

    def __missing__(self, method: str) -> Responder:
        return self._responder


class IdConverter(IntConverter):
    """Reads the id of a user (`{user_id:id}`)."""

    def __init__(self) -> None:
        super().__init__(min=1, max=LARGEST_ID)


class NameConverter(BaseConverter):
    """Reads the id of a session (`{session_id:name}`): letters that have no other spelling."""

    def convert(self, value: str) -> str | None:
        return value if NAME.fullmatch(value) else None


class ExactRouter(CompiledRouter):
    """
    Finds a resource only by the one spelling of its path.

    What was sent is compared, byte by byte, before anything in it is decoded. So whoever
    stands in front of us, and decides by the text of a path, means the same by it.

    What the responder was declared to be is found with it, for all that surrounds it:
    ``req.context.declaration``, None where no operation of ours is meant.
    """

    def __init__(self) -> None:
        super().__init__()
        self.options.converters["id"] = IdConverter
        self.options.converters["name"] = NameConverter

    def map_http_methods(self, resource: object, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - Falcon's
        """Return the responders by method; raises TypeError for one without declaration."""
        anything = getattr(resource, "on_request", None)
        found: dict[str, Any] = (
            super().map_http_methods(resource, **kwargs)
            if anything is None
            else AnyMethod(anything)
        )
        for method, responder in found.items():
            if declared(responder) is None:
                name = type(resource).__name__
                raise TypeError(f"{name} does not declare what {method} is")
        return found

    def find(self, uri: str, req: Request | None = None) -> Route | None:
        """Return the route, None unless the path is spelled as we spell it."""
        route = super().find(uri, req)
        if route is None or req is None:
            return route
        _, methods, params, template = route
        if not is_spelled(req.scope["raw_path"], template or "", params):  # type: ignore[attr-defined]
            return None
        try:
            req.context.declaration = declared(methods[req.method])
        except KeyError:
            req.context.declaration = None  # no method that Falcon knows
        return route


def is_spelled(sent: bytes, template: str, params: Mapping[str, object]) -> bool:
    """
    Tell whether a raw path is the template with the parameters as they print.

    So `/users/007` and `/users/%37` are not `/users/7`, and nothing is empty or a dot
    segment. Of a field that takes the rest of a path, any spelling is good: that path is
    another's.
    """
    if "{" not in template:
        return sent == template.encode()
    rest = REST.search(template)
    head = template[: rest.start()] if rest else template
    texts = {it["name"]: str(params[it["name"]]) for it in FIELD.finditer(head)}
    if not NO_NAMES.isdisjoint(texts.values()):
        return False
    spelled = FIELD.sub(lambda field: texts[field["name"]], head).encode()
    return sent.startswith(spelled) if rest else sent == spelled
