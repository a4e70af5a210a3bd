"""What a page of another site makes its visitor's browser send must cost the visitor nothing."""

from collections.abc import Collection
from dataclasses import dataclass

import falcon
from falcon.asgi import Request, Response

from entrypoints.http.around.gates import Gate
from entrypoints.http.declaration import Declaration, Page
from entrypoints.http.operation import Operation, demand_json, media_type

SIMPLE = {
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
}
"""Media types that are sent across sites without a question (Fetch, CORS-safelisted)."""

SAFE = {"GET", "OPTIONS"}
OURS = {"same-origin", "none"}
"""Of `Sec-Fetch-Site` (Fetch Metadata): our own pages, and people who type an address."""


@dataclass(frozen=True, slots=True)
class CrossSite(Gate):
    """
    Refuses, before anything is counted, what browsers send across sites without asking.

    All else comes from a program, from our own pages, or after a preflight that we
    answered for an origin in ``allowed``.
    """

    origin: str
    allowed: Collection[str]

    def concerns(self, declaration: Declaration) -> bool:
        return isinstance(declaration, Page) or declaration.limit is not None

    async def enter(
        self, req: Request, resp: Response, declaration: Declaration
    ) -> None:
        if isinstance(declaration, Page):
            if req.method not in SAFE and self._is_foreign(req, ()):
                raise falcon.HTTPForbidden(description="The form is of another site")
        elif _carries_json(declaration):
            demand_json(req)
        elif _is_simple(req) and self._is_foreign(req, self.allowed):
            raise falcon.HTTPForbidden(description="The request is of another site")

    def _is_foreign(self, req: Request, allowed: Collection[str]) -> bool:
        origin = req.get_header("Origin")
        if origin is not None and (origin in allowed or "*" in allowed):
            return False
        site = req.get_header("Sec-Fetch-Site")
        if site is not None:
            return site not in OURS
        if origin is None:
            return False
        return origin != self.origin and _host_of(origin) != req.get_header("Host")


def _host_of(origin: str) -> str:
    return origin.partition("://")[2]


def _carries_json(declaration: Declaration) -> bool:
    return (
        isinstance(declaration, Operation)
        and declaration.body is not None
        and not declaration.body_optional
    )


def _is_simple(req: Request) -> bool:
    return media_type(req) in SIMPLE and req.auth is None
