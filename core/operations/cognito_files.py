"""
Users on their way into a user pool of Amazon Cognito, and back out of it.

Into a pool they go as the CSV that its import jobs take, without passwords: a pool takes no
hashes. Out of it they come as ``aws cognito-idp list-users`` prints them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from core import errors
from core.model import (
    Account,
    Credentials,
    EndReason,
    Locale,
    RecordKind,
    Role,
    User,
    UserId,
)
from core.ports import EmailNormalizer, Storage

ID = "custom:scribes_id"
FOUND_BY_ID = "family_name"
USERNAME = "preferred_username"
FOUND_BY_NAME = "given_name"

HEADER = (
    "cognito:username name given_name family_name middle_name nickname preferred_username"
    " profile picture website email email_verified gender birthdate zoneinfo locale"
    " phone_number phone_number_verified address updated_at cognito:mfa_enabled"
    f" {ID}"
).split()
"""The columns of a pool as our template makes it (``get-csv-header``)."""

LARGEST_ID = 2**53 - 1
PAGE = 500


def row(user: User) -> dict[str, str]:
    """Return a user as a row of the CSV."""
    return dict.fromkeys(HEADER, "") | {
        "cognito:username": user.email_key,
        "email": user.email_key,
        "email_verified": "true",
        "phone_number_verified": "false",
        "cognito:mfa_enabled": "false",
        "name": user.full_name or "",
        "locale": user.locale or "",
        USERNAME: user.username,
        FOUND_BY_NAME: user.username_key,
        FOUND_BY_ID: str(user.id),
        ID: str(user.id),
    }


def may_go(user: User) -> bool:
    """Tell whether an import job takes a user: it makes all of them active and verified."""
    return user.is_active and user.is_verified


async def everybody(storage: Storage) -> list[Account]:
    """Return all users and their credentials."""
    found: list[Account] = []
    after: str | None = None
    while page := await storage.archive.read(RecordKind.USERS, after=after, limit=PAGE):
        found += [record for _, record in page if isinstance(record, Account)]
        after = page[-1][0]
    return found


def listed(text: str) -> Iterator[Mapping[str, Any]]:
    """Yield the users of one or more answers of ``list-users``, one after the other."""
    decoder, position = json.JSONDecoder(), 0
    while rest := text[position:].lstrip():
        position = len(text) - len(rest)
        try:
            answer, length = decoder.raw_decode(rest)
            yield from answer["Users"]
        except (ValueError, KeyError, TypeError):
            raise errors.BadConfiguration(
                ['no JSON of list-users: {"Users": [...]}, one or more of them']
            ) from None
        position += length


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What an import is going to write, and of how many no password is known."""

    accounts: Sequence[Account]
    without_password: int


async def arriving(
    storage: Storage,
    emails: EmailNormalizer,
    users: Iterable[Mapping[str, Any]],
    admins: Iterable[Mapping[str, Any]],
) -> Arrivals:
    """
    Return users of a pool as they are to stand in a storage.

    Who is there already, by the number, keeps hash and devices; who has no number gets the
    next one. Raises BadConfiguration that names everybody who can't come, and then nobody
    should.
    """
    here = {it.user.id: it for it in await everybody(storage)}
    rulers = {it["Username"] for it in admins}
    next_id = max(await storage.archive.highest_id(), *here, 0)
    arrived: dict[UserId, Account] = {}
    problems: list[str] = []
    for told in users:
        known = _attributes(told)
        number = known.get(ID, "")
        if number.isdecimal() and 0 < int(number) <= LARGEST_ID:
            user_id = int(number)
        else:
            next_id += 1
            user_id = next_id
        role = Role.ADMIN if told["Username"] in rulers else Role.USER
        if not known.get("email") or not known.get(USERNAME):
            problems.append(f"{told['Username']}: no email or no {USERNAME}")
        elif user_id in arrived:
            problems.append(f"{told['Username']}: {ID} {user_id} is there twice")
        else:
            user = _user(user_id, told, known, role, emails)
            arrived[user_id] = _joined(here.get(user_id), user)
    problems += _clashes({**here, **arrived}.values())
    if problems:
        raise errors.BadConfiguration(problems)
    lacking = [it for it in arrived.values() if it.credentials.password_hash is None]
    return Arrivals(list(arrived.values()), len(lacking))


async def write(
    storage: Storage, accounts: Sequence[Account], *, now: datetime
) -> None:
    """Store them, and end what log-ins they left behind; who is interrupted begins anew."""
    for begin in range(0, len(accounts), PAGE):
        batch = accounts[begin : begin + PAGE]
        await storage.archive.write(RecordKind.USERS, batch)
        for account in batch:
            # The password may be another than the one of then.
            await storage.sessions.end_all(
                account.user.id, at=now, reason=EndReason.ENDED_BY_ADMIN, events=[]
            )


def _attributes(told: Mapping[str, Any]) -> dict[str, str]:
    return {it["Name"]: it["Value"] for it in told.get("Attributes", [])}


def _user(
    user_id: UserId,
    told: Mapping[str, Any],
    known: Mapping[str, str],
    role: Role,
    emails: EmailNormalizer,
) -> User:
    said = known.get("email_verified")
    return User(
        id=user_id,
        email=known["email"],
        email_key=emails.key(known["email"]),
        username=known[USERNAME],
        full_name=known.get("name") or None,
        role=role,
        is_active=told.get("Enabled", True),
        is_verified=said == "true" if said else told.get("UserStatus") == "CONFIRMED",
        locale=next((it for it in Locale if it == known.get("locale")), None),
        created_at=_time(told["UserCreateDate"]),
        updated_at=_time(told["UserLastModifiedDate"]),
    )


def _joined(here: Account | None, user: User) -> Account:
    if here is None:
        return Account(user, Credentials())
    kept = replace(
        user, stamp=here.user.stamp + 1, last_login_at=here.user.last_login_at
    )
    return replace(here, user=kept)


def _clashes(accounts: Iterable[Account]) -> Iterator[str]:
    """Yield who has the address or the username of somebody else."""
    seen: dict[tuple[str, str], UserId] = {}
    for account in accounts:
        user = account.user
        for what in (("address", user.email_key), ("username", user.username_key)):
            if what in seen:
                yield f"user {user.id}: user {seen[what]} has the same {what[0]}"
            seen[what] = user.id


def _time(value: object) -> datetime:
    if isinstance(value, int | float):
        moment = datetime.fromtimestamp(value, UTC)
    else:
        moment = datetime.fromisoformat(str(value)).astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
