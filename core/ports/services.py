"""What else the core asks for: limits, secrets, mails, the time and names."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, Self, TypeAlias

from core.model import Attempt, Backoff, Mail, Quota, SecretVersion, Trial


class RateLimiter(Protocol):
    """
    Counts attempts and failures.

    Subjects, accounts and addresses are any text, which strangers choose: what is kept of
    one has a bounded size, and there is a bounded number of them. Beyond it, those are
    forgotten that count least, or longest. Raises ``Unavailable`` if whoever counts does
    not answer at once.
    """

    @property
    @abstractmethod
    def counts_together(self) -> bool | None:
        """
        Whether all replicas count together now; None where each counts for itself by design.

        Asks nobody: it is as the latest calls found it, and True after a ``ping`` that
        was answered. A limiter with None has it always.
        """

    @abstractmethod
    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        """
        Count the attempts if every limit allows, else none of them.

        Returns a quota for each attempt, in order. Exact: no window, wherever it begins,
        ever holds more than a limit's quota of attempts, whoever races. A subject of one
        limit has nothing to do with the same subject of another.
        """

    @abstractmethod
    async def begin(self, trial: Trial, backoff: Backoff) -> timedelta:
        """
        Count a trial as failed, until it is settled; return zero if it may go on.

        Else return how long it has to wait, having counted nothing. A known address of
        the account (see ``Backoff``) has a count of its own, all others share one.
        Exact, whoever races: of many at one moment, only as many go on as have no delay.
        """

    @abstractmethod
    async def settle(self, trial: Trial, backoff: Backoff, *, proven: bool) -> None:
        """
        Take back that a trial failed.

        If it was proven, its count begins anew, and from now on its address is known to
        the account. If it came to nothing, only this one trial is taken back.
        """

    @abstractmethod
    async def delay(self, account: str, backoff: Backoff) -> timedelta:
        """Return how long a trial from an address not known has to wait now; count nothing."""

    @abstractmethod
    async def forget(self, account: str) -> None:
        """
        Forget all failures of an account, wherever they came from.

        Known addresses stay known. Nothing that is limited otherwise is forgotten.
        """

    @abstractmethod
    async def ping(self) -> None:
        """Return if whoever counts answers; raises ``Unavailable``."""

    @abstractmethod
    async def aclose(self) -> None:
        """Let go of connections. Nothing is called afterwards."""


class SecretProvider(Protocol):
    """
    Where secrets are kept.

    Raises ``SecretNotFound``, ``SecretDenied`` or ``SecretsUnavailable``, and says which
    secret and what to do, never its value. Every call ends within about five seconds.
    A value is text, as it was stored but for one line end (LF or CRLF) behind it,
    which editors and ``echo`` leave there: the same secret is the same in every backend.
    ``from_url`` does no I/O.
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
        """
        Return every enabled version, newest first; at least one.

        The first is what ``newest`` returns. Only where an operator has put an older
        version back in force does a younger one follow it.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """
        Let go of connections; may be repeated.

        Who asks again makes new ones, in whatever event loop that is.
        """


Figure: TypeAlias = Callable[[float], None]


class Metrics(Protocol):
    """Figures for operators. Names and labels are ours, never a client's text."""

    @abstractmethod
    def count(self, name: str, by: float = 1, /, **labels: str) -> None:
        """Add to a counter."""

    @abstractmethod
    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""

    @abstractmethod
    def observe(self, name: str, value: float, **labels: str) -> None:
        """Add one measurement to a distribution; durations are in seconds."""

    @abstractmethod
    def counter(self, name: str, **labels: str) -> Figure:
        """Return what ``count`` does for these labels, for whoever counts all the time."""

    @abstractmethod
    def distribution(self, name: str, **labels: str) -> Figure:
        """Return what ``observe`` does for these labels."""


class Mailer(Protocol):
    """Sends mails."""

    @abstractmethod
    async def send(self, mail: Mail) -> str:
        """
        Hand the mail over for good, or raise ``MailUnavailable`` or ``MailRefused``.

        Returns what whoever took it said, for an operator to read.

        The recipient's name and address, and details, can't add headers, recipients, links
        or markup.
        """

    @abstractmethod
    async def ping(self) -> None:
        """
        Return if a mail would be taken from us now; nothing is sent, and nothing left.

        Raises ``MailUnavailable``, or ``MailRefused`` where only an operator can help.
        """


class EmailNormalizer(Protocol):
    """Which spellings of an e-mail address are one address."""

    @abstractmethod
    def key(self, email: str) -> str:
        """
        Return the form in which the address is compared; for any text, and at once.

        Two addresses have one key if their mail arrives in one mailbox: the domain counts
        as the DNS knows it (IDNA 2008), the local part in NFC and lower case. No letter
        is folded into another. The key of a key is that key.
        """


class DeviceNames(Protocol):
    """What people call a client."""

    @abstractmethod
    def name(self, label: str) -> str:
        """
        Return the name of a device for the label that its client gave itself; at once.

        Versions are no part of it, so that it outlives updates: "Firefox on Windows". For a
        label that tells nothing it is that of an unknown device, and never empty. It has at
        most 100 characters, none of them a control character, whatever the label is.
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
