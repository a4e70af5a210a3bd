"""Why a field is refused, for programs (docs/api.md has them as a table)."""

from typing import Literal, TypeAlias, get_args

FieldCode: TypeAlias = Literal[
    "blank",
    "control_characters",
    "email",
    "invalid",
    "invisible_characters",
    "missing",
    "model_type",
    "null",
    "password",
    "repeated",
    "role",
    "string_too_long",
    "string_too_short",
    "string_type",
    "unknown",
    "username",
]
"""Stable; those that pydantic has by itself are named as there."""

FIELD_CODES: tuple[FieldCode, ...] = get_args(FieldCode)


def field_code(found: str) -> FieldCode:
    """Return the code for what pydantic calls a problem; `invalid` for what it has else."""
    return next((code for code in FIELD_CODES if code == found), "invalid")
