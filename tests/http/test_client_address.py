import json
from collections.abc import Callable

import httpx
import pytest

from core.model import RecordKind, Session
from tests.http.api import Api, Person, assert_problem
from tests.http.conftest import Serve
from tests.http.records import every
from tests.http.wire import wire_to
from tests.servers import LOOPBACK
from tests.servers.databases import ON_SQLITE
from tests.servers.service import Service

pytestmark = ON_SQLITE  # addresses have nothing to do with the storage

QUOTA = 5
"""Log-ins in a minute, by default."""

CLAIMS: list[Callable[[int], dict[str, str]]] = [
    lambda n: {"X-Forwarded-For": f"203.0.113.{n}"},
    lambda n: {"X-Forwarded-For": f"203.0.113.{n}, {LOOPBACK}"},
    lambda n: {"Forwarded": f"for=203.0.113.{n}"},
    lambda n: {"X-Real-IP": f"203.0.113.{n}", "X-Client-IP": f"203.0.113.{n}"},
    lambda n: {"X-Forwarded-For": f"2001:db8:{n}::1", "X-Forwarded-Proto": "https"},
    lambda n: {"X-Forwarded-For": "a" * n, "Via": f"1.1 203.0.113.{n}"},
]
"""What somebody writes who wants to be counted as somebody else, each time anew."""


@pytest.fixture
def untrusting(serve: Serve) -> Service:
    # The server's own trust in proxies would begin here.
    return serve(RATE_LIMIT_ENABLED="true", FORWARDED_ALLOW_IPS="*")


@pytest.fixture(scope="module")
def behind_a_proxy(serve: Serve) -> Service:
    return serve(
        RATE_LIMIT_ENABLED="true",
        RATE_LIMIT_REGISTER="100/hour",
        TRUSTED_PROXIES=f"{LOOPBACK},10.0.0.0/8",
        FORWARDED_ALLOW_IPS="*",
        LOG_FORMAT="json",
    )


@pytest.fixture
def log_in_from(
    behind_a_proxy: Service, connect: Callable[[Service], Api]
) -> Callable[[str], httpx.Response]:
    api = connect(behind_a_proxy)
    return lambda chain: try_to_log_in(api, {"X-Forwarded-For": chain})


def try_to_log_in(api: Api, headers: dict[str, str]) -> httpx.Response:
    """Fail, as a different person each time: the address alone is to count."""
    body = Person.new().credentials
    return api.client.post("/auth/login", json=body, headers=headers)


def test_who_is_not_trusted_is_counted_as_one_whatever_it_claims(
    untrusting: Service, connect: Callable[[Service], Api]
) -> None:
    api = connect(untrusting)

    answers = [
        try_to_log_in(api, claim(number)) for number in range(1, 4) for claim in CLAIMS
    ]

    refusals = len(answers) - QUOTA
    assert [*[401] * QUOTA, *[429] * refusals] == [one.status_code for one in answers]
    assert_problem(answers[-1], 429)
    assert 1 == untrusting.output.count("TRUSTED_PROXIES")
    assert f"Ignored x-forwarded-for from {LOOPBACK}" in untrusting.output
    assert "203.0.113" not in untrusting.output


def test_each_client_of_a_trusted_proxy_has_a_count_of_its_own(
    log_in_from: Callable[[str], httpx.Response],
) -> None:
    for number in range(1, 4):
        address = f"203.0.113.{number}"
        answers = [
            log_in_from(f"198.51.100.{spoof}, {address}, 10.1.2.3")
            for spoof in range(QUOTA + 1)
        ]

        assert [*[401] * QUOTA, 429] == [answer.status_code for answer in answers]


def test_clients_of_one_ipv6_network_share_a_count(
    log_in_from: Callable[[str], httpx.Response],
) -> None:
    one = [log_in_from(f"2001:db8:1:2:{n:x}::{n:x}") for n in range(1, QUOTA + 2)]
    other = [log_in_from(f"2001:db8:1:{n:x}::1") for n in range(3, 3 + QUOTA + 1)]

    assert [*[401] * QUOTA, 429] == [answer.status_code for answer in one]
    assert [401] * (QUOTA + 1) == [answer.status_code for answer in other]


def test_who_says_nothing_clear_is_counted_as_the_proxy(
    log_in_from: Callable[[str], httpx.Response],
) -> None:
    unclear = ("unknown", "", "1.1.1.1, _hidden", "203.0.113.300", ",,,", "::1::")

    answers = [log_in_from(chain) for chain in unclear]

    assert [*[401] * QUOTA, 429] == [answer.status_code for answer in answers]


def test_several_header_lines_are_one_list(behind_a_proxy: Service) -> None:
    with wire_to(behind_a_proxy) as wire:
        wire.send(
            "GET /livez-not HTTP/1.1",
            "Host: x",
            "X-Forwarded-For: 198.51.100.1",
            "x-forwarded-for: 198.51.100.2, 203.0.113.77",
            "X-Forwarded-For: 10.1.2.3",
            "Connection: close",
        )

        assert b" 404 " in wire.rest()

    (line,) = [
        json.loads(line)
        for line in behind_a_proxy.output.splitlines()
        if "livez-not" in line
    ]
    assert "203.0.113.77" == line["client.address"]


async def test_a_session_knows_its_clients_whole_address(
    behind_a_proxy: Service, connect: Callable[[Service], Api]
) -> None:
    api = connect(behind_a_proxy)
    api.client.headers["X-Forwarded-For"] = "2001:DB8:7::0:7"

    api.session()

    async with behind_a_proxy.storage() as storage:
        (session,) = await every(storage, RecordKind.SESSIONS)
    assert isinstance(session, Session)
    assert "2001:db8:7::7" == session.client.address
