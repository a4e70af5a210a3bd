import os

import pytest

from adapters.secrets.env import EnvSecrets
from core import errors
from tests.contract.secrets import SecretsContract, Vault


class Environment(Vault):
    """Variables; a process sees others only if it is started anew."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        self.provider = EnvSecrets(self.variables)
        self.url = "env://"

    async def put(self, name: str, value: str) -> None:
        variable = self._variable(name)
        if before := self.variables.get(variable):
            self.variables[f"{variable}_PREVIOUS"] = before
        self.variables[variable] = value

    async def remove(self, name: str) -> None:
        del self.variables[self._variable(name)]
        self.variables.pop(f"{self._variable(name)}_PREVIOUS", None)

    async def disable(self, name: str) -> None:
        variable = self._variable(name)
        self.variables[variable] = self.variables.pop(f"{variable}_PREVIOUS")

    @staticmethod
    def _variable(name: str) -> str:
        return name.upper().replace("-", "_")


class TestEnv(SecretsContract):
    @pytest.fixture
    def subject(self) -> Vault:
        return Environment()


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


async def test_without_a_previous_value_there_is_one_version() -> None:
    for previous in ({}, {"JWT_SECRET_PREVIOUS": ""}):
        secrets = EnvSecrets({"JWT_SECRET": "x", **previous})

        assert 1 == len(await secrets.versions("jwt-secret"))


async def test_the_same_value_twice_is_one_version() -> None:
    secrets = EnvSecrets({"JWT_SECRET": "x", "JWT_SECRET_PREVIOUS": "x"})

    assert ["x"] == [found.value for found in await secrets.versions("jwt-secret")]


async def test_a_previous_value_alone_is_no_secret() -> None:
    with pytest.raises(errors.SecretNotFound, match=r"JWT_SECRET$"):
        await EnvSecrets({"JWT_SECRET_PREVIOUS": "x"}).versions("jwt-secret")


async def test_a_previous_value_that_is_no_text_is_told() -> None:
    secrets = EnvSecrets({"JWT_SECRET": "x", "JWT_SECRET_PREVIOUS": "\udcff"})

    with pytest.raises(errors.SecretNotFound, match="JWT_SECRET_PREVIOUS is not text"):
        await secrets.versions("jwt-secret")


@pytest.mark.parametrize("url", ["env://host", "env:///path", "env:", "file://", ""])
def test_the_url_holds_nothing_else(url: str) -> None:
    with pytest.raises(errors.BadConfiguration, match="env://"):
        EnvSecrets.from_url(url)


async def test_a_version_can_not_be_tried_against_a_list_of_passwords() -> None:
    environ = {"SMTP_PASSWORD": "hunter2"}

    one, other = [await EnvSecrets(environ).newest("smtp-password") for _ in range(2)]

    assert one.version != other.version
