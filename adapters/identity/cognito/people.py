"""Users of a pool as we know them, and what we know as their attributes."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from core.model import Locale, Role, User, UserEdit, UserId
from core.operations.cognito_files import FOUND_BY_NAME, ID, LARGEST_ID, USERNAME

ADMINS = "admin"
USERS = "user"


def new_id() -> UserId:
    """Return one number of 2 to the power of 53."""
    return 1 + secrets.randbelow(LARGEST_ID)


def attributes(**known: str | None) -> list[dict[str, str]]:
    """Return attributes as the pool takes them; None is one that nobody knows."""
    return [
        {"Name": name.replace("__", ":"), "Value": value}
        for name, value in known.items()
        if value is not None
    ]


def of_new(
    user_id: UserId,
    *,
    email: str,
    username: str,
    full_name: str | None,
    locale: Locale | None,
) -> list[dict[str, str]]:
    """Return the attributes that somebody begins with."""
    number = str(user_id)
    return attributes(
        email=email,
        custom__scribes_id=number,
        family_name=number,
        preferred_username=username,
        given_name=username.lower(),
        name=full_name,
        locale=locale,
    )


def of_edit(edit: UserEdit) -> list[dict[str, str]]:
    """Return the attributes that an edit changes; an empty one is none."""
    changed: dict[str, str | None] = {}
    if "email" in edit:
        changed["email"] = edit["email"]
        changed["email_verified"] = "true" if edit.get("is_verified") else "false"
    elif "is_verified" in edit:
        changed["email_verified"] = "true" if edit["is_verified"] else "false"
    if "username" in edit:
        changed[USERNAME] = edit["username"]
        changed[FOUND_BY_NAME] = edit["username"].lower()
    if "full_name" in edit:
        changed["name"] = edit["full_name"] or ""
    if "locale" in edit:
        changed["locale"] = edit["locale"] or ""
    return attributes(**changed)


def user_of(answer: Mapping[str, Any], role: Role) -> User | None:
    """Return the user that an answer is about, None for one who has no number of ours."""
    listed = answer.get("UserAttributes") or answer.get("Attributes") or []
    known = {it["Name"]: it["Value"] for it in listed}
    if not known.get(ID, "").isdecimal():
        return None
    changed = _time(answer["UserLastModifiedDate"])
    email = known.get("email", "")
    return User(
        id=int(known[ID]),
        email=email,
        email_key=email.lower(),
        username=known.get(USERNAME, ""),
        full_name=known.get("name") or None,
        role=role,
        is_active=answer.get("Enabled", True),
        is_verified=is_verified(answer["UserStatus"], known),
        locale=_locale(known.get("locale")),
        stamp=int(changed.timestamp() * 1000),
        created_at=_time(answer["UserCreateDate"]),
        updated_at=changed,
    )


def sub_of(answer: Mapping[str, Any]) -> str:
    """Return the name by which the pool itself knows somebody."""
    return str(answer["Username"])


def is_verified(status: str, known: Mapping[str, str]) -> bool:
    """Tell whether an address is proved: a sign-up that is confirmed is."""
    said = known.get("email_verified")
    return said == "true" if said is not None else status == "CONFIRMED"


def role_of(groups: Sequence[Mapping[str, Any]]) -> Role:
    """Return the role that is behind groups."""
    names = {it["GroupName"] for it in groups}
    return Role.ADMIN if ADMINS in names else Role.USER


def _time(moment: datetime) -> datetime:
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _locale(text: str | None) -> Locale | None:
    return next((it for it in Locale if it == text), None)
