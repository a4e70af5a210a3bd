"""
Puts right the keys of stored addresses, which an older version folded further.

It is a step of the migration of this name, and of every migration after it: a replica of
the version before may have added users meanwhile. Whoever would share a key keeps an
account of their own: see ``plan``.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from adapters.emails.idna import key_of
from core.model import UserId

log = logging.getLogger(__name__)

MIGRATION = "0003_email_keys"

Moves: TypeAlias = Mapping[UserId, str]
"""The key that each user is to have instead of its own."""


@dataclass(frozen=True, slots=True)
class Holder:
    """
    A user as far as keys go.

    Those to be looked at have an address that is not ASCII, an ``xn--`` in it, or a key
    with ``MARK``: all other keys were right.
    """

    user_id: UserId
    email: str
    email_key: str
    is_verified: bool

    @property
    def wanted(self) -> str:
        return key_of(self.email)

    @property
    def aside(self) -> str:
        """What it is called while others take its key, and if another keeps it."""
        return f"{self.wanted}{MARK}{self.user_id}"


MARK = " #"
"""Stands in no address that can be registered; yet it can be typed to log in."""


def plan(holders: Iterable[Holder]) -> Moves:
    """
    Return who is to have another key.

    Of accounts with one mailbox, a verified one gets the key, else the one that has it,
    else the oldest; who was set aside once stays so. The others are found by the key
    with `` #`` and their id behind it, and an operator is told.
    """
    claims: dict[str, list[Holder]] = {}
    for holder in holders:
        claims.setdefault(holder.wanted, []).append(holder)
    moves: dict[UserId, str] = {}
    for key, claimants in claims.items():
        first, *others = sorted(claimants, key=_rank)
        moves |= _moved(first, key)
        for other in others:
            moves |= _moved(other, other.aside)
            _report(other, first)
    return moves


def _rank(holder: Holder) -> tuple[bool, bool, bool, UserId]:
    return (
        holder.email_key == holder.aside,
        not holder.is_verified,
        holder.email_key != holder.wanted,
        holder.user_id,
    )


def _moved(holder: Holder, key: str) -> Moves:
    return {} if holder.email_key == key else {holder.user_id: key}


def _report(other: Holder, first: Holder) -> None:
    log.warning(
        "Users %d and %d have one mailbox: user %d logs in with its address, user %d with"
        " '%s%d' behind it; delete one of them, or leave it so",
        first.user_id,
        other.user_id,
        first.user_id,
        other.user_id,
        MARK,
        other.user_id,
    )
