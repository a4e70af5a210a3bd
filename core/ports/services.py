"""What else the core asks for: limits, secrets, mails, the time and names."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, Self

from core.model import Attempt, Mail, Quota, SecretVersion


class RateLimiter(Protocol):
    """Counts attempts."""

    @abstractmethod
    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        """
        Count the attempts if every limit allows, else none of them.

        Returns a quota for each attempt, in order. Exact: no window, wherever it begins,
        ever holds more than a limit's quota of attempts, whoever races. A subject of one
        limit has nothing to do with the same subject of another.
        """


class SecretProvider(Protocol):
    """
    Where secrets are kept.

    Raises ``SecretNotFound``, ``SecretDenied`` or ``SecretsUnavailable``, and says which
    secret and what to do. ``from_url`` does no I/O.
    """

    @classmethod
    @abstractmethod
    def from_url(cls, url: str) -> Self:
        """Make one for this URL; raises ``BadConfiguration`` for what it can't read in it."""

    @abstractmethod
    async def newest(self, name: str) -> SecretVersion:
        """Return the newest enabled version."""

    @abstractmethod
    async def versions(self, name: str) -> Sequence[SecretVersion]:
        """Return every enabled version, newest first; at least one."""


class Mailer(Protocol):
    """Sends mails."""

    @abstractmethod
    async def send(self, mail: Mail) -> None:
        """
        Hand the mail over for good, or raise ``MailUnavailable`` or ``MailRefused``.

        The recipient's name and address can't add headers, recipients or markup.
        """


class Clock(Protocol):
    """The time."""

    @abstractmethod
    def now(self) -> datetime:
        """Return the time in UTC, aware, exact to the millisecond."""


class IdGenerator(Protocol):
    """Names for new things."""

    @abstractmethod
    def new_id(self) -> str:
        """Return 128 random bits as 32 lower-case hexadecimal digits."""
