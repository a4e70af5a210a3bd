from collections.abc import AsyncIterator

import pytest

from adapters.secrets.gcp import GcpSecrets, service
from core import errors
from tests.adapters.cloud_vaults import CloudVault, vault_in
from tests.contract.remote_secrets import RemoteSecretsContract
from tests.contract.secrets import SecretsContract
from tests.servers.clouds import gcp
from tests.servers.gcp_secret_manager import GcpServer
from tests.servers.troubles import Trouble

Gcp = CloudVault[GcpServer]


@pytest.fixture
async def subject() -> AsyncIterator[Gcp]:
    with gcp() as cloud:
        async with vault_in(cloud) as vault:
            yield vault


class TestGcp(SecretsContract):
    """See the fixture ``subject``."""


class TestGcpFromAfar(RemoteSecretsContract):
    """Likewise."""


async def values(subject: Gcp) -> list[str]:
    versions = await subject.provider.versions("jwt-secret")
    return [version.value for version in versions]


async def test_versions_are_found_on_every_page(subject: Gcp) -> None:
    subject.server.page_size = 2
    for number in range(7):
        await subject.put("jwt-secret", f"{number}")

    assert [*"6543210"] == await values(subject)


async def test_any_version_may_be_disabled(subject: Gcp) -> None:
    name = f"{subject.cloud.prefix}jwt-secret"
    versions = [subject.server.put(name, f"{number}") for number in range(5)]

    for number in (4, 2):
        versions[number].enabled = False

    assert "3" == (await subject.provider.newest("jwt-secret")).value
    assert [*"310"] == await values(subject)


async def test_a_secret_whose_versions_are_all_disabled_is_not_found(
    subject: Gcp,
) -> None:
    await subject.put("jwt-secret", "x")
    await subject.disable("jwt-secret")

    for look in (subject.provider.newest, subject.provider.versions):
        with pytest.raises(errors.SecretNotFound, match="no enabled version"):
            await look("jwt-secret")


async def test_a_version_that_is_disabled_meanwhile_is_left_out(subject: Gcp) -> None:
    await subject.put("jwt-secret", "first")
    for number in range(2):
        await subject.put("jwt-secret", f"{number}")

    troubles = subject.server.troubles
    troubles.after_listing = lambda: subject.cloud.disable("jwt-secret")

    assert "0" == (await subject.provider.newest("jwt-secret")).value
    assert ["first"] == await values(subject)


async def test_a_version_that_is_disabled_is_forgotten(subject: Gcp) -> None:
    version = subject.server.put(f"{subject.cloud.prefix}jwt-secret", "first")
    await subject.put("jwt-secret", "second")
    await values(subject)

    version.enabled = False

    assert ["second"] == await values(subject)


async def test_what_is_known_is_not_read_again(subject: Gcp) -> None:
    for number in range(5):
        await subject.put("jwt-secret", f"{number}")
    await values(subject)
    await subject.put("jwt-secret", "5")
    before = subject.server.troubles.answers

    assert [*"543210"] == await values(subject)

    assert 2 == subject.server.troubles.answers - before


@pytest.mark.parametrize(
    ("value", "told"), [(b"\xff\xfe", "not text in UTF-8"), (b"", "is empty")]
)
async def test_what_is_no_text_is_not_found(
    subject: Gcp, value: bytes, told: str
) -> None:
    subject.server.put(f"{subject.cloud.prefix}jwt-secret", value)

    with pytest.raises(errors.SecretNotFound, match=f"jwt-secret.*{told}"):
        await subject.provider.newest("jwt-secret")


async def test_what_google_forbids_in_names_becomes_a_hyphen(subject: Gcp) -> None:
    await subject.put("smtp-password", "x")

    for name in ("smtp/password", "smtp.password"):
        assert "x" == (await subject.provider.newest(name)).value


async def test_a_refusal_names_the_role_that_is_missing(subject: Gcp) -> None:
    await subject.put("jwt-secret", "x")

    await subject.trouble(Trouble.DENIED)

    with pytest.raises(errors.SecretDenied, match=r"roles/secretmanager\.viewer"):
        await subject.provider.newest("jwt-secret")


async def test_a_list_without_values_names_the_other_role(subject: Gcp) -> None:
    await subject.put("jwt-secret", "x")
    troubles = subject.server.troubles

    troubles.after_listing = lambda: troubles.add(Trouble.DENIED)

    with pytest.raises(errors.SecretDenied, match=r"roles/secretmanager\.secretAccess"):
        await subject.provider.newest("jwt-secret")


@pytest.mark.parametrize(
    ("url", "project", "prefix", "endpoint"),
    [
        ("gcp://scribes-1", "scribes-1", "", service.GOOGLE),
        ("gcp://scribes-1/", "scribes-1", "", service.GOOGLE),
        ("gcp://example.com:scribes/a-", "example.com:scribes", "a-", service.GOOGLE),
        ("gcp://123456/a_B-", "123456", "a_B-", service.GOOGLE),
        ("gcp://p?endpoint=psc.example.com", "p", "", "psc.example.com"),
        ("gcp://p/a-?endpoint=[::1]:443", "p", "a-", "[::1]:443"),
    ],
)
def test_a_url_is_a_project_a_prefix_and_an_endpoint(
    url: str, project: str, prefix: str, endpoint: str
) -> None:
    secrets = GcpSecrets.from_url(url)

    assert (project, prefix) == (secrets.project, secrets.prefix)
    assert endpoint == secrets.manager.endpoint


@pytest.mark.parametrize(
    "url",
    [
        "gcp:",
        "gcp://",
        "gcp:///a-",
        "gcp://Scribes",
        "gcp://scribes/a/b",
        "gcp://scribes/a.b",
        "gcp://scribes?endpoint=",
        "gcp://scribes?endpoint=http://127.0.0.1",
        "gcp://scribes?endpoint=a&endpoint=b",
        "gcp://scribes?x=1",
        "gcp://scribes#x",
        "aws://scribes",
    ],
)
def test_a_url_holds_nothing_else(url: str) -> None:
    with pytest.raises(errors.BadConfiguration, match="gcp://PROJECT"):
        GcpSecrets.from_url(url)
