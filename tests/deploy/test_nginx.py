import json
import socket
import ssl

import httpx
import pytest

from tests.deploy.front import NAME, Front, started
from tests.http.api import Api, Person, assert_problem
from tests.servers import LOOPBACK
from tests.servers.certificates import LocalAuthority
from tests.servers.service import Service, wait_for

QUOTA = 5
"""Log-ins in a minute that one address has, in all replicas together."""

BALANCER = "127.0.0.200"
"""A load balancer in front of nginx."""

BEHIND_A_BALANCER = {
    "# set_real_ip_from 10.0.1.0/24;": f"set_real_ip_from {BALANCER};",
    "# real_ip_header": "real_ip_header",
    "# real_ip_recursive": "real_ip_recursive",
}


def test_nginx_finds_nothing_to_say_of_the_configuration(front: Front) -> None:
    said = front.nginx.check()

    assert "syntax is ok" in said
    assert "[warn]" not in said
    assert "[emerg]" not in said


def test_each_client_is_counted_by_its_own_address_and_not_by_nginxs(
    front: Front,
) -> None:
    for number in range(2, 5):
        source = f"127.0.0.{number}"
        answers = [front.try_to_log_in(source, {}) for _ in range(QUOTA + 1)]

        assert [*[401] * QUOTA, 429] == [answer.status_code for answer in answers]
        assert_problem(answers[-1], 429)


def test_what_a_client_writes_into_headers_does_not_help(front: Front) -> None:
    answers = [
        front.try_to_log_in(
            "127.0.0.10",
            {
                "X-Forwarded-For": f"203.0.113.{number}",
                "Forwarded": f"for=203.0.113.{number}",
                "X-Real-IP": f"203.0.113.{number}",
            },
        )
        for number in range(QUOTA + 1)
    ]

    assert [*[401] * QUOTA, 429] == [answer.status_code for answer in answers]


def test_the_service_is_told_the_clients_address(
    front: Front, replicas: list[Service]
) -> None:
    headers = {"X-Request-ID": "whence"}

    front.client("127.0.0.20").get("/auth/me", headers=headers)

    assert "127.0.0.20" == line_of(replicas, "whence")["client.address"]
    wait_for(lambda: '"client":"127.0.0.20"' in front.nginx.accesses, "nginx's log")


def test_behind_a_load_balancer_its_word_counts_and_nobody_elses(
    authority: LocalAuthority, replicas: list[Service]
) -> None:
    with Front(authority, replicas, BEHIND_A_BALANCER) as front:
        for source, name in ((BALANCER, "through"), ("127.0.0.201", "past")):
            headers = {
                "X-Forwarded-For": f"198.51.100.1, 203.0.113.9, {BALANCER}",
                "X-Request-ID": name,
            }
            front.client(source).get("/auth/me", headers=headers)

    assert "203.0.113.9" == line_of(replicas, "through")["client.address"]
    assert "127.0.0.201" == line_of(replicas, "past")["client.address"]


def line_of(replicas: list[Service], request_id: str) -> dict[str, str]:
    """Return the line with which one of them tells of a request."""
    said = "".join(replica.output for replica in replicas).splitlines()
    lines: list[dict[str, str]] = [json.loads(line) for line in said]
    (found,) = [line for line in lines if line.get("scribes.request_id") == request_id]
    return found


def test_both_replicas_serve_over_tls(front: Front, replicas: list[Service]) -> None:
    api = Api(front.client("127.0.0.30"))
    person = Person.new()

    assert 201 == api.register(person).status_code
    tokens = api.log_in(person).json()
    for _ in replicas:
        answer = api.me(tokens["access_token"])

        assert person.email == answer.json()["email"]
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    for replica in replicas:
        assert "/auth/me" in replica.output


def test_it_speaks_http_2_and_shows_the_names_certificate(
    front: Front, authority: LocalAuthority
) -> None:
    context = authority.client_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    address = (LOOPBACK, front.nginx.port)

    with (
        socket.create_connection(address, 10) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as secured,
    ):
        assert "h2" == secured.selected_alpn_protocol()
        assert "TLSv1.3" == secured.version()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(address, 10) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as secured,
    ):
        assert "TLSv1.2" == secured.version()


def test_plain_http_is_sent_to_https_on_our_own_name(front: Front) -> None:
    for host in (NAME, "elsewhere.example.com"):
        answer = httpx.get(
            f"http://{LOOPBACK}:{front.nginx.http_port}/docs?x=1",
            headers={"Host": host},
            verify=False,  # noqa: S501 - there is nothing to verify
        )

        assert 301 == answer.status_code
        assert f"https://{NAME}/docs?x=1" == answer.headers["Location"]


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/health",
        "/readyz",
        "/metrics?x=1",
        "//metrics",
        "/./metrics",
        "/x/../metrics",
        "/%6detrics",
        "/metrics/",
        "/metrics%2f",
        "/metrics;x",
        "/Metrics",
    ],
)
def test_what_is_for_operators_is_hidden_however_it_is_spelt(
    front: Front, path: str
) -> None:
    answer = front.client().get(f"{front.nginx.url}{path}")

    assert_problem(answer, 404)


def test_what_is_for_everybody_is_there(front: Front) -> None:
    for path in ("/livez", "/.well-known/jwks.json"):
        assert 200 == front.client().get(path).status_code
    for page in ("/verify-email", "/verify-email/reject", "/reset-password"):
        answer = front.client().get(f"{page}?token=x")
        assert (400, True) == (answer.status_code, "This link" in answer.text)


def test_nginx_refuses_as_the_service_does(front: Front) -> None:
    client = front.client("127.0.0.40")

    large = client.post("/auth/login", content=b"x" * 65537)
    long = client.get(f"/{'x' * 9000}")
    wide = client.get("/livez", headers={"X": "x" * 9000})

    assert "request_entity_too_large" == assert_problem(large, 413)["code"]
    assert "uri_too_long" == assert_problem(long, 414)["code"]
    assert "bad_request" == assert_problem(wide, 400)["code"]
    for answer in (large, long, wide):
        assert "no-store" == answer.headers["Cache-Control"]
        assert "nginx" == answer.headers["Server"]


def test_a_request_keeps_the_id_that_its_client_gave_it_if_it_is_a_good_one(
    front: Front,
) -> None:
    def id_of(given: str, path: str) -> str:
        answer = front.client().get(path, headers={"X-Request-ID": given})
        return str(answer.headers["X-Request-ID"])

    for path in ("/livez", "/health"):
        assert "my-own.1" == id_of("my-own.1", path)
        assert '"' not in id_of('x","forged":"', path)
        assert 32 == len(id_of("x" * 65, path))


def test_a_replica_that_is_away_is_passed_over_and_tokens_are_not_logged(
    authority: LocalAuthority,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with (
        started(tmp_path_factory, DATABASE_URL="memory://") as replicas,
        Front(authority, replicas) as front,
    ):
        client = front.client()

        replicas[0].kill()
        pages = ("/verify-email", "/verify-email/reject") * 5
        answers = [client.get(f"{page}?token=hush-1") for page in pages]
        posts = [client.post("/auth/login", json={}) for _ in range(10)]

        assert {400} == {answer.status_code for answer in answers}
        assert {422} == {answer.status_code for answer in posts}

        replicas[1].kill()
        for ask in (client.get, client.post):
            refused: httpx.Response = ask("/verify-email?token=hush-2")

            assert "unavailable" == assert_problem(refused, 502)["code"]
            assert "2" == refused.headers["Retry-After"]
        assert 502 == client.get("/reset-password?token=hush-3").status_code

        replicas[0].start()
        assert 200 == wait_until_served(client).status_code
        wait_for(lambda: '"path":"/livez"' in front.nginx.accesses, "nginx's log")
        assert "hush" not in front.nginx.accesses + front.nginx.errors + front.nginx.log
        assert '"path":"/verify-email"' in front.nginx.accesses


def wait_until_served(client: httpx.Client) -> httpx.Response:
    return wait_for(
        lambda: next((one for one in [client.get("/livez")] if one.is_success), None),
        "nginx to try a replica again",
    )
