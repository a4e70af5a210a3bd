from functools import partial

import pytest

from tests.adapters import broken_remote_secrets as broken
from tests.contract import remote_secrets
from tests.contract.base import broken_laws
from tests.contract.remote_secrets import RemoteSecretsContract

BREACHES: dict[type[broken.SmallRemote], set[str]] = {
    broken.SmallRemote: set(),
    broken.CallsDeniedMissing: {
        "who_may_not_read_is_denied",
        "who_was_denied_may_be_let_in",
    },
    broken.DoesNotSayWhich: {
        "who_may_not_read_is_denied",
        "who_was_denied_may_be_let_in",
        "who_is_not_known_is_denied",
    },
    broken.HopesForCredentials: {"who_is_not_known_is_denied"},
    broken.RemembersDenials: {"who_was_denied_may_be_let_in"},
    broken.TriesOnce: {
        "a_throttled_look_is_tried_again",
        "a_look_that_fails_is_tried_again",
        "a_garbled_answer_is_asked_for_again",
    },
    broken.CallsThrottledDenied: {
        "a_throttled_look_is_tried_again",
        "a_look_throttled_for_good_is_unavailable",
    },
    broken.LetsFailuresOut: {
        "a_look_that_fails_is_tried_again",
        "a_look_that_fails_for_good_is_unavailable",
    },
    broken.BelievesAll: {
        "a_garbled_answer_is_asked_for_again",
        "answers_garbled_for_good_are_unavailable",
    },
    broken.GivesUpForGood: {
        "nobody_there_is_unavailable_until_somebody_is",
        "who_was_never_there_may_come",
        "silence_is_not_waited_for_and_ends",
    },
    broken.WaitsForever: {
        "silence_is_not_waited_for_and_ends",
        "many_who_meet_silence_are_all_told",
    },
    broken.AnswersOneByOne: {"many_who_meet_silence_are_all_told"},
    broken.IsImpatient: {
        "an_answer_that_takes_its_time_is_waited_for",
        "nobody_else_is_held_up_by_a_look",
        "a_look_may_be_given_up",
    },
    broken.HoldsTheLoopUp: {"nobody_else_is_held_up_by_a_look"},
    broken.IsLostWhenGivenUp: {"a_look_may_be_given_up"},
    broken.ReadsOnePage: {"all_of_60_versions_are_found"},
    broken.KeepsByNumber: {"a_secret_made_anew_has_nothing_of_the_old_one"},
    broken.LeavesConnections: {"closing_leaves_no_connection_open"},
    broken.StaysInItsLoop: {"what_was_closed_can_be_used_in_another_loop"},
}


@pytest.mark.parametrize("make", BREACHES)
async def test_a_broken_provider_is_caught_by_the_laws_it_breaks(
    make: type[broken.SmallRemote], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The small ones wait for less: nothing goes over a network. How much longer is waited
    # for them is for a busy machine.
    monkeypatch.setattr(remote_secrets, "GUARD", 5 * broken.DEADLINE)
    monkeypatch.setattr(remote_secrets, "BLINK", broken.DEADLINE / 2.5)

    assert {f"test_{law}" for law in BREACHES[make]} == await broken_laws(
        RemoteSecretsContract, partial(broken.vault, make)
    )


def test_every_law_can_fail() -> None:
    caught = {f"test_{law}" for laws in BREACHES.values() for law in laws}

    assert set(RemoteSecretsContract.laws()) == caught
