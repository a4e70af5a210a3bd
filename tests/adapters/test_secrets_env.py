import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.secrets.env import EnvSecrets
from core import errors
from tests.adapters import broken_secrets as broken
from tests.contract.base import broken_laws
from tests.contract.secrets import SecretsContract, Vault

BREACHES = [
    (broken.SmallSecrets, set()),
    (broken.Changed, set()),
    (broken.StripsValues, {"a_secret_is_read_as_it_was_put"}),
    (
        broken.LetsErrorsOut,
        {
            "an_unknown_secret_is_not_found",
            "a_removed_secret_is_not_found",
            "secrets_of_like_names_are_not_mixed_up",
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
        {"an_unknown_secret_is_not_found", "a_removed_secret_is_not_found"},
    ),
    (
        broken.RemembersRemoved,
        {"a_removed_secret_is_not_found", "secrets_of_like_names_are_not_mixed_up"},
    ),
    (broken.FindsByBeginning, {"secrets_of_like_names_are_not_mixed_up"}),
    (
        broken.LooksOnce,
        {
            "a_new_value_is_seen_at_the_next_look",
            "another_value_is_another_version",
        },
    ),
    (
        broken.OldestFirst,
        {"a_new_value_is_seen_at_the_next_look", "the_newest_version_comes_first"},
    ),
    (broken.CallsAllTheSame, {"another_value_is_another_version"}),
    (
        broken.CallsEachLookAnew,
        {
            "the_newest_version_comes_first",
            "an_unchanged_secret_stays_the_same_version",
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
        {"a_url_of_its_kind_makes_a_provider", "making_a_provider_asks_nobody"},
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
        provider = make()
        yield Vault(provider, "small://", provider.put, provider.remove)

    assert {f"test_{law}" for law in laws} == await broken_laws(
        SecretsContract, subject
    )


def test_every_law_can_fail() -> None:
    caught = {f"test_{law}" for _, laws in BREACHES for law in laws}

    assert set(SecretsContract.laws()) == caught


class TestEnv(SecretsContract):
    @pytest.fixture
    def subject(self) -> Vault:
        environ: dict[str, str] = {}

        async def put(name: str, value: str) -> None:
            environ[name.upper().replace("-", "_")] = value

        async def remove(name: str) -> None:
            del environ[name.upper().replace("-", "_")]

        return Vault(EnvSecrets(environ), "env://", put, remove)


async def test_the_environment_of_the_process_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "correct horse")

    secret = await EnvSecrets.from_url("env://").newest("smtp-password")

    assert "correct horse" == secret.value


@pytest.mark.parametrize("name", ["smtp-password", "smtp.password", "Smtp/Password"])
async def test_a_name_is_written_as_variables_are(name: str) -> None:
    secrets = EnvSecrets({"SMTP_PASSWORD": "x"})

    assert "x" == (await secrets.newest(name)).value


async def test_the_error_names_the_variable() -> None:
    with pytest.raises(errors.SecretNotFound, match="SMTP_PASSWORD"):
        await EnvSecrets({}).newest("smtp-password")


@pytest.mark.parametrize("value", ["", os.fsdecode(b"\xff\xfe")])
async def test_a_value_that_is_empty_or_no_text_is_not_found(value: str) -> None:
    secrets = EnvSecrets({"SMTP_PASSWORD": value})

    with pytest.raises(errors.SecretNotFound, match="SMTP_PASSWORD"):
        await secrets.newest("smtp-password")


async def test_there_is_one_version() -> None:
    assert 1 == len(await EnvSecrets({"JWT_SECRET": "x"}).versions("jwt-secret"))


@pytest.mark.parametrize("url", ["env://host", "env:///path", "env:", "file://", ""])
def test_the_url_holds_nothing_else(url: str) -> None:
    with pytest.raises(errors.BadConfiguration, match="env://"):
        EnvSecrets.from_url(url)


async def test_a_version_can_not_be_tried_against_a_list_of_passwords() -> None:
    environ = {"SMTP_PASSWORD": "hunter2"}

    one, other = [await EnvSecrets(environ).newest("smtp-password") for _ in range(2)]

    assert one.version != other.version
