"""An operator lets somebody try again whose failed log-ins put the next one off."""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from tests.http.api import WRONG_PASSWORD, Api
from tests.servers.service import Service
from tests.servers.valkey import ValkeyServer, with_prefix


def test_who_is_put_off_begins_anew_once_unlocked(
    tmp_path: Path, redis_server: ValkeyServer, connect: Callable[[Service], Api]
) -> None:
    settings = {
        "REDIS_URL": with_prefix(redis_server.url),
        "RATE_LIMIT_ENABLED": "true",
        "RATE_LIMIT_LOGIN": "100/minute",
    }
    with Service(tmp_path, **settings) as service:
        api = connect(service)
        person = api.newcomer()

        def guesses() -> int:
            """Return how many wrong passwords it takes to be put off."""
            taken = 0
            while (
                HTTPStatus.UNAUTHORIZED
                == api.log_in(person, WRONG_PASSWORD).status_code
            ):
                taken += 1
            return taken

        at_first = guesses()
        unlocked = service.run("users", "unlock", person.email)
        then = guesses()

    assert (0, "") == (unlocked.returncode, unlocked.stderr)
    assert at_first == then > 1
