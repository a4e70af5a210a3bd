"""Which versions of the JWT secret are keys, and what each is good for at what time."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from core import errors
from core.model import UNTOLD, RevokedKey, SecretVersion, SigningKey
from core.ports import KeyParser

log = logging.getLogger(__name__)

Span: TypeAlias = tuple[datetime | None, datetime | None]


class KeyState(StrEnum):
    """What a key is good for; all but the last two verify and are published."""

    PENDING = "pending"
    SIGNING = "signing"
    VERIFYING = "verifying"
    RETIRED = "retired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRules:
    """
    How long keys stay in their states.

    A key signs ``activation`` after its version was created: longer than it takes every
    replica to see it, and every reader of the JWKS. Its predecessor verifies on for
    ``token_life``, the longest life of any token, and ``leeway``.
    """

    activation: timedelta
    token_life: timedelta
    leeway: timedelta

    @property
    def publication(self) -> timedelta:
        """
        How long others may keep what we publish.

        A third of the activation: the second is for our replicas to see the new key,
        the last for a look that fails.
        """
        return min(self.activation / 3, timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """
    A key in its state, which began at ``since`` and ends at ``until``.

    A time is None where the backend does not tell it, or where no end is in sight.
    """

    key: SigningKey
    version: str
    state: KeyState
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Ring:
    """The keys, newest first, as they stand until ``ends`` unless new ones are loaded."""

    keys: Sequence[KeyStatus]
    signer: KeyStatus | None
    """None if every key is revoked: then none verifies either."""
    verifying: Mapping[str, SigningKey]
    """By ``kid``."""
    began: datetime
    ends: datetime | None

    @property
    def signing(self) -> SigningKey:
        """The key that signs; raises Unavailable if every key is revoked."""
        if self.signer is None:
            raise errors.Unavailable("No JWT key may be used")
        return self.signer.key

    def holds_at(self, now: datetime) -> bool:
        """Tell whether nothing changed by itself since this was made."""
        return self.began <= now and (self.ends is None or now < self.ends)

    def knows(self, kid: str) -> bool:
        """Tell whether a key has this name, a retired or revoked one too."""
        return any(kid == status.key.kid for status in self.keys)


@dataclass(frozen=True, slots=True)
class _Key:
    key: SigningKey
    source: SecretVersion
    activates_at: datetime


@dataclass(slots=True)
class Keyring:
    """
    The keys in use: ``load`` replaces them, time alone moves them from state to state.

    A revoked key is as if it were not there, whatever is loaded later, also if no other is.

    The newest activated key signs. Where none is, the oldest does: it is what every other
    replica has known for longest. So replicas that ``load`` more often than a key takes
    to activate never meet a token that they can't verify, whoever rotates when.
    """

    parser: KeyParser
    rules: KeyRules
    problems: Sequence[str] = ()
    """What is wrong with the versions that the latest ``load`` passed over."""
    _versions: Sequence[SecretVersion] = field(default=(), repr=False)
    _keys: Sequence[_Key] = field(default=(), repr=False)
    _revoked: Mapping[str, datetime] = field(default_factory=dict, repr=False)
    _ring: Ring | None = field(default=None, repr=False)

    def load(self, versions: Sequence[SecretVersion]) -> None:
        """
        Replace the keys by those of the enabled versions, given newest first.

        A version that can't be a key is passed over, and told in ``problems`` and the
        log. If none can be one, raises BadConfiguration and keeps what it has.
        """
        wanted = tuple(versions)  # the caller's list may change
        if wanted == self._versions:
            return
        keys, problems = self._parsed(wanted)
        for problem in problems:
            if problem not in self.problems:
                log.error("JWT key passed over", extra={"reason": problem})
        self.problems = problems
        if not keys:
            raise errors.BadConfiguration(
                problems or ["JWT secret: no version of it is enabled"]
            )
        self._versions, self._keys, self._ring = wanted, keys, None
        log.info("JWT keys loaded", extra={"kids": [held.key.kid for held in keys]})

    def revoke(self, keys: Sequence[RevokedKey]) -> int:
        """Use these keys for nothing from now on; return how many were not revoked before."""
        new = {it.kid: it.at for it in keys if it.kid not in self._revoked}
        if new:
            self._revoked, self._ring = {**self._revoked, **new}, None
        if kids := [it.key.kid for it in self._keys if it.key.kid in new]:
            log.info("JWT keys revoked", extra={"kids": kids})
        return len(new)

    def without(self, kid: str, now: datetime) -> Ring | None:
        """
        Return the keys as they would stand if this one were revoked now; nothing changes.

        None if it is revoked already.
        """
        if kid in self._revoked:
            return None
        return _ring(self._keys, {**self._revoked, kid: now}, self.rules, now)

    @property
    def newest(self) -> SigningKey | None:
        """The key that signs, now or when it is activated."""
        return self._keys[0].key if self._keys else None

    def at(self, now: datetime) -> Ring:
        """Return the keys as they stand; raises Unavailable before the first ``load``."""
        if not self._keys:
            raise errors.Unavailable("No JWT key was loaded yet")
        if self._ring is None or not self._ring.holds_at(now):
            self._ring = _ring(self._keys, self._revoked, self.rules, now)
        return self._ring

    def _parsed(
        self, versions: Sequence[SecretVersion]
    ) -> tuple[Sequence[_Key], Sequence[str]]:
        keys, problems = [], []
        # To parse a key costs more than to sign with it.
        known = {it.source: it for it in self._keys}
        # Stable: of one moment, the first is the newest, as the backend has it.
        for it in sorted(versions, key=lambda it: it.created_at, reverse=True):
            try:
                keys.append(known.get(it) or self._key(it))
            except errors.BadConfiguration as bad:
                problems.append(f"JWT secret, version {it.version}: {bad}")
        return keys, problems

    def _key(self, source: SecretVersion) -> _Key:
        told = source.created_at != UNTOLD
        wait = self.rules.activation if told else timedelta(0)
        key = self.parser.parse(source.value)
        return _Key(key, source, source.created_at + wait)


def _ring(
    keys: Sequence[_Key],
    revoked: Mapping[str, datetime],
    rules: KeyRules,
    now: datetime,
) -> Ring:
    usable = _usable([it for it in keys if it.key.kid not in revoked], rules, now)
    good = [status for status in usable if status.state is not KeyState.RETIRED]
    states = iter(usable)
    return Ring(
        keys=[
            _status(it, KeyState.REVOKED, (revoked[it.key.kid], None))
            if it.key.kid in revoked
            else next(states)
            for it in keys
        ],
        signer=next((it for it in usable if it.state is KeyState.SIGNING), None),
        verifying={status.key.kid: status.key for status in good},
        began=now,
        ends=min((it.until for it in good if it.until is not None), default=None),
    )


def _usable(
    keys: Sequence[_Key], rules: KeyRules, now: datetime
) -> Sequence[KeyStatus]:
    if not keys:
        return []
    activated = (place for place, it in enumerate(keys) if it.activates_at <= now)
    signing = next(activated, len(keys) - 1)
    spent = zip(keys[signing + 1 :], keys[signing:], strict=False)
    return [
        *(_status(it, KeyState.PENDING, _pending(it)) for it in keys[:signing]),
        _status(keys[signing], KeyState.SIGNING, _signing(keys, signing, now)),
        *(_spent(it, successor, rules, now) for it, successor in spent),
    ]


def _status(it: _Key, state: KeyState, span: Span) -> KeyStatus:
    return KeyStatus(it.key, it.source.version, state, *span)


def _pending(it: _Key) -> Span:
    return it.source.created_at, it.activates_at


def _signing(keys: Sequence[_Key], place: int, now: datetime) -> Span:
    it = keys[place]
    since = it.activates_at if it.activates_at <= now else it.source.created_at
    until = keys[place - 1].activates_at if place else None
    return None if since == UNTOLD else since, until


def _spent(it: _Key, successor: _Key, rules: KeyRules, now: datetime) -> KeyStatus:
    if successor.source.created_at == UNTOLD:
        return _status(it, KeyState.VERIFYING, (None, None))
    since = successor.activates_at
    until = since + rules.token_life + rules.leeway
    if now < until:
        return _status(it, KeyState.VERIFYING, (since, until))
    return _status(it, KeyState.RETIRED, (until, None))
