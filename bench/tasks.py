"""What subjects are asked to do."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import TypeAlias

import httpx

from bench.load import Client
from bench.subjects import Subject, asked

PEOPLE = 16
"""Who has logged in, for what is asked by the bearer of a token."""

WRONG = "Wrong-Pass-1"


@dataclass(slots=True)
class Same:
    """Asks the same each time."""

    what: bytes

    def request(self) -> bytes:
        return self.what

    def learn(self, body: bytes) -> None:
        """Nothing depends on an answer."""


@dataclass(slots=True)
class NewPerson:
    """Registers somebody new each time."""

    subject: Subject
    names: Iterator[str]

    def request(self) -> bytes:
        return self.subject.register(next(self.names))

    def learn(self, body: bytes) -> None:
        """Nothing depends on an answer."""


@dataclass(slots=True)
class Rotating:
    """Refreshes by the newest token of a session."""

    subject: Subject
    token: str

    def request(self) -> bytes:
        return self.subject.refresh(self.token)

    def learn(self, body: bytes) -> None:
        self.token = json.loads(body)[self.subject.paths.renewed]


Clients: TypeAlias = Callable[[Subject, int], Sequence[Client]]


@dataclass(frozen=True, slots=True)
class Task:
    """``needs`` names the path without which a subject can't do it."""

    name: str
    needs: str
    clients: Clients
    refuses: bool = False
    """Whether a refusal is the answer that is wanted."""

    hashes: bool = False
    """Whether passwords are hashed, at the cost that all have in production."""

    crowds: Sequence[int] = (1, 32, 128)
    steady_crowd: int = 32
    """The one of these beside whose figures stand those of a steady pace."""

    seconds: float = 2.0


def log_in(subject: Subject, name: str) -> dict[str, str]:
    """Return the tokens of somebody, whom this makes if need be."""
    with httpx.Client(base_url=subject.url, timeout=30) as client:
        answer = _sent(client, subject.log_in(name))
        if not answer.is_success:
            _sent(client, subject.register(name)).raise_for_status()
            answer = _sent(client, subject.log_in(name)).raise_for_status()
    tokens: dict[str, str] = answer.json()
    return tokens


def _sent(client: httpx.Client, raw: bytes) -> httpx.Response:
    head, _, content = raw.partition(b"\r\n\r\n")
    first, *headers = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    pairs = [tuple(line.split(": ", 1)) for line in headers[1:]]
    return client.request(method, path, headers=dict(pairs), content=content)


def _who_am_i(subject: Subject, crowd: int) -> list[Same]:
    return _bearers(subject, subject.paths.me, crowd)


def _verify(subject: Subject, crowd: int) -> list[Same]:
    return _bearers(subject, subject.paths.verify, crowd)


def _bearers(subject: Subject, path: str, crowd: int) -> list[Same]:
    if not subject.paths.log_in:
        return [Same(asked(path, subject.token))] * crowd
    access = subject.paths.access
    people = range(min(crowd, PEOPLE))
    tokens = [log_in(subject, f"bearer{it}")[access] for it in people]
    return [Same(asked(path, tokens[it % len(tokens)])) for it in range(crowd)]


def _nothing(subject: Subject, crowd: int) -> list[Same]:
    return [Same(asked(subject.paths.nothing, ""))] * crowd


def _rotating(subject: Subject, crowd: int) -> list[Rotating]:
    renewed = subject.paths.renewed
    return [
        Rotating(subject, log_in(subject, "renewer")[renewed]) for _ in range(crowd)
    ]


def _repeated(subject: Subject, crowd: int) -> list[Same]:
    return [Same(it.request()) for it in _rotating(subject, crowd)]


def _log_ins(subject: Subject, crowd: int) -> list[Same]:
    log_in(subject, "regular")
    return [Same(subject.log_in("regular"))] * crowd


def _refused(subject: Subject, crowd: int) -> list[Same]:
    return [Same(subject.log_in("stranger", WRONG))] * crowd


def _registrations(subject: Subject, crowd: int) -> list[NewPerson]:
    names = (f"new{time.time_ns()}x{number}" for number in count())
    return [NewPerson(subject, names) for _ in range(crowd)]


NOTHING = Task("nothing", "nothing", _nothing)
WHO_AM_I = Task("who am I", "me", _who_am_i)
VERIFY = Task("forward-auth", "verify", _verify)
ROTATING = Task("refresh, rotating", "refresh", _rotating)
REPEATED = Task("refresh, the same token", "refresh_again", _repeated)


def _hashing(name: str, needs: str, clients: Clients, *, refuses: bool = False) -> Task:
    return Task(
        name,
        needs,
        clients,
        refuses=refuses,
        hashes=True,
        crowds=(1, 10),
        steady_crowd=10,
        seconds=4.0,
    )


LOG_IN = _hashing("log-in", "log_in", _log_ins)
REFUSED = _hashing("refused log-in", "log_in", _refused, refuses=True)
REGISTER = _hashing("register", "register", _registrations)

WITHOUT_HASHES = (NOTHING, WHO_AM_I, VERIFY, ROTATING, REPEATED)
WITH_HASHES = (LOG_IN, REFUSED, REGISTER)
OF_OURS = tuple(
    replace(it, name=f"{it.name} by storages and workers", crowds=(32,))
    for it in (WHO_AM_I, ROTATING)
)
"""What the choice of a storage, and of how many workers, shows itself in."""

ALL = (*WITHOUT_HASHES, *WITH_HASHES, *OF_OURS)
