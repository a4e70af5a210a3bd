"""Clients who ask at random, by a seed, with all that anybody was ever told."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

import httpx

from tests.history.clocks import SteppedClock
from tests.history.known import Account, Accounts, one_of
from tests.history.operations import NEEDS_MAIL, SETS_PASSWORD, Kind
from tests.history.recording import Attempt, MailedToken, Recorder
from tests.history.requests import answer_of, request, tokens_of

CLIENTS = 20
PAUSE = 0.02
"""Seconds between two requests of one client, at most."""

LONGER = 0.3
"""Likewise, after one that was not answered."""

WEIGHTS: Mapping[Kind, int] = {
    Kind.REGISTER: 2,
    Kind.LOG_IN: 14,
    Kind.REFRESH: 22,
    Kind.CHANGE_PASSWORD: 5,
    Kind.REQUEST_RESET: 5,
    Kind.RESET: 5,
    Kind.RESEND: 3,
    Kind.VERIFY_EMAIL: 4,
    Kind.LOG_OUT: 6,
    Kind.LOG_OUT_EVERYWHERE: 2,
    Kind.ME: 24,
    Kind.VERIFY: 8,
}
BEFORE = {Kind.REGISTER: 8, Kind.LOG_IN: 2, Kind.REQUEST_RESET: 1}
"""The weights while nobody was told that the account is there."""

NEEDS_ACCESS = frozenset(
    {Kind.CHANGE_PASSWORD, Kind.LOG_OUT_EVERYWHERE, Kind.ME, Kind.VERIFY}
)


class Replica(Protocol):
    """A replica, as its clients and the faults see it."""

    name: str
    clock: SteppedClock
    http: httpx.AsyncClient

    async def start(self) -> None:
        """Return when it serves; it was crashed, or is new."""

    def crash(self) -> None:
        """End at once, whatever is under way."""

    def new_mails(self) -> Sequence[MailedToken]:
        """Return what was mailed since the last look."""

    async def revoke(self, kid: str) -> None:
        """Revoke a key, as an operator does."""


@dataclass
class Client:
    """Somebody who uses all accounts, on all replicas."""

    name: str
    rng: Random
    accounts: Accounts
    replicas: Sequence[Replica]
    recorder: Recorder

    async def live(self, stop: asyncio.Event) -> None:
        """Ask until told to stop."""
        while not stop.is_set():
            answered = await self.ask(self.accounts.pick(self.rng))
            pause = PAUSE if answered else LONGER
            await asyncio.sleep(self.rng.uniform(0, pause))

    async def ask(self, account: Account, kind: Kind | None = None) -> bool:
        """Ask something about an account; tell whether there was an answer."""
        attempt = self._attempt(account, kind)
        replica = self.rng.choice(self.replicas)
        attempt.who = f"{self.name} {replica.name}"
        username = account.username
        if self.rng.random() < 0.5:
            username += f"-{attempt.name}"
        self.recorder.attempts.append(attempt)
        asked = request(replica.http, attempt, username)
        moment = replica.clock.now()
        attempt.begun = self.recorder.tick()
        try:
            response = await replica.http.send(asked)
        except httpx.ConnectError:
            self.recorder.forget(attempt)
            return False
        except httpx.TransportError:
            account.unanswered += 1
            return False
        if response.is_server_error:
            self._note_bug(attempt, response)
            account.unanswered += 1
            return False
        answer = answer_of(attempt.kind, response)
        span = replica.clock.span(moment, replica.clock.now())
        self.recorder.end(attempt, answer, span)
        account.learn(attempt, answer)
        if answer.session:
            access, refresh = tokens_of(response)
            account.access.append(access)
            account.refresh.append(refresh)
        return True

    def _attempt(self, account: Account, kind: Kind | None) -> Attempt:
        """Return what to ask next, with what is known; whatever needs more is a log-in."""
        rng, name = self.rng, self.recorder.name()
        weights = WEIGHTS if account.is_registered else BEFORE
        kind = kind or rng.choices([*weights], [*weights.values()])[0]
        needed: dict[str, Any] = {}
        if kind in NEEDS_ACCESS:
            needed["token"] = one_of(account.access, rng)
        elif kind is Kind.REFRESH:
            needed["token"] = one_of(account.refresh, rng)
        elif kind is Kind.LOG_OUT:
            kept = rng.choice([account.access, account.refresh])
            needed["token"] = one_of(kept, rng)
        elif kind in NEEDS_MAIL:
            mails = account.resets if kind is Kind.RESET else account.proofs
            needed["mail"] = one_of(mails, rng)
        if None in needed.values():
            kind, needed = Kind.LOG_IN, {}
        if kind in {Kind.LOG_IN, Kind.CHANGE_PASSWORD}:
            needed["password"] = one_of(account.passwords, rng) or f"Unknown!1{name}"
        if kind is Kind.REGISTER:
            needed["password"] = self._new_password(account, name)
        if kind in SETS_PASSWORD:
            needed["new_password"] = self._new_password(account, name)
        return Attempt(
            name=name, account=account.email, who="", kind=kind, begun=0, **needed
        )

    def _new_password(self, account: Account, name: str) -> str:
        """Return one that nobody ever had; before it is told to be set it is but a guess."""
        password = f"Secret!1-{name}"
        account.passwords.insert(max(0, len(account.passwords) - 1), password)
        return password

    def _note_bug(self, attempt: Attempt, response: httpx.Response) -> None:
        if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            self.recorder.bugs.append(f"{attempt}: {response.status_code}")
