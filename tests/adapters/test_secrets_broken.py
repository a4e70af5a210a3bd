from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.adapters import broken_secrets as broken
from tests.contract.base import broken_laws
from tests.contract.secrets import SecretsContract, Vault

BREACHES = [
    (broken.SmallSecrets, set()),
    (broken.Changed, set()),
    (
        broken.StripsValues,
        {
            "a_secret_is_read_as_it_was_put",
            "one_line_end_behind_it_is_no_part_of_a_secret",
        },
    ),
    (broken.KeepsLineEnds, {"one_line_end_behind_it_is_no_part_of_a_secret"}),
    (broken.StripsLineEnds, {"one_line_end_behind_it_is_no_part_of_a_secret"}),
    (
        broken.LetsErrorsOut,
        {
            "an_unknown_secret_is_not_found",
            "a_removed_secret_is_not_found",
            "secrets_of_like_names_are_not_mixed_up",
            "what_can_be_no_name_is_not_found",
        },
    ),
    (
        broken.DoesNotSayWhich,
        {
            "an_unknown_secret_is_not_found",
            "a_removed_secret_is_not_found",
            "secrets_of_like_names_are_not_mixed_up",
        },
    ),
    (
        broken.KnowsNoVersions,
        {
            "an_unknown_secret_is_not_found",
            "a_removed_secret_is_not_found",
            "what_can_be_no_name_is_not_found",
        },
    ),
    (
        broken.RemembersRemoved,
        {"a_removed_secret_is_not_found", "secrets_of_like_names_are_not_mixed_up"},
    ),
    (
        broken.FindsByBeginning,
        {
            "secrets_of_like_names_are_not_mixed_up",
            "names_may_be_of_any_length",
            "what_can_be_no_name_is_not_found",
        },
    ),
    (
        broken.LooksOnce,
        {
            "a_new_value_is_seen_at_the_next_look",
            "another_value_is_another_version",
            "who_reads_during_rotations_never_goes_back",
            "a_version_that_is_disabled_is_left_out",
        },
    ),
    (
        broken.OldestFirst,
        {
            "a_new_value_is_seen_at_the_next_look",
            "the_newest_version_comes_first",
            "who_reads_during_rotations_never_goes_back",
            "the_version_before_is_found_too",
        },
    ),
    (broken.KnowsOneVersion, {"the_version_before_is_found_too"}),
    (broken.KeepsDisabled, {"a_version_that_is_disabled_is_left_out"}),
    (broken.CutsNames, {"names_may_be_of_any_length"}),
    (broken.ChokesOnNames, {"what_can_be_no_name_is_not_found"}),
    (
        broken.AsksReplicas,
        {
            "who_reads_during_rotations_never_goes_back",
            "the_version_before_is_found_too",
            "the_newest_version_comes_first",
            "a_new_value_is_seen_at_the_next_look",
            "another_value_is_another_version",
        },
    ),
    (broken.ClosesOnce, {"closing_may_be_repeated_and_needs_no_use"}),
    (broken.CallsAllTheSame, {"another_value_is_another_version"}),
    (
        broken.CallsEachLookAnew,
        {
            "the_newest_version_comes_first",
            "an_unchanged_secret_stays_the_same_version",
            "a_version_that_is_disabled_is_left_out",
        },
    ),
    (broken.CallsVersionsByValue, {"versions_do_not_show_their_values"}),
    (broken.TellsLocalTime, {"times_are_utc_and_exact_to_the_millisecond"}),
    (broken.TellsMicroseconds, {"times_are_utc_and_exact_to_the_millisecond"}),
    (
        broken.SharesAVariable,
        {"many_readers_at_once_each_get_their_own_secret"},
    ),
    (
        broken.ReadsNoUrl,
        {
            "a_url_of_its_kind_makes_a_provider",
            "making_a_provider_asks_nobody",
            "closing_may_be_repeated_and_needs_no_use",
        },
    ),
    (
        broken.PassesOverParameters,
        {"an_unknown_parameter_in_the_url_is_refused"},
    ),
    (broken.AsksAtOnce, {"making_a_provider_asks_nobody"}),
]


@pytest.mark.parametrize(("make", "laws"), BREACHES)
async def test_a_broken_provider_is_caught_by_the_laws_it_breaks(
    make: type[broken.SmallSecrets], laws: set[str]
) -> None:
    @asynccontextmanager
    async def subject() -> AsyncIterator[Vault]:
        yield broken.SmallVault(make())

    assert {f"test_{law}" for law in laws} == await broken_laws(
        SecretsContract, subject
    )


def test_every_law_can_fail() -> None:
    caught = {f"test_{law}" for _, laws in BREACHES for law in laws}

    assert set(SecretsContract.laws()) == caught
