"""Operations written by hand: each from a place in the order to another."""

from dataclasses import replace
from itertools import count

from tests.history.operations import Answer, Call, Kind, Operation

OLD, NEW = "old", "new"
DONE = Answer()
REGISTERED = Answer(user=1, verified=False)

_names = count(1)


def asked(begun: int, ended: int, call: Call, answer: Answer | None) -> Operation:
    name = f"{call.kind} {next(_names)}"
    lost = Operation(name=name, call=call, token=name, begun=begun)
    return replace(lost, ended=ended, answer=answer) if answer else lost


def register(begun: int, ended: int, answer: Answer | None = REGISTERED) -> Operation:
    return asked(begun, ended, Call(kind=Kind.REGISTER, password=OLD), answer)


def log_in(
    begun: int, ended: int, password: str, answer: Answer | str | None
) -> Operation:
    call = Call(kind=Kind.LOG_IN, password=password)
    if isinstance(answer, str):
        answer = replace(tokens(answer, 0), user=1)
    return asked(begun, ended, call, answer)


def tokens(session: str, generation: int, edition: str = "") -> Answer:
    edition = edition or f"{session}.{generation}"
    return Answer(session=session, generation=generation, edition=edition)


def refresh(begun: int, ended: int, shown: int, answer: Answer | None) -> Operation:
    call = Call(
        kind=Kind.REFRESH, session="a", generation=shown, tolerated=frozenset({False})
    )
    return asked(begun, ended, call, answer)


def change(begun: int, ended: int, answer: Answer | None) -> Operation:
    call = Call(kind=Kind.CHANGE_PASSWORD, session="a", password=OLD, new_password=NEW)
    return asked(begun, ended, call, answer)


def me(begun: int, ended: int, answer: Answer | None = None) -> Operation:
    call = Call(kind=Kind.ME, session="a")
    return asked(begun, ended, call, answer or Answer(user=1, verified=False))


def log_out(begun: int, ended: int, answer: Answer | None = DONE) -> Operation:
    return asked(begun, ended, Call(kind=Kind.LOG_OUT, session="a"), answer)


def everywhere(begun: int, ended: int, count: int, hidden: int = 0) -> Operation:
    call = Call(kind=Kind.LOG_OUT_EVERYWHERE, session="a", hidden=hidden)
    return asked(begun, ended, call, Answer(ended=count))


def request_reset(begun: int, ended: int, answer: Answer | None = DONE) -> Operation:
    return asked(begun, ended, Call(kind=Kind.REQUEST_RESET), answer)


def reset(begun: int, ended: int, mail: Operation, answer: Answer | None) -> Operation:
    call = Call(kind=Kind.RESET, mail=mail.token, new_password=NEW)
    return asked(begun, ended, call, answer)


def resend(begun: int, ended: int) -> Operation:
    return asked(begun, ended, Call(kind=Kind.RESEND), DONE)


def prove(begun: int, ended: int, mail: Operation, answer: Answer) -> Operation:
    return asked(begun, ended, Call(kind=Kind.VERIFY_EMAIL, mail=mail.token), answer)
