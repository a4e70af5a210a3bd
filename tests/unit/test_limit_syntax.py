import re
from datetime import timedelta

import pytest

from config.limit_syntax import limit_text, limits
from config.loading import load_settings
from core.errors import BadConfiguration
from core.model import Limit
from tests.unit.environment import Environment

FORM = (
    "must read like 5/minute or 5/minute;20/hour, with a number from 1 to 999999"
    " and second, minute, hour or day"
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", FORM),
        ("5", FORM),
        ("5 per minute", FORM),
        ("0/minute", FORM),
        ("-5/minute", FORM),
        ("5/fortnight", FORM),
        ("5/Minute", FORM),
        ("5.5/minute", FORM),
        ("\u0665/minute", FORM),
        ("1000000/minute", FORM),
        ("5/minute,20/hour", FORM),
        ("5/minute;", f"{FORM}; part 2 of 2 does not"),
        ("5/minute;20/hour;x/day", f"{FORM}; part 3 of 3 does not"),
        ("5/minute;6/minute", "has two limits by the minute; write one"),
        ("5/day;6/hour;5/day", "has two limits by the day; write one"),
    ],
)
def test_what_is_no_limit_is_told_how_to_write_one(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(problem)}$"):
        limit_text(text)


def test_every_window_becomes_a_limit_of_its_own() -> None:
    text = "1/second; 2 / minute;3/hour ;999999/day"

    assert text == limit_text(text)
    assert (
        Limit("login/second", 1, timedelta(seconds=1)),
        Limit("login/minute", 2, timedelta(minutes=1)),
        Limit("login/hour", 3, timedelta(hours=1)),
        Limit("login/day", 999999, timedelta(days=1)),
    ) == limits("login", text)


def test_the_operator_is_told_which_variable_is_wrong(environment: Environment) -> None:
    environment.set(RATE_LIMIT_MAILS="5/hour;9/hour", RATE_LIMIT_REFRESH="lots")

    with pytest.raises(BadConfiguration) as refusal:
        load_settings()

    told = "\n".join(refusal.value.problems)
    assert "RATE_LIMIT_MAILS: " in told
    assert "has two limits by the hour; write one" in told
    assert "RATE_LIMIT_REFRESH: " in told


def test_switched_off_means_all_of_it(environment: Environment) -> None:
    environment.set(RATE_LIMIT_ENABLED="false")
    settings = load_settings()

    assert settings.backoff is None
    assert () == settings.limits("mails", "mails") == settings.limits("login", "login")
