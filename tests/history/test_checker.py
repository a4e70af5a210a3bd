import pytest

from tests.history.checker import explain
from tests.history.handwritten import (
    DONE,
    NEW,
    OLD,
    asked,
    change,
    everywhere,
    log_in,
    log_out,
    me,
    prove,
    refresh,
    register,
    request_reset,
    resend,
    reset,
    tokens,
)
from tests.history.operations import Answer, Call, Kind, Operation, Worth

ENDED = Answer(code="session_ended")
SPENT = Answer(code="invalid_refresh_token")
VOID = Answer(code="invalid_mail_token")
WRONG = Answer(code="invalid_credentials")
TAKEN = Answer(code="email_taken")

JANE = (register(1, 2), log_in(3, 4, OLD, "a"))
NEWCOMER = register(1, 2)
SENT_AGAIN = resend(3, 6)
ASKED, AGAIN = request_reset(5, 6), request_reset(7, 8)

GOOD = {
    "nothing at all": [],
    "a life in order": [*JANE, me(5, 6), log_out(7, 8), me(9, 10, ENDED)],
    "of two who register at once, either is first": [
        register(1, 3, TAKEN),
        register(2, 4),
    ],
    "a log-in that began before the change was answered": [
        *JANE,
        change(5, 9, tokens("b", 0)),
        log_in(6, 10, OLD, "c"),
    ],
    "a change without an answer that was done late": [
        *JANE,
        change(5, 6, None),
        log_in(7, 8, OLD, "b"),
        log_in(9, 10, NEW, "c"),
        log_in(11, 12, OLD, WRONG),
    ],
    "a change without an answer that was never done": [
        *JANE,
        change(5, 6, None),
        log_in(7, 8, OLD, "b"),
    ],
    "a registration without an answer": [register(1, 2, None), log_in(3, 4, OLD, "a")],
    "a repeated refresh is told the current token": [
        *JANE,
        refresh(5, 6, 0, tokens("a", 1)),
        refresh(7, 8, 0, tokens("a", 1)),
    ],
    "a refresh without an answer is seen by the next": [
        *JANE,
        refresh(5, 6, 0, None),
        refresh(7, 8, 0, tokens("a", 1)),
        refresh(9, 10, 0, tokens("a", 1)),
    ],
    "a spent token ends the session": [
        *JANE,
        refresh(5, 6, 0, tokens("a", 1)),
        refresh(7, 8, 1, tokens("a", 2)),
        refresh(9, 10, 0, SPENT),
        me(11, 12, ENDED),
    ],
    "two who log the same session out at once are both told so": [
        *JANE,
        log_out(5, 8),
        log_out(6, 7),
        me(9, 10, ENDED),
    ],
    "whoever logs out everywhere may be met by another": [
        *JANE,
        log_in(5, 6, OLD, "b"),
        everywhere(7, 10, 2),
        everywhere(8, 9, 0),
    ],
    "who logs out everywhere ends what nobody was told of": [
        *JANE,
        log_in(5, 6, OLD, None),
        everywhere(7, 8, 2, hidden=1),
    ],
    "an older reset is void": [
        *JANE,
        ASKED,
        AGAIN,
        reset(9, 10, ASKED, VOID),
        reset(11, 12, AGAIN, DONE),
        reset(13, 14, AGAIN, VOID),
        log_in(15, 16, NEW, "b"),
    ],
    "a mail that was asked for while the address was proved": [
        NEWCOMER,
        SENT_AGAIN,
        prove(4, 5, NEWCOMER, DONE),
        prove(7, 8, SENT_AGAIN, DONE),
    ],
    "what was spent on the address is known again": [
        NEWCOMER,
        prove(3, 4, NEWCOMER, DONE),
        prove(5, 6, NEWCOMER, Answer(code="email_already_verified")),
    ],
}

BAD = {
    "two accounts with one address": [register(1, 2), register(3, 4)],
    "two accounts of racers": [register(1, 3), register(2, 4)],
    "an account that was told of is gone": [register(1, 2), log_in(3, 4, OLD, WRONG)],
    "a log-in with the old password": [
        *JANE,
        change(5, 6, tokens("b", 0)),
        log_in(7, 8, OLD, "c"),
    ],
    "a change comes and goes": [
        *JANE,
        change(5, 6, None),
        log_in(7, 8, NEW, "b"),
        log_in(9, 10, OLD, "c"),
    ],
    "a session after log-out": [*JANE, log_out(5, 6), me(7, 8)],
    "a session after log-out everywhere": [*JANE, everywhere(5, 6, 1), me(7, 8)],
    "too many sessions are ended": [*JANE, everywhere(5, 6, 2)],
    "a session after a change": [*JANE, change(5, 6, tokens("b", 0)), me(7, 8)],
    "a session that ended by itself": [*JANE, me(5, 6, ENDED)],
    "a session that ends and lives": [
        *JANE,
        log_out(5, 6, None),
        me(7, 8, ENDED),
        me(9, 10),
    ],
    "two current tokens": [
        *JANE,
        refresh(5, 7, 0, tokens("a", 1, "one")),
        refresh(6, 8, 0, tokens("a", 1, "other")),
    ],
    "a generation that is taken back": [
        *JANE,
        refresh(5, 6, 0, tokens("a", 1)),
        refresh(7, 8, 1, tokens("a", 2)),
        refresh(9, 10, 1, tokens("a", 1)),
    ],
    "a spent token is taken": [
        *JANE,
        refresh(5, 6, 0, tokens("a", 1)),
        refresh(7, 8, 1, tokens("a", 2)),
        refresh(9, 10, 0, tokens("a", 2)),
    ],
    "an honest client is thrown out": [
        *JANE,
        refresh(5, 6, 0, tokens("a", 1)),
        refresh(7, 8, 0, SPENT),
    ],
    "a reset is spent twice": [
        *JANE,
        ASKED,
        reset(7, 9, ASKED, DONE),
        reset(8, 10, ASKED, DONE),
    ],
    "a reset that was void": [*JANE, ASKED, AGAIN, reset(9, 10, ASKED, DONE)],
    "a reset that leaves the old password": [
        *JANE,
        ASKED,
        reset(7, 8, ASKED, DONE),
        log_in(9, 10, OLD, "b"),
    ],
    "an address is proved twice": [
        NEWCOMER,
        prove(3, 4, NEWCOMER, DONE),
        prove(5, 6, NEWCOMER, DONE),
    ],
    "an address is unproved again": [
        *JANE,
        prove(5, 6, JANE[0], DONE),
        me(7, 8),
    ],
    "another's id": [*JANE, me(5, 6, Answer(user=2, verified=False))],
    "an answer that nothing gives": [*JANE, me(5, 6, Answer(code="forbidden"))],
}


@pytest.mark.parametrize("history", GOOD.values(), ids=GOOD)
def test_what_some_order_explains_is_no_anomaly(history: list[Operation]) -> None:
    assert explain(history) is None


@pytest.mark.parametrize("history", BAD.values(), ids=BAD)
def test_what_no_order_explains_is_found_at_its_last_operation(
    history: list[Operation],
) -> None:
    found = explain(history)

    assert found is not None
    assert max(history, key=lambda one: one.ended or 0) == found.operation
    assert history == found.history
    assert found.before


def test_the_report_ends_with_what_can_not_be_explained() -> None:
    history = [*JANE, log_out(5, 6), bad := me(7, 8), me(9, 10, ENDED)]

    found = explain(history)

    assert found is not None
    assert bad == found.operation
    assert history[:-1] == found.history


@pytest.mark.parametrize(
    ("worth", "code"),
    [(Worth.EXPIRED, "expired_token"), (Worth.FOREIGN, "invalid_token")],
)
def test_a_token_is_refused_where_the_clocks_allow_it(worth: Worth, code: str) -> None:
    def shown(*worths: Worth, code: str = "") -> Operation:
        call = Call(kind=Kind.ME, session="a", worth=frozenset(worths))
        told = Answer(code=code) if code else Answer(user=1, verified=False)
        return asked(5, 6, call, told)

    assert explain([*JANE, shown(Worth.GOOD, worth)]) is None
    assert explain([*JANE, shown(Worth.GOOD, worth, code=code)]) is None
    assert explain([*JANE, shown(worth, code=code)]) is None
    assert explain([*JANE, shown(worth)])
    assert explain([*JANE, shown(Worth.GOOD, code=code)])


def test_many_without_an_answer_are_no_trouble() -> None:
    lost = [
        operation
        for begun in range(10, 100, 10)
        for operation in (
            request_reset(begun, 0, None),
            refresh(begun + 1, 0, 0, None),
            log_out(begun + 2, 0, None),
            log_in(begun + 3, 0, OLD, None),
            change(begun + 4, 0, None),
        )
    ]

    assert explain([*JANE, *lost, me(101, 102), me(103, 104, ENDED)]) is None
    assert explain([*JANE, *lost, me(101, 102, ENDED), me(103, 104)])
