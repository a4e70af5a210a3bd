import json

import pytest

from config.secret_fields import SecretFields
from core import errors
from tests.adapters.broken_secrets import SmallSecrets

RDS = {
    "engine": "postgres",
    "host": "db.example.com",
    "username": "scribes",
    "password": "p@ss",
}


@pytest.fixture
def vault() -> SmallSecrets:
    return SmallSecrets()


async def _values(vault: SmallSecrets, name: str) -> list[str]:
    return [version.value for version in await SecretFields(vault).versions(name)]


async def test_a_field_of_json_is_picked_on_any_backend(vault: SmallSecrets) -> None:
    await vault.put("db", json.dumps(RDS | {"password": "one"}))
    await vault.put("db", json.dumps(RDS | {"password": "two"}))

    newest = await SecretFields(vault).newest("db#password")

    assert "two" == newest.value
    assert ["two", "one"] == await _values(vault, "db#password")
    assert newest == (await SecretFields(vault).versions("db#password"))[0]


async def test_a_url_is_put_together_on_any_backend(vault: SmallSecrets) -> None:
    await vault.put("db", json.dumps(RDS))

    newest = await SecretFields(vault).newest("db#url?dbname=auth")

    assert "postgresql://scribes:p%40ss@db.example.com/auth" == newest.value


async def test_a_secret_without_a_field_is_taken_as_it_is(vault: SmallSecrets) -> None:
    for value in ("plain", "{", "[1]", '"text"', "{not json}"):
        await vault.put("x", value)

        assert value == (await SecretFields(vault).newest("x")).value
        assert value == (await _values(vault, "x"))[0]


async def test_an_older_version_of_another_shape_is_left_out(
    vault: SmallSecrets,
) -> None:
    await vault.put("db", "a plain password")
    await vault.put("db", json.dumps({"password": "two"}))

    assert ["two"] == await _values(vault, "db#password")


async def test_a_newest_version_of_another_shape_is_told(vault: SmallSecrets) -> None:
    await vault.put("db", json.dumps({"password": "one"}))
    await vault.put("db", "a plain password")
    fields = SecretFields(vault)

    for look in (fields.newest, fields.versions):
        with pytest.raises(errors.SecretNotFound, match=r"db.*no JSON object") as told:
            await look("db#password")
        assert "plain" not in str(told.value)


async def test_json_as_a_whole_is_told_with_its_fields_and_never_a_value(
    vault: SmallSecrets,
) -> None:
    await vault.put("db", f"\n {json.dumps(RDS)}\n")

    with pytest.raises(errors.SecretNotFound) as told:
        await SecretFields(vault).newest("db")

    for part in ("'db'", "'username', 'password'", "secret:db#FIELD", "secret:db#url"):
        assert part in str(told.value)
    assert "p@ss" not in str(told.value)
