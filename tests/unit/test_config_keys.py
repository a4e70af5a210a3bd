from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.jwt_keys import initial_keyring
from config.loading import load_settings, warnings
from config.settings import Settings
from core.errors import BadConfiguration
from core.keys.keyring import KeyState
from core.model import UNTOLD, SecretVersion
from tests.contract.private_keys import pem, private_key, public_pem
from tests.unit.environment import STRONG, Environment

OLD, NEW = STRONG[:48], STRONG[::-1][:48]
BROKEN = public_pem(private_key("EdDSA")).decode()
NOW = datetime.now(UTC)


def _vault(environment: Environment, **files: str) -> None:
    """Put secrets into files, and use them; an underscore stands for a dot."""
    directory = environment.directory / "vault"
    directory.mkdir()
    for name, text in files.items():
        Path(
            directory / name.replace("_", ".").replace("jwt", "jwt-secret")
        ).write_text(text)
    environment.set(SECRETS_URL=f"file://{directory}")


def _states(settings: Settings) -> list[tuple[bytes, KeyState]]:
    ring = initial_keyring(settings).at(NOW)
    return [(status.key.secret, status.state) for status in ring.keys]


def _problems() -> tuple[str, ...]:
    with pytest.raises(BadConfiguration) as bad:
        load_settings()
    return bad.value.problems


def test_a_plain_key_signs_and_the_one_before_it_verifies(
    environment: Environment,
) -> None:
    environment.set(JWT_SECRET_KEY=NEW, JWT_SECRET_KEY_PREVIOUS=OLD)

    assert [
        (NEW.encode(), KeyState.SIGNING),
        (OLD.encode(), KeyState.VERIFYING),
    ] == _states(load_settings())


def test_a_private_key_may_stand_in_one_line(environment: Environment) -> None:
    text = pem(private_key("EdDSA"))
    environment.set(JWT_SECRET_KEY=text.replace("\n", "\\n"))

    settings = load_settings()

    assert "EdDSA" == initial_keyring(settings).at(NOW).signing.algorithm
    assert [] == warnings(settings)


def test_all_versions_of_a_backend_are_keys_from_the_start(
    environment: Environment,
) -> None:
    _vault(environment, jwt=NEW, jwt_previous=OLD)

    assert [
        (NEW.encode(), KeyState.PENDING),
        (OLD.encode(), KeyState.SIGNING),
    ] == _states(load_settings())


def test_a_bad_version_of_a_backend_stops_nothing_while_there_is_another(
    environment: Environment,
) -> None:
    _vault(environment, jwt=BROKEN, jwt_previous=OLD)

    settings = load_settings()

    assert [(OLD.encode(), KeyState.SIGNING)] == _states(settings)
    (warning,) = warnings(settings)
    assert warning.startswith("JWT_SECRET_KEY: version ")
    assert "can't be read as a private key" in warning


@pytest.mark.parametrize(
    "bad", [{"jwt": BROKEN}, {"jwt": BROKEN, "jwt_previous": BROKEN}]
)
def test_without_any_good_version_there_is_no_start(
    environment: Environment, bad: dict[str, str]
) -> None:
    _vault(environment, **bad)

    assert [p for p in _problems() if p.startswith("JWT_SECRET_KEY: version ")]


def test_every_bad_plain_key_is_told(environment: Environment) -> None:
    environment.set(JWT_SECRET_KEY=BROKEN, JWT_SECRET_KEY_PREVIOUS=BROKEN)

    names = [problem.partition(":")[0] for problem in _problems()]
    assert ["JWT_SECRET_KEY", "JWT_SECRET_KEY_PREVIOUS"] == names


def test_a_backend_has_versions_and_needs_no_other_place_for_one(
    environment: Environment,
) -> None:
    _vault(environment, jwt=NEW)
    environment.set(JWT_SECRET_KEY_PREVIOUS=OLD)

    (problem,) = _problems()

    assert problem.startswith("JWT_SECRET_KEY_PREVIOUS: ")


def test_an_algorithm_that_is_not_for_the_newest_key_is_told(
    environment: Environment,
) -> None:
    environment.set(JWT_SECRET_KEY=NEW, JWT_ALGORITHM="EdDSA")

    (warning,) = warnings(load_settings())

    assert "JWT_ALGORITHM=EdDSA is not for the newest key: HS256 is" == warning


def test_tokens_live_at_most_as_long_as_the_rules_say(environment: Environment) -> None:
    environment.set(
        JWT_SECRET_KEY=NEW,
        JWT_REFRESH_TOKEN_EXPIRE_SECONDS="100",
        SESSION_MAX_SECONDS="90",
        VERIFICATION_TOKEN_EXPIRE_SECONDS="80",
        RESET_TOKEN_EXPIRE_SECONDS="70",
        INVITATION_EXPIRE_SECONDS="60",
        EMAIL_UNDO_EXPIRE_SECONDS="50",
    )
    lives = []
    for more in (
        {},
        {"RESET_TOKEN_EXPIRE_SECONDS": "95"},
        {"SESSION_MAX_SECONDS": "500"},
    ):
        environment.set(**more)
        lives.append(load_settings().key_rules.token_life.total_seconds())

    assert [90, 95, 100] == lives


def test_without_a_secret_there_are_no_versions_yet() -> None:
    bare = Settings.model_construct()

    assert [] == list(bare.jwt_versions)
    assert initial_keyring(bare).newest is None
    given = Settings.model_construct(jwt_secret_key=None).with_jwt_secret(NEW)
    assert [SecretVersion(NEW, "JWT_SECRET_KEY", UNTOLD)] == list(given.jwt_versions)
