import asyncio
from random import Random

import pytest

from adapters.storage.memory import MemoryStorage
from tests.history import virtual_time
from tests.history.clients import Client
from tests.history.in_process import MemoryReplica
from tests.history.judging import Judge
from tests.history.known import Accounts
from tests.history.model import DONE, Asked, State, steps
from tests.history.on_memory import settings
from tests.history.operations import Answer, Kind, Operation
from tests.history.recording import Recorder
from tests.history.run import RULES, asked_for

CALLS = 700
PAUSES = (0.0, 0.0, 0.1, 2.5)
"""Seconds between two calls; some of them beside the grace, together beyond the expiry."""


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_the_model_answers_as_the_use_cases_do_on_memory(seed: str) -> None:
    histories = virtual_time.run(one_call_at_a_time(seed))

    met = {
        (one.call.kind, one.answer.code)
        for history in histories
        for one in history
        if one.answer
    }
    assert {kind for kind, _ in met} == set(Kind)
    assert len(met) > 20
    for history in histories:
        state = State()
        for operation in history:
            ((told, state),) = outcomes(state, operation)
            assert operation.answer == told, operation


async def one_call_at_a_time(seed: str) -> list[list[Operation]]:
    """Return what a client is told who is alone, on a clock that nobody steps."""
    rng, storage = Random(seed), MemoryStorage.from_url("memory://")
    replica = MemoryReplica("r1", storage, settings(), rng)
    await replica.start()
    recorder, accounts = Recorder(), Accounts()
    client = Client("c1", rng, accounts, [replica], recorder)
    for _ in range(CALLS):
        assert await client.ask(accounts.pick(rng))
        await asyncio.sleep(rng.choice(PAUSES))
        for mail in replica.new_mails():
            accounts.by_email[mail.to].receive(mail)
    replica.crash()
    judge = Judge(recorder, await asked_for(storage), RULES)
    return [[*history] for history in judge.histories().values()]


def outcomes(state: State, operation: Operation) -> list[tuple[Answer, State]]:
    """Return all that the model allows, after as many steps as it takes."""
    asked = Asked(operation.token, operation.call, operation.answer)
    found = []
    for answer, after, progress in steps(state, asked):
        if progress == DONE:
            found.append((answer, after))
        else:
            found += [(told, last) for told, last, _ in steps(after, asked, progress)]
    return found
