"""What is demanded of users who are added, as of those who register."""

from collections.abc import Mapping

from pydantic import ValidationError

from core.model import Locale, Profile, Role
from core.ports import PasswordPolicy
from entrypoints.bodies import RequestBody
from entrypoints.cli.console import failure
from entrypoints.fields import Email, FullName, Username, problems_of_new


class Newcomer(RequestBody):
    email: Email
    username: Username
    full_name: FullName | None = None
    role: Role = Role.USER
    locale: Locale | None = None


def profile_of(told: Mapping[str, str | None]) -> Profile:
    """Return who they are to be, or exit and say everything that is wrong."""
    try:
        newcomer = Newcomer.model_validate(told)
    except ValidationError as error:
        problems = (f"{found['loc'][0]}: {found['msg']}" for found in error.errors())
        raise failure(*problems) from None
    return Profile(**newcomer.model_dump())


def demand_password(password: str, policy: PasswordPolicy) -> None:
    """Return if it may be one, or exit and say what is wrong."""
    if problems := problems_of_new(password, policy):
        raise failure(f"password: {'; '.join(problems)}")
