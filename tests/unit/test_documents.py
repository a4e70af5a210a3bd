import re
from pathlib import Path

from adapters.rate_limit.redis.rights import COMMANDS
from config.settings import Settings

VARIABLES = {field.upper() for field in Settings.model_fields}


def test_the_example_env_file_has_every_setting_and_no_other() -> None:
    lines = Path(".env.example").read_text("utf-8").splitlines()

    named = {match[1] for line in lines if (match := re.match(r"# ([A-Z_]+)=", line))}

    assert named == VARIABLES


def test_the_configuration_page_tells_of_every_setting() -> None:
    page = Path("docs/configuration.md").read_text("utf-8")

    named = set(re.findall(r"`([A-Z][A-Z_]+)`", page))

    assert named >= VARIABLES


def test_the_configuration_page_tells_of_every_right_that_redis_has_to_give() -> None:
    page = Path("docs/configuration.md").read_text("utf-8")

    (rights,) = re.findall(r"^ACL SETUSER .*$", page, re.MULTILINE)

    assert {f"+{command}" for command in COMMANDS} == set(re.findall(r"\+\w+", rights))
