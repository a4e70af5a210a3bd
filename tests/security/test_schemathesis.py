"""The API as it describes itself: schemathesis makes up requests, good and bad ones."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.admins import admin
from tests.http.api import Api
from tests.servers.service import Service

CHECKS = """
seed = 1
[generation]
max-examples = 8
[checks]
# A description can't tell whether a name is taken, or a token was mailed.
positive_data_acceptance.enabled = false
# Who may call is asked before the body is read, and no path of ours has a broken id.
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 413, 414, 415, 422]
[[operations]]
# Proxies ask with their clients' methods; all of them are documented as the one.
include-path = "/auth/verify"
checks.unsupported_method.enabled = false
[[operations]]
# Nobody makes up a refresh token that is good.
include-path = "/auth/refresh"
warnings = false
"""
BEFORE = 9
LOGGED_IN = """
[warnings]
fail-on = ["missing_auth"]
[auth.dynamic.openapi.bearer]
path = "/auth/login"
extract_selector = "/access_token"
payload = {{ email = {email}, password = {password} }}
"""


@pytest.fixture(params=["anonymous", "an administrator"])
def directory(
    request: pytest.FixtureRequest, service: Service, api: Api, tmp_path: Path
) -> Path:
    """Return a directory whose configuration says who is calling."""
    caller = ""
    if request.param == "an administrator":
        # The only one, so that no request removes or demotes who asks; and with an id that
        # is made up for none: a new address or a reset would end the log-in.
        for _ in range(BEFORE):
            api.newcomer()
        person = admin(service).credentials
        strings = {name: json.dumps(value) for name, value in person.items()}
        caller = LOGGED_IN.format(**strings)
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
