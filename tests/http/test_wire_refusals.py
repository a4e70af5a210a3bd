"""What is no good HTTP/1.1 gets the same problem details as everything else."""

import pytest

from tests.http.api import assert_problem
from tests.http.wire import wire_to
from tests.servers.databases import ON_MEMORY
from tests.servers.service import Service, wait_for

pytestmark = ON_MEMORY  # what is refused here is refused before the storage

HOST = "Host: localhost\r\n"
GET = f"GET /livez HTTP/1.1\r\n{HOST}"
POST = f"POST /auth/login HTTP/1.1\r\n{HOST}Content-Type: application/json\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
BODY = '{"email": "a@example.com", "password": "x"}'

MALFORMED = [
    "GET /livez HTTP/1.1\r\n\r\n",
    f"{GET}Host: elsewhere\r\n\r\n",
    "GET /livez HTTP/1.1\r\nHost: a b\r\n\r\n",
    "GET /livez HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "GET /livez HTTP/1.1\r\nHost: user@a\r\n\r\n",
    "GET /livez HTTP/1.1\r\nHost: é\r\n\r\n",
    f"{GET}A: b\0c\r\n\r\n",
    f"{GET}A: b\r\n c\r\n\r\n",
    f"{GET}A : b\r\n\r\n",
    "GET /livez HTTP/1.1\nHost: localhost\n\n",
    f"GET /livez HTTP/2.0\r\n{HOST}\r\n",
    f"GET /livez HTTP/0.9\r\n{HOST}\r\n",
    f"GET /livez HTTP/1.9\r\n{HOST}\r\n",
    f"PRI * HTTP/2.0\r\n{HOST}\r\nSM\r\n\r\n",
    f"FOO /livez HTTP/1.1\r\n{HOST}\r\n",
    f"get /livez HTTP/1.1\r\n{HOST}\r\n",
    f"CONNECT localhost:443 HTTP/1.1\r\n{HOST}\r\n",
    f"OPTIONS * HTTP/1.1\r\n{HOST}\r\n",
    f"GET * HTTP/1.1\r\n{HOST}\r\n",
    f"GET localhost:80 HTTP/1.1\r\n{HOST}\r\n",
    f"GET livez HTTP/1.1\r\n{HOST}\r\n",
    f"GET ?a HTTP/1.1\r\n{HOST}\r\n",
    f"GET http:///livez HTTP/1.1\r\n{HOST}\r\n",
    f"GET http://me@localhost/livez HTTP/1.1\r\n{HOST}\r\n",
    f"GET ftp://localhost/livez HTTP/1.1\r\n{HOST}\r\n",
    f"GET /livez#a HTTP/1.1\r\n{HOST}\r\n",
    f"GET /livez/é HTTP/1.1\r\n{HOST}\r\n",
    f"GET /livez?é HTTP/1.1\r\n{HOST}\r\n",
    f"GET /livez\0 HTTP/1.1\r\n{HOST}\r\n",
    f"{POST}Content-Length: +5\r\n\r\n12345",
    f"{POST}Content-Length: -5\r\n\r\n12345",
    f"{POST}Content-Length: 0x5\r\n\r\n12345",
    f"{POST}Content-Length: \r\n\r\n",
    f"{POST}Content-Length: 5, 5\r\n\r\n12345",
    f"{POST}Content-Length: 5\r\nContent-Length: 5\r\n\r\n12345",
    f"{POST}Content-Length: 99999999999999999999999\r\n\r\n12345",
    f"{POST}Content-Length: 5\r\n{CHUNKED}\r\n0\r\n\r\n",
    f"{POST}{CHUNKED}Content-Length: 5\r\n\r\n0\r\n\r\n",
    f"{POST}{CHUNKED}{CHUNKED}\r\n0\r\n\r\n",
    f"{POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    f"{POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    f"{POST}Transfer-Encoding: identity\r\n\r\n",
    f"POST /auth/login HTTP/1.0\r\n{CHUNKED}\r\n0\r\n\r\n",
    f"{POST}{CHUNKED}\r\nxyz\r\n",
    f"{POST}{CHUNKED}\r\n5\r\n1234567\r\n0\r\n\r\n",
    f"{POST}{CHUNKED}\r\nfffffffffffffffff\r\n",
]


@pytest.mark.parametrize("sent", MALFORMED)
def test_malformed_http_is_a_problem_and_ends_the_connection(
    service: Service, sent: str
) -> None:
    with wire_to(service) as wire:
        wire.send_raw(sent.encode())
        answer = wire.answer()

    problem = assert_problem(answer, 400)
    assert "bad_request" == problem["code"]
    assert "close" == answer.headers["Connection"]
    assert "no-store" == answer.headers["Cache-Control"]
    assert "DENY" == answer.headers["X-Frame-Options"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    line = next(it for it in service.output.splitlines() if problem["request_id"] in it)
    assert "client=127.0.0.1" in line


@pytest.mark.parametrize("sent", MALFORMED)
def test_nothing_behind_malformed_http_is_a_request(
    service: Service, sent: str
) -> None:
    with wire_to(service) as wire:
        wire.send_raw(sent.encode() + f"{GET}\r\n".encode())

        assert 1 == wire.rest().count(b"HTTP/1.1 ")


def test_a_request_before_it_is_answered_first(service: Service) -> None:
    with wire_to(service) as wire:
        wire.send_raw(f"{GET}\r\n\0\r\n\r\n".encode())

        answers = wire.answers()

    assert [200, 400] == [answer.status_code for answer in answers]


def test_a_body_that_turns_out_malformed_is_not_acted_upon(service: Service) -> None:
    known = service.output.count("Login failed")
    with wire_to(service) as wire:
        chunk = f"{len(BODY):x}\r\n{BODY}\r\n"
        wire.send_raw(f"{POST}{CHUNKED}\r\n{chunk}".encode())
        wire.send_raw(b"xyz\r\n")

        assert_problem(wire.answer(), 400)
    assert known == service.output.count("Login failed")


def test_half_a_body_in_chunks_is_not_acted_upon(service: Service) -> None:
    known = service.output.count("Login failed")
    asked = service.output.count("POST /auth/login 400")
    with wire_to(service) as wire:
        chunk = f"{len(BODY):x}\r\n{BODY}\r\n"
        wire.send_raw(f"{POST}{CHUNKED}\r\n{chunk}".encode())
    wait_for(lambda: asked < service.output.count("POST /auth/login 400"), "its end")
    assert known == service.output.count("Login failed")


def test_a_trailer_is_no_header(service: Service) -> None:
    chunk = f"{len(BODY):x}\r\n{BODY}\r\n0\r\nX-Request-ID: a-trailer\r\n\r\n"
    with wire_to(service) as wire:
        wire.send_raw(f"{POST}{CHUNKED}\r\n{chunk}".encode())
        answer = wire.next_answer()

    assert 401 == answer.status_code
    assert "a-trailer" != answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    "target", ["http://localhost/livez", "HTTP://other.example:80/livez?a=b"]
)
def test_a_target_in_absolute_form_means_its_path(
    service: Service, target: str
) -> None:
    with wire_to(service) as wire:
        wire.send_raw(f"GET {target} HTTP/1.1\r\n{HOST}\r\n".encode())

        assert 200 == wire.next_answer().status_code


@pytest.mark.parametrize("target", ["http://localhost", "http://localhost?livez"])
def test_a_target_without_a_path_means_the_root(service: Service, target: str) -> None:
    with wire_to(service) as wire:
        wire.send_raw(f"GET {target} HTTP/1.1\r\n{HOST}\r\n".encode())

        assert_problem(wire.next_answer(), 404)


@pytest.mark.parametrize("path", ["/verify-email", "/reset-password"])
@pytest.mark.parametrize(
    "form",
    [
        "&".join(f"f{number}=x" for number in range(12)),
        "token=a&" * 5000,
        "&&&&=&=&token",
        "token=%00%ff%ed%a0%80%zz%&new_password=%00%ff%ed%a0%80",
        "token=" + "a" * 60000,
        "\0\x7f;;",
        "é=é",
    ],
)
def test_no_form_is_a_bug(service: Service, path: str, form: str) -> None:
    with service.client() as client:
        answer = client.post(
            path,
            content=form.encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )

    assert answer.status_code in {400, 422}
    assert "text/html" in answer.headers["Content-Type"]


def test_too_many_fields_are_told(service: Service) -> None:
    with service.client() as client:
        form = {f"f{number}": "x" for number in range(12)}
        answer = client.post("/verify-email", data=form)

    assert 400 == answer.status_code
    assert "at most 10 fields" in answer.text
