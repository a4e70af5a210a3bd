import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.tokens.jwt_tokens import JwtTokens
from config.loading import load_settings
from config.log_context import REQUEST
from config.logging import NOISY, configure_logging
from core.model import Claims, Role, TokenKind
from tests.doubles import NOON
from tests.unit.environment import Environment
from tests.unit.test_config_production import GOOD
from tests.unit.world import KEY

log = logging.getLogger("core.something")


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Leave the process's logging as it was found."""
    root = logging.getLogger()
    handlers, level = [*root.handlers], root.level
    quiet = {name: logging.getLogger(name).level for name in NOISY}
    root.handlers.clear()
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, found in quiet.items():
        logging.getLogger(name).setLevel(found)
    logging.captureWarnings(capture=False)
    REQUEST.set({})


@pytest.fixture
async def token() -> str:
    claims = Claims(
        kind=TokenKind.ACCESS,
        token_id="t",
        user_id=1,
        session_id="s",
        issued_at=NOON,
        expires_at=NOON,
        role=Role.USER,
    )
    return await JwtTokens("scribes-auth", "scribes").sign(claims, KEY)


class Written:
    """What was logged to the file."""

    def __init__(self, environment: Environment, **settings: str) -> None:
        self.path = environment.directory / "logs" / "app.log"
        environment.set(LOG_FILE=str(self.path), **settings)
        configure_logging(load_settings())

    @property
    def text(self) -> str:
        return self.path.read_text()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


def _json(environment: Environment, **settings: str) -> Written:
    return Written(environment, LOG_FORMAT="json", **settings)


def test_a_line_of_json_has_the_event_its_facts_and_the_time(
    environment: Environment,
) -> None:
    written = _json(environment)
    REQUEST.set({"request_id": "r1"})

    log.warning("Login failed", extra={"reason": "wrong\npassword", "user_id": 7})

    (line,) = written.lines
    assert line.pop("timestamp").endswith("Z")
    assert {
        "severity_text": "WARN",
        "body": "Login failed",
        "otel.scope.name": "core.something",
        "user.id": "7",
        "scribes.reason": "wrong\npassword",
        "scribes.request_id": "r1",
    } == line


@pytest.mark.parametrize("hostile", ["\n", "\r\n", '"}\n{"event": "forged', "\x1b[31m"])
def test_what_clients_say_stays_within_its_line(
    environment: Environment, hostile: str
) -> None:
    written = _json(environment)

    log.info("Said: %s", hostile, extra={"client": hostile})

    (line,) = written.lines
    assert f"Said: {hostile}" == line["body"]


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_line_is_lost_or_obeyed_for_its_characters(
    environment: Environment, log_format: str
) -> None:
    written = Written(environment, LOG_FORMAT=log_format)
    hostile = "\x1b[31m\x9b\r\u2028\ud800"

    log.info("Said: %s", hostile, extra={"client": hostile})

    (line,) = written.text.splitlines()
    assert 2 == line.count("[31m")
    assert 2 == line.count(r"\ud800")
    assert line.isprintable()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_people_and_grep_find_the_guides_words_in_either_format(
    environment: Environment, capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    written = Written(environment, LOG_FORMAT=log_format)

    log.warning("Login failed", extra={"user_id": 7})
    log.info("%s %s %d %s", "GET", "/auth/me", 401, "Unauthorized")

    for text in (written.text, capsys.readouterr().out):
        assert "Login failed" in text
        assert "401 Unauthorized" in text


@pytest.mark.parametrize(
    ("settings", "is_json"),
    [
        ({}, False),
        ({"LOG_FORMAT": "json"}, True),
        (GOOD, True),
    ],
)
def test_production_logs_json_and_development_logs_for_people(
    environment: Environment,
    settings: dict[str, str],
    is_json: bool,  # noqa: FBT001 - a column of the table
) -> None:
    written = Written(environment, **settings)

    log.info("hello")

    assert is_json == written.text.startswith("{")


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_token_is_ever_logged(
    environment: Environment, token: str, log_format: str
) -> None:
    written = Written(environment, LOG_FORMAT=log_format, LOG_LEVEL="DEBUG")

    log.debug("Token %s", token)
    log.info(f"Bearer {token}", extra={"said": f"Bearer {token}", "list": [token]})  # noqa: G004 - badly, on purpose
    log.info({"header": token})
    log.info(token.encode(), extra={"error": ValueError(token), "raw": token.encode()})
    try:
        _fail(token)
    except RuntimeError:
        log.exception("Failed with %s", token, extra={"cause": {"tokens": [token]}})

    assert 5 == written.text.count("core.something")
    for part in token.split("."):
        assert part not in written.text


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize(
    "key",
    [
        "password",
        "PASSWD",
        "jwt_secret_key",
        "refresh_token",
        "Authorization",
        "set-cookie",
    ],
)
def test_what_is_called_a_secret_is_not_logged(
    environment: Environment, log_format: str, key: str
) -> None:
    written = Written(environment, LOG_FORMAT=log_format)

    log.info("plain", extra={key: "hunter2"})
    log.info("nested", extra={"body": {"user": [{key: "hunter2"}]}})

    assert "hunter2" not in written.text
    assert "***" in written.text


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_line_shows_who_logs_in_by_a_url(
    environment: Environment, log_format: str
) -> None:
    written = Written(environment, LOG_FORMAT=log_format, LOG_LEVEL="DEBUG")
    url = "aws://TopUser:Hunter2@Top/Secret?Tail@db.example.com:80/x"

    log.debug("Connecting to %s", url)
    log.info("Lost", extra={"reason": f'(no route to "{url}")', "urls": [url]})
    log.info({"url": url}, extra={"error": OSError(url), "raw": url.encode()})
    try:
        _fail(url)
    except RuntimeError:
        log.exception("Failed")

    assert 7 <= written.text.count("***@db.example.com:80/x")
    for part in ("Top", "Hunter2", "Tail"):
        assert part not in written.text


def test_names_that_only_sound_like_secrets_are_logged(
    environment: Environment,
) -> None:
    written = _json(environment)

    log.info("Mailed", extra={"token_id": "t1", "kind": "password.reset_requested"})

    (line,) = written.lines
    assert ("t1", "password.reset_requested") == (
        line["scribes.token_id"],
        line["scribes.kind"],
    )


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_no_local_variables(
    environment: Environment, log_format: str
) -> None:
    written = Written(environment, LOG_FORMAT=log_format)

    try:
        _fail(detail="no detail", password=f"hunter{1 + 1}")
    except RuntimeError:
        log.exception("Unhandled error")

    assert "RuntimeError: ('no detail', 7)" in written.text
    assert "hunter2" not in written.text


def _fail(detail: str, password: str = "") -> None:
    kept = password.upper()
    raise RuntimeError(detail, len(kept))


def test_libraries_that_talk_too_much_are_held_back(environment: Environment) -> None:
    written = _json(environment, LOG_LEVEL="DEBUG")

    for name in NOISY:
        logging.getLogger(name).debug("read: PASS hunter2")
    log.debug("ours")

    assert ["ours"] == [line["body"] for line in written.lines]


@pytest.mark.parametrize("name", ["psycopg.pool", "opentelemetry.exporter.x"])
def test_what_a_library_says_of_each_try_is_a_line_once_in_a_while(
    environment: Environment, name: str
) -> None:
    written = _json(environment)

    for number in range(20):
        logging.getLogger(name).error("try %d failed", number)
        logging.getLogger(name).error("closing")
        log.error("ours")

    said = [line["body"] for line in written.lines if line["body"] != "ours"]
    assert (["try 0 failed", "closing"], 22) == (said, len(written.lines))


def test_warnings_are_logged(environment: Environment) -> None:
    written = _json(environment)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", DeprecationWarning, stacklevel=1)

    assert "DeprecationWarning: old" in written.lines[-1]["body"]


def test_a_log_file_that_was_moved_away_is_begun_anew(
    environment: Environment, tmp_path: Path
) -> None:
    written = _json(environment)
    log.info("before")

    written.path.rename(tmp_path / "app.log.1")
    log.info("after")

    assert ["after"] == [line["body"] for line in written.lines]
