import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import google.auth
import grpc
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.secrets.gcp import GcpSecrets, service
from core import errors
from tests.adapters.cloud_vaults import CloudVault, variables, vault_in
from tests.contract.remote_secrets import RemoteSecretsContract
from tests.contract.secrets import SecretsContract
from tests.servers.certificates import LocalAuthority
from tests.servers.clouds import gcp
from tests.servers.gcp_secret_manager import GcpServer
from tests.servers.troubles import Trouble

Gcp = CloudVault[GcpServer]

ELSEWHERE = "127.0.0.2"
"""An address of this machine that the adapter takes for another."""


READER = """
import asyncio, sys
from adapters.secrets.gcp import GcpSecrets

async def read():
    provider = GcpSecrets.from_url(sys.argv[1])
    print((await provider.newest("jwt-secret")).value)
    await provider.aclose()

asyncio.run(read())
"""


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
    ("value", "told"), [(b"\xff\xfe", "not UTF-8"), (b"", "is empty")]
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


@pytest.fixture(scope="module")
def authority() -> LocalAuthority:
    return LocalAuthority()


@pytest.fixture
def elsewhere(authority: LocalAuthority) -> Iterator[GcpServer]:
    """Yield a server with a certificate, at an address that is not loopback's usual one."""
    chain, key = authority.server_files(ELSEWHERE)
    server = GcpServer(ELSEWHERE, grpc.ssl_server_credentials([(key, chain)])).start()
    yield server
    server.stop()


@pytest.fixture
def service_account(tmp_path: Path) -> Path:
    """Return the key file of one; its tokens are signed here and asked of nobody."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    facts = {
        "type": "service_account",
        "project_id": GcpServer.project,
        "private_key": pem.decode(),
        "client_email": "scribes@example.com",
        "token_uri": "https://127.0.0.1:9/token",
    }
    file = tmp_path / "account.json"
    file.write_text(json.dumps(facts))
    return file


def test_another_machine_is_spoken_to_with_tls_and_credentials(
    elsewhere: GcpServer,
    authority: LocalAuthority,
    service_account: Path,
    tmp_path: Path,
) -> None:
    elsewhere.put("jwt-secret", "correct horse")
    roots = tmp_path / "roots.pem"
    roots.write_bytes(authority.pem)
    url = f"gcp://{elsewhere.project}?endpoint={ELSEWHERE}:{elsewhere.port}"

    # In a process of its own: gRPC reads its authorities once.
    done = subprocess.run(
        [sys.executable, "-c", READER, url],
        env={
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "GOOGLE_APPLICATION_CREDENTIALS": str(service_account),
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(roots),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert "correct horse\n" == done.stdout, done.stderr
    assert all(sent.startswith("Bearer ey") for sent in elsewhere.authorizations)


async def test_another_machine_without_tls_gets_no_credentials(
    service_account: Path,
) -> None:
    server = GcpServer(ELSEWHERE).start()
    server.put("jwt-secret", "x")
    url = f"gcp://{server.project}?endpoint={ELSEWHERE}:{server.port}"
    provider = GcpSecrets.from_url(url)

    with (
        variables({"GOOGLE_APPLICATION_CREDENTIALS": str(service_account)}),
        pytest.raises(errors.SecretsUnavailable),
    ):
        await provider.newest("jwt-secret")
    await provider.aclose()
    server.stop()

    assert [] == server.authorizations


async def test_this_machine_gets_no_credentials(
    subject: Gcp, service_account: Path
) -> None:
    await subject.put("jwt-secret", "x")

    with variables({"GOOGLE_APPLICATION_CREDENTIALS": str(service_account)}):
        await subject.provider.newest("jwt-secret")

    assert {""} == {*subject.server.authorizations}


async def test_missing_credentials_are_told(tmp_path: Path) -> None:
    nowhere = {"CLOUDSDK_CONFIG": str(tmp_path), "NO_GCE_CHECK": "true"}

    with (
        variables(nowhere),
        pytest.raises(errors.SecretDenied, match="GOOGLE_APPLICATION_CREDENTIALS"),
    ):
        await GcpSecrets.from_url("gcp://scribes").newest("jwt-secret")


async def test_credentials_that_are_not_found_in_time_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "CREDENTIALS_SECONDS", 0.1)
    monkeypatch.setattr(google.auth, "default", lambda **_: time.sleep(0.5))

    with pytest.raises(errors.SecretDenied, match="GOOGLE_APPLICATION_CREDENTIALS"):
        await GcpSecrets.from_url("gcp://scribes").newest("jwt-secret")


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
