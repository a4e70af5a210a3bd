"""Keys of every kind on a real process: published, cached, rotated by restarts."""

from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from jwt import PyJWKClient

from tests.contract.private_keys import KINDS, jwk_of, pem, private_key
from tests.http.api import Api, Person, assert_problem, decoded
from tests.servers.service import Service

JWKS = "/.well-known/jwks.json"
SECRET = "a secret that is rotated away: 0123456789abcdef"
NEW_PASSWORD = "AnotherPass456?"


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def service(serve: Callable[..., Service], kind: str) -> Service:
    """Serve with a private key."""
    secret = pem(private_key(kind))
    return serve(JWT_SECRET_KEY=secret, JWT_ALGORITHM=kind)


@pytest.fixture
def api(service: Service, connect: Callable[[Service], Api]) -> Api:
    return connect(service)


def test_others_verify_our_tokens_by_the_published_keys_alone(
    service: Service, api: Api, kind: str
) -> None:
    token = api.session()["access_token"]
    client = PyJWKClient(f"{service.url}{JWKS}")

    key = client.get_signing_key_from_jwt(token)
    claims = jwt.decode(token, key, [kind], audience="scribes", issuer="scribes-auth")

    assert str(api.me(token).json()["id"]) == claims["sub"]
    with pytest.raises(jwt.PyJWKClientError):
        client.get_signing_key("another")


def test_only_the_public_half_is_published(api: Api, kind: str) -> None:
    answer = api.client.get(JWKS)

    assert "application/json" == answer.headers["Content-Type"]
    (key,) = answer.json()["keys"]
    told = {"alg": kind, "use": "sig", "kid": key["kid"]}
    assert jwk_of(private_key(kind)) | told == key


def test_the_keys_may_be_kept_for_a_third_of_the_time_that_a_new_one_waits(
    api: Api,
) -> None:
    answer = api.client.get(JWKS)

    assert {"public", "max-age=60"} == set(answer.headers["Cache-Control"].split(", "))
    assert answer.headers["ETag"].startswith('"')
    assert answer.headers["ETag"] == api.client.head(JWKS).headers["ETag"]


@pytest.mark.parametrize("known", ["{etag}", "W/{etag}", '"x", {etag}', "*"])
def test_who_has_the_keys_is_not_sent_them_again(api: Api, known: str) -> None:
    etag = api.client.get(JWKS).headers["ETag"]

    answer = _asked(api, known.format(etag=etag))

    assert (304, b"") == (answer.status_code, answer.content)
    assert etag == answer.headers["ETag"]
    assert "max-age=60" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("known", ['"x"', '""', "x", ","])
def test_who_has_others_is(api: Api, known: str) -> None:
    answer = _asked(api, known)

    assert 200 == answer.status_code
    assert answer.json()["keys"]


def _asked(api: Api, known: str) -> httpx.Response:
    return api.client.get(JWKS, headers={"If-None-Match": known})


def _algorithm(token: str) -> str:
    header, _ = decoded(token)
    algorithm: str = header["alg"]
    return algorithm


def test_from_a_secret_to_a_private_key_nobody_is_logged_out(
    install: Callable[..., Service], connect: Callable[[Service], Api]
) -> None:
    eddsa = pem(private_key("EdDSA"))
    service = install(JWT_SECRET_KEY=SECRET).start()
    person, before, mailed = _before(service, connect(service))

    # First the new key only verifies, then it signs, then the old one is gone.
    for newest, previous, signs in (
        (SECRET, eddsa, "HS256"),
        (eddsa, SECRET, "EdDSA"),
    ):
        service.stop()
        service.start(JWT_SECRET_KEY=newest, JWT_SECRET_KEY_PREVIOUS=previous)
        api = connect(service)
        assert 200 == api.me(before["access_token"]).status_code
        after = api.refresh(before["refresh_token"]).json()
        for token in (after["access_token"], after["refresh_token"]):
            assert signs == _algorithm(token)
        assert 1 == len(api.client.get(JWKS).json()["keys"])

    body = {"token": mailed, "new_password": NEW_PASSWORD}
    assert 200 == api.post("/auth/password-reset/confirm", body).status_code
    after = api.session(Person(person.email, person.username, NEW_PASSWORD))
    service.stop()
    service.start(JWT_SECRET_KEY_PREVIOUS="")
    api = connect(service)
    assert 200 == api.me(after["access_token"]).status_code
    assert_problem(api.me(before["access_token"]), 401, "JWT decoding failed")
    assert_problem(api.refresh(before["refresh_token"]), 401)


def _before(service: Service, api: Api) -> tuple[Person, dict[str, Any], str]:
    """Return somebody with a session, and with a mail that was asked for."""
    person = api.newcomer()
    session = api.session(person)
    api.post("/auth/password-reset/request", {"email": person.email})
    return person, session, service.mailed_token(person.email, "reset")


def test_the_command_line_tells_of_the_keys_and_what_is_next(
    install: Callable[..., Service],
) -> None:
    service = install(
        JWT_SECRET_KEY=pem(private_key("EdDSA")), JWT_SECRET_KEY_PREVIOUS=SECRET
    )

    said = service.run("keys", "list")

    assert 0 == said.returncode
    head, new, old, _, *steps = said.stdout.splitlines()
    assert ["kid", "algorithm", "state", "since", "until", "version"] == head.split()
    assert ["EdDSA", "signing", "-", "-", "JWT_SECRET_KEY"] == new.split()[1:]
    assert ["HS256", "verifying", "-", "-"] == old.split()[1:-1]
    assert steps[0].startswith("Remove version JWT_SECRET_KEY_PREVIOUS when")
    assert SECRET not in said.stdout + said.stderr


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        (
            "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----",
            "can't be read",
        ),
        ("short", "5 bytes are too short"),
    ],
)
def test_a_bad_key_ends_the_start_with_a_message(
    install: Callable[..., Service], secret: str, told: str
) -> None:
    service = install(JWT_SECRET_KEY=secret, APP_ENV="production")

    started = service.run("serve")

    assert 78 == started.returncode
    (line,) = [it for it in started.stderr.splitlines() if "JWT_SECRET_KEY" in it]
    assert line.startswith("JWT_SECRET_KEY: ")
    assert told in line
