import secrets

import pytest

from tests.http.api import Api
from tests.servers.databases import ON_MEMORY
from tests.servers.service import Service, wait_for

pytestmark = ON_MEMORY  # nothing is stored

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [
        (f"00-{TRACE}-{PARENT}-01", True),
        (f"cc-{TRACE}-{PARENT}-01-more", True),
        (f"00-{TRACE}-{PARENT}-01-more", False),
        (f"ff-{TRACE}-{PARENT}-01", False),
        (f"00-{TRACE.upper()}-{PARENT}-01", False),
        (f"00-{'0' * 32}-{PARENT}-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE}-{PARENT}", False),
        (f"00-{TRACE}-{PARENT}-0g", False),
        ("", False),
    ],
)
def test_the_callers_trace_is_taken_over(
    service: Service, api: Api, given: str, *, is_taken: bool
) -> None:
    mark = secrets.token_hex(8)
    api.client.get("/nowhere", headers={"traceparent": given, "X-Request-ID": mark})

    (line,) = wait_for(
        lambda: [line for line in service.output.splitlines() if mark in line],
        "the line",
    )

    assert is_taken == (f"trace_id={TRACE}" in line)
    assert is_taken == (f"parent_id={PARENT}" in line)


def test_of_two_callers_traces_none_is_taken_over(service: Service, api: Api) -> None:
    mark = secrets.token_hex(8)
    sent = [("traceparent", f"00-{TRACE}-{PARENT}-0{flag}") for flag in (0, 1)]
    api.client.get("/nowhere", headers=[*sent, ("X-Request-ID", mark)])

    (line,) = wait_for(
        lambda: [line for line in service.output.splitlines() if mark in line],
        "the line",
    )

    assert "trace_id=" not in line
