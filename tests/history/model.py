"""
An account, as the use cases on the memory storage treat it, one step at a time.

A test compares the two, call by call. Most calls are one step. Those that are two look
first and act then, and others may come in between: whoever logs out while somebody else
logs the same session out is told so, too.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from tests.history.operations import Answer, Call, Kind, Worth

DONE = "done"
MET = "met"
"""The second step may be taken: the session lived, or the address was unproved."""

UNTOLD = -1
"""The id of a user whose registration nobody was told of."""


class Session(NamedTuple):
    """A session that lives; ``edition`` is empty while nobody saw its current token."""

    id: str
    generation: int = 0
    edition: str = ""


class State(NamedTuple):
    """
    All that is stored of an account and that clients can notice.

    Mailed tokens have names of their own: what stands in a mail says nothing.
    """

    user: int | None = None
    password: str = ""
    is_verified: bool = False
    sessions: frozenset[Session] = frozenset()
    reset: str = ""
    """The token that is good for it."""
    confirm: str = ""
    """The token that is good for verifying."""
    proof: str = ""
    """The one that was spent on it, unless another was asked for since."""

    def session(self, session_id: str) -> Session | None:
        """Return a session, None if it does not live."""
        return next((one for one in self.sessions if one.id == session_id), None)


@dataclass(frozen=True, slots=True)
class Asked:
    """
    A call under way.

    ``token`` is the name of the mailed token that it asks for, if it does. New ids are
    taken from what was ``seen``, None if nothing was.
    """

    token: str
    call: Call
    seen: Answer | None = None


Step: TypeAlias = tuple[Answer, State, str]
"""What is answered if the call ends here, the state after it, and how far it has come."""

Steps: TypeAlias = Iterator[Step]

AT_THE_DOOR = {Worth.EXPIRED: "expired_token", Worth.FOREIGN: "invalid_token"}


def steps(state: State, asked: Asked, progress: str = "") -> Steps:
    """Yield every step that a call can take next; some answer what was not seen."""
    if progress == MET:
        yield SECOND[asked.call.kind](state, asked)
    else:
        yield from FIRST[asked.call.kind](state, asked)


def _register(state: State, asked: Asked) -> Steps:
    if state.user is not None:
        yield Answer(code="email_taken"), state, DONE
        return
    told = asked.seen.user if asked.seen else None
    added = State(told or UNTOLD, asked.call.password, confirm=asked.token)
    yield Answer(user=told, verified=False), added, DONE


def _log_in(state: State, asked: Asked) -> Steps:
    if state.user is None or asked.call.password != state.password:
        yield Answer(code="invalid_credentials"), state, DONE
        return
    after, user = _introduced(state, asked)
    yield _opened(after, asked, user)


def _refresh(state: State, asked: Asked) -> Steps:
    refused = Answer(code="invalid_refresh_token")
    call, session = asked.call, state.session(asked.call.session)
    if call.worth - {Worth.GOOD} or session is None:
        yield refused, state, DONE
    if Worth.GOOD not in call.worth or session is None:
        return
    shown = call.generation or 0
    if shown == session.generation:
        yield _renewed(state, session, asked, shown + 1)
        return
    spent = shown + 2 <= session.generation
    if not spent or True in call.tolerated:
        yield _renewed(state, session, asked, session.generation)
    if spent and False in call.tolerated:
        yield refused, _without(state, session), DONE


def _me(state: State, asked: Asked) -> Steps:
    for refusal in _refusals(state, asked):
        yield refusal, state, DONE
    if _is_met(state, asked):
        after, user = _introduced(state, asked)
        yield Answer(user=user, verified=state.is_verified), after, DONE


def _change_password(state: State, asked: Asked) -> Steps:
    for refusal in _refusals(state, asked):
        yield refusal, state, DONE
    if not _is_met(state, asked):
        return
    if asked.call.password != state.password:
        yield Answer(code="wrong_current_password"), state, DONE
        return
    changed = state._replace(password=asked.call.new_password, sessions=frozenset())
    yield _opened(changed, asked, None)


def _request_reset(state: State, asked: Asked) -> Steps:
    known = state.user is not None
    yield Answer(), state._replace(reset=asked.token) if known else state, DONE


def _reset(state: State, asked: Asked) -> Steps:
    call = asked.call
    is_good = bool(call.mail) and call.mail == state.reset
    if not is_good or call.worth - {Worth.GOOD}:
        yield Answer(code="invalid_mail_token"), state, DONE
    if is_good and Worth.GOOD in call.worth:
        after = state._replace(
            password=call.new_password, is_verified=True, sessions=frozenset(), reset=""
        )
        yield Answer(), after, DONE


def _verify_email(state: State, asked: Asked) -> Steps:
    call = asked.call
    is_known = bool(call.mail) and call.mail in {state.confirm, state.proof}
    if not is_known or call.worth - {Worth.GOOD}:
        yield Answer(code="invalid_mail_token"), state, DONE
    if not is_known or Worth.GOOD not in call.worth:
        return
    if call.mail == state.proof:
        yield Answer(code="email_already_verified"), state, DONE
        return
    after = state._replace(is_verified=True, confirm="", proof=call.mail)
    yield Answer(), after, DONE


def _resend(state: State, _: Asked) -> Steps:
    unproved = state.user is not None and not state.is_verified
    yield Answer(), state, MET if unproved else DONE


def _mail_again(state: State, asked: Asked) -> Step:
    return Answer(), state._replace(confirm=asked.token, proof=""), DONE


def _log_out(state: State, asked: Asked) -> Steps:
    for refusal in _refusals(state, asked):
        by_access_token = asked.call.generation is None
        told = refusal if by_access_token else Answer(code="not_authenticated")
        yield told, state, DONE
    if _is_met(state, asked):
        yield Answer(), state, MET


def _end(state: State, asked: Asked) -> Step:
    session = state.session(asked.call.session)
    return Answer(), _without(state, session) if session else state, DONE


def _end_all(state: State, asked: Asked) -> Step:
    least, seen = len(state.sessions), asked.seen.ended if asked.seen else None
    agrees = seen is not None and least <= seen <= least + asked.call.hidden
    told = Answer(ended=seen if agrees else least)
    return told, state._replace(sessions=frozenset()), DONE


FIRST: Mapping[Kind, Callable[[State, Asked], Steps]] = {
    Kind.REGISTER: _register,
    Kind.LOG_IN: _log_in,
    Kind.REFRESH: _refresh,
    Kind.ME: _me,
    Kind.VERIFY: _me,
    Kind.CHANGE_PASSWORD: _change_password,
    Kind.REQUEST_RESET: _request_reset,
    Kind.RESET: _reset,
    Kind.VERIFY_EMAIL: _verify_email,
    Kind.RESEND: _resend,
    Kind.LOG_OUT: _log_out,
    Kind.LOG_OUT_EVERYWHERE: _log_out,
}

SECOND: Mapping[Kind, Callable[[State, Asked], Step]] = {
    Kind.RESEND: _mail_again,
    Kind.LOG_OUT: _end,
    Kind.LOG_OUT_EVERYWHERE: _end_all,
}


def _refusals(state: State, asked: Asked) -> Iterator[Answer]:
    """Yield what who bears the token may be refused with, before anything is done."""
    for worth, code in AT_THE_DOOR.items():
        if worth in asked.call.worth:
            yield Answer(code=code)
    if Worth.GOOD in asked.call.worth and not state.session(asked.call.session):
        yield Answer(code="session_ended")


def _is_met(state: State, asked: Asked) -> bool:
    return Worth.GOOD in asked.call.worth and bool(state.session(asked.call.session))


def _introduced(state: State, asked: Asked) -> tuple[State, int | None]:
    """Return the state with the user's id, which may be told here for the first time."""
    if state.user != UNTOLD or asked.seen is None or asked.seen.user is None:
        return state, state.user
    return state._replace(user=asked.seen.user), asked.seen.user


def _opened(state: State, asked: Asked, user: int | None) -> Step:
    if asked.seen is None:
        return Answer(), state, DONE  # nobody will ever show its tokens
    new = Session(asked.seen.session, 0, asked.seen.edition)
    told = Answer(session=new.id, generation=0, edition=new.edition, user=user)
    return told, state._replace(sessions=state.sessions | {new}), DONE


def _renewed(state: State, old: Session, asked: Asked, generation: int) -> Step:
    known = old.edition if generation == old.generation else ""
    edition = known or (asked.seen.edition if asked.seen else "")
    new = Session(old.id, generation, edition)
    told = Answer(session=new.id, generation=generation, edition=edition)
    return told, state._replace(sessions=state.sessions - {old} | {new}), DONE


def _without(state: State, session: Session) -> State:
    return state._replace(sessions=state.sessions - {session})
