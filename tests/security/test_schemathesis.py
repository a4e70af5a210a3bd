"""The API as it describes itself: schemathesis makes up requests, good and bad ones."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.http.api import Api
from tests.servers.service import Service

CHECKS = """
seed = 1
[generation]
max-examples = 12
[checks]
# A description can't tell whether a name is taken, or a token was mailed.
positive_data_acceptance.enabled = false
negative_data_rejection.expected-statuses = [400, 401, 405, 413, 415, 422]
[[operations]]
# Proxies ask with their clients' methods; all of them are documented as the one.
include-path = "/auth/verify"
checks.unsupported_method.enabled = false
[[operations]]
# Nobody makes up a refresh token that is good.
include-path = "/auth/refresh"
warnings = false
"""
LOGGED_IN = """
[warnings]
fail-on = ["missing_auth"]
[auth.dynamic.openapi.bearer]
path = "/auth/login"
extract_selector = "/access_token"
payload = {{ email = {email}, password = {password} }}
"""


@pytest.fixture(params=["anonymous", "logged in"])
def directory(request: pytest.FixtureRequest, api: Api, tmp_path: Path) -> Path:
    """Return a directory whose configuration says who is calling."""
    person = api.newcomer().credentials
    strings = {name: json.dumps(value) for name, value in person.items()}
    caller = "" if request.param == "anonymous" else LOGGED_IN.format(**strings)
    (tmp_path / "schemathesis.toml").write_text(CHECKS + caller)
    return tmp_path


def test_every_answer_is_one_that_is_documented(
    service: Service, directory: Path
) -> None:
    # Its pytest integration reads an attribute that pytest 9.2 took away.
    outcome = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "run",
            f"{service.url}/openapi.json",
        ],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "HOME": str(directory)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == outcome.returncode, outcome.stdout
    assert "Unhandled error" not in service.log.read_text()
