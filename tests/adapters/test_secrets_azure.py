import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.secrets.azure import AzureSecrets
from core import errors
from tests.adapters.cloud_vaults import CloudVault, variables, vault_in
from tests.contract.remote_secrets import RemoteSecretsContract
from tests.contract.secrets import SecretsContract
from tests.servers.azure_key_vault import AzureServer
from tests.servers.certificates import LocalAuthority
from tests.servers.clouds import azure
from tests.servers.troubles import Trouble

Azure = CloudVault[AzureServer]

ELSEWHERE = "127.0.0.2"
"""An address of this machine that the adapter takes for another."""
HOUR = 3600


@pytest.fixture
async def subject() -> AsyncIterator[Azure]:
    with azure() as cloud:
        async with vault_in(cloud) as vault:
            yield vault


class TestAzure(SecretsContract):
    """See the fixture ``subject``."""


class TestAzureFromAfar(RemoteSecretsContract):
    """Likewise."""


async def values(subject: Azure) -> list[str]:
    versions = await subject.provider.versions("jwt-secret")
    return [version.value for version in versions]


async def test_what_is_not_in_force_now_is_left_out(subject: Azure) -> None:
    name, now = f"{subject.cloud.prefix}jwt-secret", int(time.time())
    disabled, expired, valid, not_yet, current = (
        subject.server.put(name, f"{number}") for number in range(5)
    )

    disabled.enabled = False
    expired.expires = now - 1
    valid.not_before, valid.expires = now - HOUR, now + HOUR
    not_yet.not_before = now + HOUR

    assert "4" == (await subject.provider.newest("jwt-secret")).value
    assert ["4", "2"] == await values(subject)

    current.not_before = now + HOUR

    assert "2" == (await subject.provider.newest("jwt-secret")).value
    assert ["2"] == await values(subject)


async def test_a_secret_with_nothing_in_force_is_not_found(subject: Azure) -> None:
    subject.server.put(f"{subject.cloud.prefix}jwt-secret", "x").expires = 1

    for look in (subject.provider.newest, subject.provider.versions):
        with pytest.raises(errors.SecretNotFound, match="enabled and valid now"):
            await look("jwt-secret")


async def test_of_versions_of_one_second_the_last_is_the_newest(subject: Azure) -> None:
    for number in range(10):
        subject.server.put(f"{subject.cloud.prefix}jwt-secret", f"{number}", seconds=0)

        assert f"{number}" == (await subject.provider.newest("jwt-secret")).value
        assert f"{number}" == (await values(subject))[0]


async def test_a_last_one_of_that_second_that_is_disabled_is_no_trouble(
    subject: Azure,
) -> None:
    for number in range(3):
        subject.server.put(f"{subject.cloud.prefix}jwt-secret", f"{number}", seconds=0)

    await subject.disable("jwt-secret")

    assert {"0", "1"} == {*await values(subject)}


async def test_a_version_that_is_disabled_meanwhile_is_left_out(
    subject: Azure,
) -> None:
    for number in range(3):
        await subject.put("jwt-secret", f"{number}")

    troubles = subject.server.troubles
    troubles.after_listing = lambda: subject.cloud.disable("jwt-secret")

    assert "1" == (await subject.provider.newest("jwt-secret")).value
    assert ["0"] == await values(subject)


async def test_what_is_known_is_not_read_again(subject: Azure) -> None:
    for number in range(5):
        await subject.put("jwt-secret", f"{number}")
    await values(subject)
    await subject.put("jwt-secret", "5")
    before = subject.server.troubles.answers

    assert [*"543210"] == await values(subject)

    assert 2 == subject.server.troubles.answers - before


async def test_an_empty_value_is_not_found(subject: Azure) -> None:
    await subject.put("jwt-secret", "")

    with pytest.raises(errors.SecretNotFound, match=r"jwt-secret.*is empty"):
        await subject.provider.newest("jwt-secret")


async def test_what_azure_forbids_in_names_becomes_a_hyphen(subject: Azure) -> None:
    await subject.put("smtp-password", "x")

    for name in ("smtp/password", "smtp.password", "smtp_password"):
        assert "x" == (await subject.provider.newest(name)).value


async def test_a_refusal_names_the_role_that_is_missing(subject: Azure) -> None:
    await subject.put("jwt-secret", "x")

    await subject.trouble(Trouble.DENIED)

    with pytest.raises(errors.SecretDenied, match="Key Vault Secrets User"):
        await subject.provider.newest("jwt-secret")


@pytest.mark.parametrize(
    "environment",
    [
        {"AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential"},
        {"IDENTITY_HEADER": "wrong", "AZURE_TOKEN_CREDENTIALS": "prod"},
    ],
    ids=["none", "refused"],
)
async def test_an_identity_that_is_not_found_is_told(
    subject: Azure, environment: dict[str, str]
) -> None:
    await subject.put("jwt-secret", "x")

    with (
        variables(environment),
        pytest.raises(
            errors.SecretDenied, match="identity that has the role Key Vault Secrets"
        ),
    ):
        await subject.provider.newest("jwt-secret")


async def test_a_certificate_that_nobody_knows_is_told(
    subject: Azure, tmp_path: Path
) -> None:
    file = tmp_path / "another.pem"
    file.write_bytes(LocalAuthority().pem)

    with (
        variables({"SSL_CERT_FILE": str(file)}),
        pytest.raises(errors.SecretsUnavailable, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        await subject.provider.newest("jwt-secret")


async def test_who_is_no_vault_by_its_name_gets_no_token(tmp_path: Path) -> None:
    server = AzureServer(LocalAuthority(), tmp_path, ELSEWHERE).start()
    server.put("jwt-secret", "x")
    url = f"azure://scribes?endpoint=https://{ELSEWHERE}:{server.port}"
    provider = AzureSecrets.from_url(url)

    with (
        variables(server.environment),
        pytest.raises(errors.SecretDenied, match="no Key Vault"),
    ):
        await provider.newest("jwt-secret")
    await provider.aclose()
    server.stop()

    assert set() == server.identity.tokens


@pytest.mark.parametrize(
    ("url", "endpoint", "prefix"),
    [
        ("azure://scribes-1", "https://scribes-1.vault.azure.net", ""),
        ("azure://Scribes/", "https://Scribes.vault.azure.net", ""),
        ("azure://scribes/prod-", "https://scribes.vault.azure.net", "prod-"),
        (
            "azure://scribes/a?endpoint=https://scribes.vault.azure.cn",
            "https://scribes.vault.azure.cn",
            "a",
        ),
    ],
)
def test_a_url_is_a_vault_a_prefix_and_an_endpoint(
    url: str, endpoint: str, prefix: str
) -> None:
    secrets = AzureSecrets.from_url(url)

    assert (endpoint, prefix) == (secrets.vault.endpoint, secrets.prefix)


@pytest.mark.parametrize(
    "url",
    [
        "azure:",
        "azure://",
        "azure:///a-",
        "azure://1scribes",
        "azure://scribes-",
        "azure://s",
        "azure://scribes.vault.azure.net",
        "azure://scribes/a_b",
        "azure://scribes?endpoint=",
        "azure://scribes?endpoint=http://127.0.0.1:1",
        "azure://scribes?endpoint=https://host/path",
        "azure://scribes?x=1",
        "azure://scribes#x",
        "gcp://scribes",
    ],
)
def test_a_url_holds_nothing_else(url: str) -> None:
    with pytest.raises(errors.BadConfiguration, match="azure://VAULT"):
        AzureSecrets.from_url(url)
