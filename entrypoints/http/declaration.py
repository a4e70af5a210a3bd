"""What an endpoint says about itself, in one place; whatever surrounds it reads it there."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Self

from falcon import HTTP_METHODS as METHODS

from core.model import Role

Responder = Callable[..., Awaitable[Any]]

ANYBODY = None
SIGNED_IN = frozenset(Role)
ADMINS = frozenset({Role.ADMIN})


class Tag(StrEnum):
    """What operations are grouped by, for readers and for generated clients."""

    description: str

    def __new__(cls, value: str, description: str) -> Self:
        tag = str.__new__(cls, value)
        tag._value_ = value
        tag.description = description
        return tag

    ACCOUNTS = "accounts", "Registration, and proving an e-mail address"
    SESSIONS = "sessions", "Log-in, tokens, log-out, and who is calling"
    PASSWORDS = "passwords", "Changing a password, and setting a new one by mail"
    ACCOUNT = "account", "The caller's own account and log-ins"
    ADMINISTRATION = (
        "administration",
        "Users, their log-ins, and what happened: for admins",
    )
    SERVICE = "service", "For operators and other services: health and public keys"


class Bucket(NamedTuple):
    """What counts together; ``setting`` is ``RATE_LIMIT_...`` in lower case."""

    name: str
    setting: str


LOGIN = Bucket("login", "login")
REGISTER = Bucket("register", "register")
RESEND_VERIFICATION = Bucket("resend_verification", "resend_verification")
REQUEST_RESET = Bucket("password_reset_request", "password_reset")
CONFIRM_RESET = Bucket("password_reset_confirm", "password_reset")
CHANGE_PASSWORD = Bucket("change_password", "change_password")
"""And what else the password is asked for with: whoever guesses has one budget."""

VERIFY_CODE = Bucket("verify_code", "invitation")
"""Of codes that can be guessed; what we mail ourselves can't."""

ACCEPT_INVITATION = Bucket("invitation_accept", "invitation")
CHANGE_EMAIL = Bucket("change_email", "change_email")
CONFIRM_EMAIL = Bucket("change_email_confirm", "password_reset")
UNDO_EMAIL = Bucket("change_email_undo", "password_reset")
ADMINISTER = Bucket("admin", "admin")


@dataclass(frozen=True, slots=True, eq=False)
class Declaration:
    """
    The facts of one method of a resource. As a decorator it leaves the responder as it is.

    A responder without one does not start (see ``ExactRouter``). Each is its own, however
    alike two may be.
    """

    summary: str
    _: KW_ONLY
    allows: frozenset[Role] | None
    """Who may call: ``ANYBODY``, or users with one of these roles, by their access token."""

    limit: Bucket | None = None
    """By client address, counted before anything else."""

    limit_by_user: Bucket | None = None
    """By who is calling, counted once that is known and they may."""

    hashes: bool = False
    """Whether a password is hashed: refused while that would take too long."""

    needs_storage: bool = True
    """Whether it is refused until the storage is ready, and revoked keys are known."""

    quiet: bool = False
    """Asked every few seconds: logged at DEBUG while all is well."""

    def __call__(self, responder: Responder) -> Responder:
        responder.declaration = self  # type: ignore[attr-defined]
        return responder


@dataclass(frozen=True, slots=True, eq=False)
class Page(Declaration):
    """For people: what it refuses is a page, too, and its forms are only taken from itself."""


def declared(responder: object) -> Declaration | None:
    """Return what a responder was declared to be."""
    return getattr(responder, "declaration", None)


def declarations_of(resource: object) -> Mapping[str, Declaration]:
    """
    Return what a resource declares, by HTTP method.

    One that answers any method alike stands under GET.
    """
    found = {
        it: declared(getattr(resource, f"on_{it.lower()}", None)) for it in METHODS
    }
    found["GET"] = found["GET"] or declared(getattr(resource, "on_request", None))
    return {method: one for method, one in found.items() if one is not None}
