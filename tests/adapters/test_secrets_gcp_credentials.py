import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import google.auth
import grpc
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.secrets.gcp import GcpSecrets, service
from core import errors
from tests.adapters.cloud_vaults import variables, vault_in
from tests.servers.certificates import LocalAuthority
from tests.servers.clouds import gcp
from tests.servers.gcp_secret_manager import GcpServer

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


async def test_this_machine_gets_no_credentials(service_account: Path) -> None:
    account = {"GOOGLE_APPLICATION_CREDENTIALS": str(service_account)}
    with gcp() as cloud, variables(account):
        async with vault_in(cloud) as vault:
            await vault.put("jwt-secret", "x")
            await vault.provider.newest("jwt-secret")

        assert {""} == {*vault.server.authorizations}


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
