"""What may stand in a field, for the HTTP bodies and the command line alike."""

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from adapters.emails.idna import is_unmistakable
from core.characters import is_hidden, is_visible
from core.passwords import SPECIAL, GuidePolicy
from core.ports import PasswordPolicy
from entrypoints.field_codes import FieldCode

if TYPE_CHECKING:
    from email_validator import ValidatedEmail

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
LONGEST_EMAIL = 254
"""RFC 5321, section 4.5.3.1.3, less the angle brackets."""

LONGEST_LOCAL_PART = 64
"""In bytes (RFC 5321, section 4.5.3.1.1; RFC 6531, section 3.3)."""

NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)", re.IGNORECASE)
"""What ends in one is an IP address, or meant for one: no top-level domain is a number."""

LONGEST_PASSWORD = 1024
LONGEST_TOKEN = 8192


def problems_of_new(password: str, policy: PasswordPolicy) -> tuple[str, ...]:
    """Return what is wrong with a new password, whichever way it came."""
    if len(password) > LONGEST_PASSWORD:
        return (f"Password must be at most {LONGEST_PASSWORD} characters",)
    return policy.problems(password)


def _problem(code: FieldCode, message: str) -> PydanticCustomError:
    # Never the library's own message: it may quote what was typed.
    return PydanticCustomError(code, message)


def _without_control_characters(value: str) -> str:
    if CONTROL.search(value):
        raise _problem("control_characters", "Must not contain control characters")
    return value


def _email(value: str) -> str:
    # Its patterns take longer to compile than a start should wait for.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    try:
        # Reserved domains are fine: the mail that is sent proves the address.
        parsed = validate_email(
            value, check_deliverability=False, globally_deliverable=False
        )
    except EmailNotValidError:
        parsed = None
    if parsed is None or not _can_be_mailed(parsed):
        raise _problem("email", "Not a valid e-mail address")
    if not is_unmistakable(value):
        advice = "Write it with ordinary letters: a character in it only looks like one"
        raise _problem("email", f"Not a valid e-mail address. {advice}")
    return value


def _can_be_mailed(address: "ValidatedEmail") -> bool:
    _, dot, top = address.ascii_domain.rpartition(".")
    fits = len(address.local_part.encode()) <= LONGEST_LOCAL_PART
    return dot != "" and not NUMBER.fullmatch(top) and fits


def _full_name(value: str) -> str | None:
    if value == "":
        return None  # what forms send for a field that was left empty
    if any(map(is_hidden, value)):
        message = "Must not contain invisible characters or direction overrides"
        raise _problem("invisible_characters", message)
    if not any(map(is_visible, value)):
        raise _problem("blank", "Must not be blank: leave it out, or write a name")
    return value


def _username(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]*", value):
        raise _problem("username", "Only letters, digits, underscores and hyphens")
    return value


def _policy(value: str, info: ValidationInfo) -> str:
    policy = (info.context or {})["policy"]
    if problems := policy.problems(value):
        raise _problem("password", "; ".join(problems))
    return value


KnownEmail = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_EMAIL),
    AfterValidator(_without_control_characters),
    Field(examples=["user@example.com"]),
]
"""An address to look up: it may be older than today's rules."""

Email = Annotated[
    KnownEmail, AfterValidator(_email), Field(json_schema_extra={"format": "email"})
]
Username = Annotated[
    str,
    StringConstraints(min_length=3, max_length=50),
    AfterValidator(_username),
    Field(json_schema_extra={"pattern": "^[A-Za-z0-9_-]{3,50}$"}, examples=["johndoe"]),
]
FullName = Annotated[
    str,
    StringConstraints(max_length=100),
    AfterValidator(_without_control_characters),
    AfterValidator(_full_name),
    Field(examples=["John Doe"]),
]
Password = Annotated[
    str,
    StringConstraints(max_length=LONGEST_PASSWORD),
    Field(json_schema_extra={"format": "password"}, examples=["SecurePass123!"]),
]
"""A password to check; the policy is for new ones only."""

NewPassword = Annotated[
    Password,
    AfterValidator(_policy),
    Field(
        description="At least 8 characters, with an uppercase letter (A-Z), a lowercase"
        f" letter (a-z), a number (0-9) and one of {SPECIAL}",
        json_schema_extra={"minLength": GuidePolicy().min_length},
    ),
]
Token = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TOKEN)]
