"""Turns what was recorded into operations for the model, which knows no clocks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.history.clocks import Span
from tests.history.operations import CERTAIN, EITHER, Call, Kind, Operation, Worth
from tests.history.recording import Attempt, Recorder, Revocation
from tests.history.tokens import Token, mailed_id

OPENS = frozenset({Kind.LOG_IN, Kind.CHANGE_PASSWORD})
UNSHOWN = "unshown"
"""The name of every mailed token that nobody has shown: one is as good as another."""

UNASKED = "unasked"
"""The name of one that nobody asked for."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the replicas were told about time, in seconds."""

    leeway: float
    grace: float
    refresh_life: float


@dataclass
class Judge:
    """``asked_for`` tells by whom each mailed token was asked for, by its id."""

    recorder: Recorder
    asked_for: Mapping[str, str]
    rules: Rules
    _began: dict[tuple[str, int | None], float] = field(default_factory=dict)
    """When each generation of a session did, as its token tells."""

    def histories(self) -> Mapping[str, Sequence[Operation]]:
        """Return the history of every account, by its address."""
        accounts: dict[str, list[Attempt]] = defaultdict(list)
        for attempt in self.recorder.attempts:
            if attempt.account:
                accounts[attempt.account].append(attempt)
            if (told := attempt.answer) and told.edition:
                began = float(told.edition) - self.rules.refresh_life
                self._began.setdefault((told.session, told.generation), began)
        return {
            account: self._operations(attempts)
            for account, attempts in accounts.items()
        }

    def _operations(self, attempts: Sequence[Attempt]) -> list[Operation]:
        shown = {self._named(attempt.mail) for attempt in attempts}
        return [
            Operation(
                name=attempt.name,
                call=self._call(attempt, attempts),
                token=attempt.name if attempt.name in shown else UNSHOWN,
                begun=attempt.begun,
                ended=attempt.ended,
                answer=attempt.answer,
                who=attempt.who,
            )
            for attempt in attempts
        ]

    def _call(self, attempt: Attempt, attempts: Sequence[Attempt]) -> Call:
        token, clock = attempt.token, attempt.clock
        worth, tolerated = CERTAIN, EITHER
        if clock is not None and token is not None:
            worth = self._worth(attempt, token, clock)
            tolerated = self._tolerated(token, clock)
        if clock is not None and attempt.mail:
            worth = self._worth_of_mail(attempt)
        hidden = [
            other
            for other in attempts
            if other.answer is None
            and other.kind in OPENS
            and other.begun < (attempt.ended or 0)
        ]
        return Call(
            kind=attempt.kind,
            password=attempt.password,
            new_password=attempt.new_password,
            session=token.session if token else "",
            generation=token.generation if token else None,
            mail=self._named(attempt.mail),
            worth=worth,
            tolerated=tolerated,
            hidden=len(hidden) if attempt.kind is Kind.LOG_OUT_EVERYWHERE else 0,
        )

    def _named(self, mail: str) -> str:
        return self.asked_for.get(mailed_id(mail), UNASKED) if mail else ""

    def _worth(self, attempt: Attempt, token: Token, clock: Span) -> frozenset[Worth]:
        revocation = self.recorder.revocation
        revoked = {False}
        if revocation and revocation.key.kid == token.kid:
            revoked = _refused(revocation, attempt)
        ahead = {token.issued_at - self.rules.leeway > at for at in clock}
        # Foreign for either reason, and for none if it is certain that there is none.
        foreign = {one or other for one in revoked for other in ahead}
        return _worths(foreign, {token.expires_at <= at for at in clock})

    def _worth_of_mail(self, attempt: Attempt) -> frozenset[Worth]:
        revocation = self.recorder.revocation
        if revocation is None or not revocation.key.signed(attempt.mail):
            return CERTAIN
        return _worths(_refused(revocation, attempt), {False})

    def _tolerated(self, token: Token, clock: Span) -> frozenset[bool]:
        """Return whether a use is within the grace, if the token is spent by now."""
        if token.generation is None or not self.rules.grace:
            return frozenset({False})
        began = self._began.get((token.session, token.generation + 2))
        if began is None:
            return EITHER
        last = began + self.rules.grace
        return frozenset({clock.earliest <= last, clock.latest <= last})


def _refused(revocation: Revocation, attempt: Attempt) -> set[bool]:
    """Return whether the replica may have refused what the revoked key signed."""
    may_know = revocation.begun <= (attempt.ended or 0)
    knows = revocation.known is not None and revocation.known <= attempt.begun
    return {knows, may_know}


def _worths(foreign: set[bool], expired: set[bool]) -> frozenset[Worth]:
    """Return what is possible; what is foreign for certain is never seen to be expired."""
    worths = {Worth.FOREIGN} if True in foreign else set()
    if False in foreign:
        worths |= {Worth.EXPIRED} if True in expired else set()
        worths |= {Worth.GOOD} if False in expired else set()
    return frozenset(worths)
