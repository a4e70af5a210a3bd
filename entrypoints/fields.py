"""What may stand in a field, for the HTTP bodies and the command line alike."""

import re
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from core.passwords import SPECIAL, GuidePolicy
from entrypoints.field_codes import FieldCode

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
LONGEST_EMAIL = 254
"""RFC 5321, section 4.5.3.1.3, less the angle brackets."""

LONGEST_PASSWORD = 1024
LONGEST_TOKEN = 8192


def _problem(code: FieldCode, message: str) -> PydanticCustomError:
    # Never the library's own message: it may quote what was typed.
    return PydanticCustomError(code, message)


def _without_control_characters(value: str) -> str:
    if CONTROL.search(value):
        raise _problem("control_characters", "Must not contain control characters")
    return value


def _email(value: str) -> str:
    try:
        # Reserved domains are fine: the mail that is sent proves the address.
        parsed = validate_email(
            value, check_deliverability=False, globally_deliverable=False
        )
    except EmailNotValidError:
        parsed = None
    if parsed is None or "." not in parsed.domain:
        raise _problem("email", "Not a valid e-mail address")
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
        description="At least 8 characters, with an uppercase letter, a lowercase"
        f" letter, a number and one of {SPECIAL}",
        json_schema_extra={"minLength": GuidePolicy().min_length},
    ),
]
Token = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TOKEN)]
