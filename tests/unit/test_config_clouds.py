import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from config import adapters
from config.loading import load_settings
from core.errors import BadConfiguration
from core.ports import SecretProvider
from tests.unit.environment import Environment

STARTS = """
import sys
from config.container import Container
from config.loading import load_settings
from entrypoints.http.app import create

container = Container(settings=load_settings())
create(container)
print(*sys.modules)
"""

PACKAGES = {
    "boto3", "botocore", "google", "google_crc32c", "grpc", "azure", "aiohttp", "msal"
}  # fmt: skip


def test_a_start_without_a_cloud_imports_no_cloud(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STARTS],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "SECRETS_URL": "env://",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stderr
    imported = {module.partition(".")[0] for module in done.stdout.split()}
    assert "falcon" in imported
    assert set() == imported & PACKAGES


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("aws://eu-west-1/scribes/", "aws:AwsSecrets"),
        ("gcp://scribes-1", "gcp:GcpSecrets"),
        ("azure://scribes-keyvault", "azure:AzureSecrets"),
    ],
)
def test_a_url_names_the_cloud(url: str, kind: str) -> None:
    module, name = kind.split(":")

    provider: SecretProvider = adapters.secrets(url)

    assert getattr(import_module(f"adapters.secrets.{module}"), name) is type(provider)


@pytest.mark.parametrize(
    ("url", "package", "extra"),
    [
        ("aws://eu-west-1", "boto3", "aws"),
        ("aws://eu-west-1", "botocore", "aws"),
        ("gcp://scribes", "google.cloud.secretmanager_v1", "gcp"),
        ("gcp://scribes", "google_crc32c", "gcp"),
        ("gcp://scribes", "grpc.aio", "gcp"),
        ("azure://scribes", "azure.identity.aio", "azure"),
        ("azure://scribes", "aiohttp", "azure"),
    ],
)
def test_a_missing_package_tells_which_extra_brings_it(
    environment: Environment, url: str, package: str, extra: str
) -> None:
    for name in [name for name in sys.modules if name.startswith("adapters.secrets.")]:
        environment.monkeypatch.delitem(sys.modules, name)
    environment.monkeypatch.setitem(sys.modules, package, None)
    top = package.partition(".")[0]

    with pytest.raises(BadConfiguration) as bad:
        adapters.secrets(url)

    expected = f"SECRETS_URL: {top} is missing; pip install '.[{extra}]'"
    assert (expected,) == bad.value.problems


def test_a_bad_url_of_a_cloud_is_told(environment: Environment) -> None:
    environment.set(SECRETS_URL="azure://x?y=z", JWT_SECRET_KEY="k" * 64)

    with pytest.raises(BadConfiguration) as bad:
        load_settings()

    (problem,) = bad.value.problems
    assert problem.startswith("SECRETS_URL: Write azure://VAULT")
