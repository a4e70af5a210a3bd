"""A run: clients, faults, and whether what was answered can be explained."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from core.model import RecordKind
from core.model.events import StoredEvent
from core.ports import Storage
from tests.history.checker import Unexplained, explain
from tests.history.clients import CLIENTS, Client, Replica
from tests.history.faults import Fault, trouble
from tests.history.judging import Judge, Rules
from tests.history.known import Accounts
from tests.history.operations import Kind
from tests.history.recording import Recorder
from tests.http.records import every

SECRET, NEXT_SECRET = "a" * 64, "b" * 64
RULES = Rules(leeway=10, grace=2, refresh_life=7 * 86_400)
SETTINGS = {
    "JWT_SECRET_KEY": SECRET,
    "JWT_SECRET_KEY_PREVIOUS": NEXT_SECRET,  # signs when the other is revoked
    "JWT_LEEWAY_SECONDS": f"{RULES.leeway:g}",
    "JWT_ACCESS_TOKEN_EXPIRE_SECONDS": "12",
    "REFRESH_GRACE_SECONDS": f"{RULES.grace:g}",
    "SECRETS_REFRESH_SECONDS": "1",
    "LOG_LEVEL": "WARNING",
}
"""Lives so short that clocks which are stepped by seconds matter."""

MAILBOX = 0.05
"""Seconds between two looks into the mailboxes."""

LAST_LOOK = (Kind.ME, *3 * [Kind.LOG_IN], Kind.REFRESH, Kind.REFRESH, Kind.ME)
"""What is asked of every account when all is over."""


@dataclass(kw_only=True)
class Run:
    """Two replicas, twenty clients, faults; the seed says who does what next."""

    seed: str
    seconds: float
    replicas: Sequence[Replica]
    faults: Sequence[Fault]
    recorder: Recorder = field(default_factory=Recorder)
    accounts: Accounts = field(default_factory=Accounts)

    async def go(self) -> None:
        """Return when all is over, and healed."""
        stop, over = asyncio.Event(), asyncio.Event()
        clients = [self._client(number) for number in range(CLIENTS)]
        lives = [asyncio.create_task(client.live(stop)) for client in clients]
        mails = asyncio.create_task(self._receive(over))
        rng = Random(f"{self.seed} faults")
        troubles = trouble(self.faults, rng, self.recorder, stop)
        troubling = asyncio.create_task(troubles)
        await asyncio.sleep(self.seconds)
        stop.set()
        await asyncio.gather(troubling, *lives)
        await self._look_once_more(clients)
        over.set()
        await mails

    async def _receive(self, over: asyncio.Event) -> None:
        while not over.is_set():
            for mail in [it for one in self.replicas for it in one.new_mails()]:
                self.accounts.by_email[mail.to].receive(mail)
            await asyncio.sleep(MAILBOX)

    async def _look_once_more(self, clients: Sequence[Client]) -> None:
        accounts = iter([*self.accounts.by_email.values()])

        async def look(client: Client) -> None:
            for account in accounts:
                for kind in LAST_LOOK:
                    await client.ask(account, kind)

        await asyncio.gather(*map(look, clients))

    def _client(self, number: int) -> Client:
        return Client(
            f"c{number}",
            Random(f"{self.seed} client {number}"),
            self.accounts,
            self.replicas,
            self.recorder,
        )


@dataclass(frozen=True)
class Outcome:
    """What came of a run."""

    seed: str
    operations: Mapping[str, int]
    unknown: int
    refused: int
    accounts: int
    faults: Sequence[str]
    bugs: Sequence[str]
    anomalies: Sequence[Unexplained]


async def judge(run: Run, storage: Storage) -> Outcome:
    """Return what came of a run, and is stored now."""
    asked = await asked_for(storage)
    recorder = run.recorder
    histories = Judge(recorder, asked, RULES).histories()
    sent = [one for one in recorder.attempts if one.account]
    found = (explain(history) for history in histories.values())
    return Outcome(
        seed=run.seed,
        operations=Counter(one.kind for one in sent),
        unknown=sum(one.answer is None for one in sent),
        refused=sum(bool(one.answer and one.answer.code) for one in sent),
        accounts=len(histories),
        faults=recorder.faults,
        bugs=recorder.bugs,
        anomalies=[one for one in found if one],
    )


async def asked_for(storage: Storage) -> Mapping[str, str]:
    """Return by which operation each mailed token was asked for, by its id."""
    stored = await every(storage, RecordKind.EVENTS)
    return {
        one.event.data["token_id"]: one.event.label or ""
        for one in stored
        if isinstance(one, StoredEvent) and "token_id" in one.event.data
    }
