from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise

import pytest

from adapters.secrets.aws import AwsSecrets
from core import errors
from tests.adapters.cloud_vaults import CloudVault, variables, vault_in
from tests.contract.remote_secrets import RemoteSecretsContract
from tests.contract.secrets import SecretsContract
from tests.servers.aws import AwsServer
from tests.servers.clouds import aws
from tests.servers.troubles import Trouble

Aws = CloudVault[AwsServer]


@pytest.fixture
async def subject() -> AsyncIterator[Aws]:
    with aws() as cloud:
        async with vault_in(cloud) as vault:
            yield vault


class TestAws(SecretsContract):
    """See the fixture ``subject``."""


class TestAwsFromAfar(RemoteSecretsContract):
    """Likewise."""


async def values(subject: Aws, name: str = "jwt-secret") -> list[str]:
    return [version.value for version in await subject.provider.versions(name)]


async def test_versions_are_found_on_every_page(subject: Aws) -> None:
    subject.server.page_size = 2
    for number in range(7):
        await subject.put("jwt-secret", f"{number}")

    assert [*"6543210"] == await values(subject)


async def test_a_version_that_waits_to_be_current_is_left_out(subject: Aws) -> None:
    await subject.put("jwt-secret", "first")
    name = f"{subject.cloud.prefix}jwt-secret"

    subject.server.put(name, "second", ["AWSPENDING"])

    assert "first" == (await subject.provider.newest("jwt-secret")).value
    assert ["first"] == await values(subject)


async def test_a_version_with_a_label_of_its_own_counts(subject: Aws) -> None:
    await subject.put("jwt-secret", "first")
    name = f"{subject.cloud.prefix}jwt-secret"

    subject.server.put(name, "second", ["TRIAL"])

    assert ["first", "second"] == await values(subject)


async def test_who_rolls_back_still_has_the_younger_version(subject: Aws) -> None:
    for value in ("first", "second", "third"):
        await subject.put("jwt-secret", value)

    subject.server.roll_back(f"{subject.cloud.prefix}jwt-secret")

    assert "second" == (await subject.provider.newest("jwt-secret")).value
    assert ["second", "third", "first"] == await values(subject)


async def test_a_version_that_aws_clears_away_meanwhile_is_left_out(
    subject: Aws,
) -> None:
    name = f"{subject.cloud.prefix}jwt-secret"
    oldest = subject.server.put(name, "first")
    await subject.put("jwt-secret", "second")
    await subject.put("jwt-secret", "third")

    subject.server.troubles.after_listing = lambda: subject.server.forget(name, oldest)

    assert ["third", "second"] == await values(subject)


async def test_a_secret_without_a_current_version_is_not_found(subject: Aws) -> None:
    name = f"{subject.cloud.prefix}jwt-secret"
    await subject.put("jwt-secret", "first")
    current = subject.server.put(name, "second")

    subject.server.troubles.after_listing = lambda: subject.server.forget(name, current)

    with pytest.raises(errors.SecretNotFound, match="no version AWSCURRENT"):
        await subject.provider.versions("jwt-secret")


async def test_what_is_known_is_not_read_again(subject: Aws) -> None:
    for number in range(5):
        await subject.put("jwt-secret", f"{number}")
    await values(subject)
    await subject.put("jwt-secret", "5")
    before = subject.server.troubles.answers

    assert [*"543210"] == await values(subject)

    assert 2 == subject.server.troubles.answers - before


async def test_times_are_exact_to_the_millisecond(subject: Aws) -> None:
    for value in ("first", "second", "third"):
        await subject.put("jwt-secret", value)

    versions = await subject.provider.versions("jwt-secret")

    gaps = [a.created_at - b.created_at for a, b in pairwise(versions)]
    for gap in gaps:  # each end is rounded
        assert abs(gap - timedelta(milliseconds=1234)) <= timedelta(milliseconds=1)


async def test_a_secret_may_be_binary_if_it_is_text(subject: Aws) -> None:
    subject.server.put(f"{subject.cloud.prefix}text", "pässwörd".encode())
    subject.server.put(f"{subject.cloud.prefix}bytes", b"\xff\xfe")

    assert "pässwörd" == (await subject.provider.newest("text")).value
    with pytest.raises(errors.SecretNotFound, match=r"bytes.*UTF-8"):
        await subject.provider.newest("bytes")


async def test_a_secret_that_waits_for_its_deletion_is_not_found(subject: Aws) -> None:
    await subject.put("jwt-secret", "x")

    subject.server.schedule_removal(f"{subject.cloud.prefix}jwt-secret")

    with pytest.raises(errors.SecretNotFound, match=r"jwt-secret.*deleted"):
        await subject.provider.newest("jwt-secret")


async def test_a_name_may_be_an_arn_and_gets_no_prefix(subject: Aws) -> None:
    subject.server.put("rds!db-1", "x")
    arn = subject.server.arn("rds!db-1")

    assert arn.startswith("arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!")
    assert "x" == (await subject.provider.newest(arn)).value
    assert ["x"] == await values(subject, arn)


async def test_an_arn_of_another_region_is_refused_with_ours(subject: Aws) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"

    with pytest.raises(errors.SecretNotFound, match="region eu-west-1"):
        await subject.provider.newest(arn)


async def test_a_refusal_names_the_permission_that_is_missing(subject: Aws) -> None:
    await subject.put("jwt-secret", "x")

    await subject.trouble(Trouble.DENIED)

    with pytest.raises(errors.SecretDenied, match="secretsmanager:GetSecretValue"):
        await subject.provider.newest("jwt-secret")
    with pytest.raises(
        errors.SecretDenied, match="secretsmanager:ListSecretVersionIds"
    ):
        await subject.provider.versions("jwt-secret")


@pytest.mark.parametrize(
    ("setting", "error", "told"),
    [
        ("AWS_SECRET_ACCESS_KEY=", errors.SecretDenied, "AWS_SECRET_ACCESS_KEY"),
        ("AWS_ACCESS_KEY_ID=", errors.SecretDenied, "credentials.*give this process"),
        ("AWS_PROFILE=nobody", errors.SecretDenied, "nobody"),
        ("AWS_ENDPOINT_URL=nowhere", errors.SecretsUnavailable, "nowhere"),
    ],
)
async def test_what_is_wrong_with_the_environment_is_told(
    subject: Aws, setting: str, error: type[Exception], told: str
) -> None:
    name, _, value = setting.partition("=")
    files = dict.fromkeys(["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"], "none")

    with (
        variables({**files, name: value}),
        pytest.raises(error, match=f"jwt-secret.*{told}"),
    ):
        await subject.provider.newest("jwt-secret")


@pytest.mark.parametrize(
    ("url", "region", "prefix"),
    [
        ("aws://eu-west-1", "eu-west-1", ""),
        ("aws://eu-west-1/", "eu-west-1", ""),
        ("aws://us-gov-east-1/scribes/", "us-gov-east-1", "scribes/"),
        ("aws://cn-north-1/prod/scribes-", "cn-north-1", "prod/scribes-"),
    ],
)
def test_a_url_is_a_region_and_a_prefix(url: str, region: str, prefix: str) -> None:
    secrets = AwsSecrets.from_url(url)

    assert (region, prefix) == (secrets.manager.region, secrets.prefix)


@pytest.mark.parametrize(
    "url",
    [
        "aws:",
        "aws://",
        "aws:///scribes/",
        "aws://eu-west",
        "aws://EU-WEST-1/",
        "aws://key:secret@eu-west-1/",
        "aws://eu-west-1:443/",
        "aws://eu-west-1/a b",
        "aws://eu-west-1/?x",
        "aws://eu-west-1/#x",
        "aws://eu-west-1\n",
        "gcp://eu-west-1",
    ],
)
def test_a_url_holds_nothing_else(url: str) -> None:
    with pytest.raises(errors.BadConfiguration, match="aws://REGION"):
        AwsSecrets.from_url(url)
