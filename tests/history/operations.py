"""What clients ask of the service and are answered, as far as the model judges it."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What can be asked."""

    REGISTER = "register"
    LOG_IN = "log in"
    REFRESH = "refresh"
    CHANGE_PASSWORD = "change password"
    REQUEST_RESET = "request reset"
    RESET = "reset"
    RESEND = "resend verification"
    VERIFY_EMAIL = "verify e-mail"
    LOG_OUT = "log out"
    LOG_OUT_EVERYWHERE = "log out everywhere"
    ME = "me"
    VERIFY = "verify for a proxy"


READS = frozenset({Kind.ME, Kind.VERIFY})
"""They change nothing."""

NEEDS_PASSWORD = frozenset({Kind.REGISTER, Kind.LOG_IN, Kind.CHANGE_PASSWORD})
SETS_PASSWORD = frozenset({Kind.CHANGE_PASSWORD, Kind.RESET})
NEEDS_MAIL = frozenset({Kind.RESET, Kind.VERIFY_EMAIL})
BEARS_ACCESS = READS | {Kind.CHANGE_PASSWORD, Kind.LOG_OUT, Kind.LOG_OUT_EVERYWHERE}


class Worth(StrEnum):
    """What a token is worth by itself, whatever is stored."""

    GOOD = "good"
    EXPIRED = "expired"
    FOREIGN = "foreign"
    """Of a revoked key, or issued in what is the future to the replica."""


CERTAIN = frozenset({Worth.GOOD})
EITHER = frozenset({True, False})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """
    A request about one account.

    ``session`` is whose token is shown: a refresh token of ``generation``, or an access
    token without one. ``mail`` is the name of the mailed token that is shown. ``worth`` and ``tolerated`` are what the clocks leave possible:
    of the token, and of its use after it was spent. ``hidden`` is how many sessions of
    the account there may be whose beginning nobody was told of.
    """

    kind: Kind
    password: str = ""
    new_password: str = ""
    session: str = ""
    generation: int | None = None
    mail: str = ""
    worth: frozenset[Worth] = CERTAIN
    tolerated: frozenset[bool] = EITHER
    hidden: int = 0

    def __str__(self) -> str:
        """Return it in one line, without what goes without saying."""
        token = self.session[:6]
        if token and self.generation is not None:
            token = f"{token}.{self.generation}"
        worth = "" if self.worth == CERTAIN else "/".join(sorted(self.worth))
        mail = f"mail of {self.mail}" if self.mail else ""
        new = f"-> {self.new_password}" if self.new_password else ""
        said = (self.kind, token, worth, mail, self.password, new)
        return " ".join(filter(None, said))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What was answered; ``code`` is that of a refusal, empty if it was done.

    ``edition`` tells apart two refresh tokens of one session and generation. ``user`` is
    an id, ``ended`` a number of sessions; what an answer does not say is None or empty.
    """

    code: str = ""
    session: str = ""
    generation: int | None = None
    edition: str = ""
    user: int | None = None
    verified: bool | None = None
    ended: int | None = None

    def __str__(self) -> str:
        """Return it in one line, without what was not said."""
        token = f"{self.session[:6]}.{self.generation}" if self.session else ""
        verified = {True: "verified", False: "unverified", None: ""}[self.verified]
        ended = "" if self.ended is None else f"{self.ended} ended"
        return " ".join(filter(None, (self.code or "done", token, verified, ended)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """
    A call and its answer, each at its place in the order of all that happened.

    Without an answer nobody knows whether it was done, and it may be done at any time
    after it began; then ``ended`` is None.
    """

    name: str
    call: Call
    token: str = ""
    """The name of the mailed token that it asks for."""
    begun: int
    ended: int | None = None
    answer: Answer | None = None
    who: str = ""
    """Which client asked which replica; for people."""

    def __str__(self) -> str:
        """Return the line of a report."""
        span = f"{self.begun:>6}-{self.ended or '?':<6}"
        answer = self.answer or "unknown"
        return f"{span} {self.name:>5} {self.who:<12} {self.call} => {answer}"
