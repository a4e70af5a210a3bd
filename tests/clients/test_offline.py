"""Services that protect `GET /notes` by our public keys, in Python and Node."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path

import httpx
import pytest

from tests.clients.admins import admins_token
from tests.clients.programs import (
    COOLDOWN,
    LIFESPAN,
    FalconNotes,
    FastApiNotes,
    NodeNotes,
    NotesService,
)
from tests.contract.private_keys import (
    PrivateKey,
    jwk_of,
    pem,
    private_key,
    public_pem,
    sign,
)
from tests.http.api import Api, Person, bearer
from tests.security.forge import GONE, Forger, b64
from tests.servers.service import NO_TLS, Service, wait_for

PROGRAMS = (FastApiNotes, FalconNotes, NodeNotes)
PAIRS = (
    ("EdDSA", FastApiNotes),
    ("EdDSA", NodeNotes),
    ("RS256", FalconNotes),
    ("RS256", NodeNotes),
)
"""The Python ones verify by the same module: each algorithm once in each language."""

JWKS = "GET /.well-known/jwks.json"


class World:
    """The service with a key that the test has, too, and somebody's tokens; an admin's."""

    def __init__(self, auth: Service, algorithm: str) -> None:
        self.auth = auth
        self.algorithm = algorithm
        self.key: PrivateKey = private_key(algorithm)
        with auth.client() as client:
            self.tokens = Api(client).session()
        self.token: str = self.tokens["access_token"]
        self.admin = admins_token(auth)

    @property
    def forger(self) -> Forger:
        return Forger.of(
            self.token, lambda text: b64(sign(self.key, self.algorithm, text))
        )


def notes(
    service: NotesService, token: str | None, path: str = "/notes"
) -> httpx.Response:
    return httpx.get(f"{service.url}{path}", headers=bearer(token), verify=NO_TLS)


@pytest.fixture(scope="module")
def world_of(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], World]]:
    with ExitStack() as ends:

        @cache
        def world_of(algorithm: str) -> World:
            settings = {
                "JWT_ALGORITHM": algorithm,
                "JWT_SECRET_KEY": pem(private_key(algorithm)),
            }
            auth = Service(tmp_path_factory.mktemp("auth"), **settings)
            return World(ends.enter_context(auth), algorithm)

        yield world_of


@pytest.fixture(
    scope="module", params=PAIRS, ids=lambda it: f"{it[1].__name__}-{it[0]}"
)
def pair(request: pytest.FixtureRequest) -> tuple[str, type[NotesService]]:
    algorithm, program = request.param
    return algorithm, program


@pytest.fixture(scope="module")
def world(
    pair: tuple[str, type[NotesService]], world_of: Callable[[str], World]
) -> World:
    return world_of(pair[0])


@pytest.fixture(scope="module")
def service(
    pair: tuple[str, type[NotesService]], world: World
) -> Iterator[NotesService]:
    running = pair[1](world.auth.url, world.algorithm)
    yield running.start()
    running.stop()


def test_who_has_a_token_gets_the_notes(service: NotesService, world: World) -> None:
    answer = notes(service, world.token)

    owner = str(world.tokens["user"]["id"])
    assert (200, {"owner": owner, "notes": []}) == (answer.status_code, answer.json())


def test_who_has_none_is_asked_for_one(service: NotesService) -> None:
    answer = notes(service, None)

    assert 401 == answer.status_code
    assert "Bearer" == answer.headers["WWW-Authenticate"]


def hostile_tokens(world: World) -> dict[str, str]:
    """Return tokens that must open nothing, by what is wrong with them."""
    forger, now = world.forger, int(time.time())
    header, claims, signature = world.token.split(".")
    own = fresh_key(world.algorithm)
    other = Forger.of(world.token, lambda text: b64(sign(own, world.algorithm, text)))
    public = public_pem(world.key)
    return {
        "garbage": "x",
        "another signature": f"{header}.{claims}.{signature[::-1]}",
        "no signature": f"{header}.{claims}.",
        "alg none": f"{forger.unsigned(alg='none')}.",
        "the public key as a shared secret": forger.with_mac(public, alg="HS256"),
        "an empty shared secret": forger.with_mac(b"", alg="HS256"),
        "another key under our kid": other.with_header(),
        "a key of its own": other.with_header(jwk=jwk_of(own)),
        "an unknown kid": forger.with_header(kid="nobody"),
        "a kid that is no text": forger.with_header(kid=["nobody"]),
        "a refresh token": world.tokens["refresh_token"],
        "no type": forger.with_header(typ=GONE),
        "the plain type": forger.with_header(typ="JWT"),
        "another issuer": forger.with_claims(iss="https://evil.example"),
        "no issuer": forger.with_claims(iss=GONE),
        "another audience": forger.with_claims(aud="others"),
        "no audience": forger.with_claims(aud=GONE),
        "expired": forger.with_claims(exp=now - 60),
        "endless": forger.with_claims(exp=GONE),
        "not yet": forger.with_claims(nbf=now + 3600),
        "nobody's": forger.with_claims(sub=GONE),
        "without a session": forger.with_claims(sid=GONE),
        "without a role": forger.with_claims(role=GONE),
    }


def fresh_key(algorithm: str) -> PrivateKey:
    return private_key.__wrapped__(algorithm)


def test_hostile_tokens_open_nothing(service: NotesService, world: World) -> None:
    # What is rightly signed and says nothing wrong is good, whoever made it.
    assert 200 == notes(service, world.forger.with_claims()).status_code

    answers = {
        name: notes(service, token) for name, token in hostile_tokens(world).items()
    }

    refused = (401, 'Bearer error="invalid_token"')
    assert dict.fromkeys(answers, refused) == {
        name: (answer.status_code, answer.headers.get("WWW-Authenticate"))
        for name, answer in answers.items()
    }


def test_a_role_can_be_demanded(service: NotesService, world: World) -> None:
    mallory = world.forger.with_claims(role="admin")

    assert 403 == notes(service, world.token, "/notes/all").status_code
    assert 200 == notes(service, mallory, "/notes/all").status_code
    assert 200 == notes(service, world.admin, "/notes/all").status_code


def test_offline_a_log_out_is_not_seen_and_auth_me_sees_it(
    service: NotesService, world: World
) -> None:
    with world.auth.client() as client:
        api = Api(client)
        token = api.session()["access_token"]
        api.post("/auth/logout", token=token)

        assert 401 == api.me(token).status_code
    assert 200 == notes(service, token).status_code


def test_made_up_kids_cause_few_fetches(service: NotesService, world: World) -> None:
    def fetches() -> int:
        """Try once more, and return how often the keys have been fetched by now."""
        token = world.forger.with_header(kid=f"made-up-{time.monotonic_ns()}")
        assert 401 == notes(service, token).status_code
        return world.auth.output.count(JWKS)

    before = fetches()
    wait_for(lambda: fetches() > before, "a fetch because of a made-up kid")
    began, before = time.monotonic(), fetches()

    fetched = [fetches() for _ in range(50)][-1] - before

    seconds = time.monotonic() - began
    assert fetched <= seconds / COOLDOWN + seconds / LIFESPAN + 2


def test_keys_come_and_go_and_an_outage_is_none_here(tmp_path: Path) -> None:
    old, new = (pem(fresh_key("EdDSA")) for _ in "ab")
    settings = {"JWT_ALGORITHM": "EdDSA", "JWT_SECRET_KEY": old}
    with (
        Service(tmp_path, **settings) as auth,
        auth.client() as client,
        all_started(auth.url) as services,
    ):
        api, person = Api(client), Person.new()
        api.register(person)
        first = api.session(person)["access_token"]
        assert_goes_on(services, auth, first)

        auth.start(JWT_SECRET_KEY=new, JWT_SECRET_KEY_PREVIOUS=old)
        second = api.session(person)["access_token"]
        assert_accept(services, first, second)

        auth.stop()
        assert_keep_accepting(services, first, second)

        auth.start(JWT_SECRET_KEY_PREVIOUS="")
        for service in services:
            wait_for(partial(is_refused, service, first), "the old key's end")
            assert 401 == notes(service, first).status_code
        assert_accept(services, second)


@contextmanager
def all_started(auth_url: str) -> Generator[Sequence[NotesService], None, None]:
    with ExitStack() as ends:
        services = [program(auth_url, "EdDSA") for program in PROGRAMS]
        for service in services:
            ends.callback(service.stop)
            service.start()
        yield services


def assert_goes_on(services: Sequence[NotesService], auth: Service, token: str) -> None:
    """Check that an outage matters until the keys are there, and then no more."""
    auth.stop()
    assert [503] * len(services) == [notes(it, token).status_code for it in services]
    auth.start()
    assert_accept(services, token)
    auth.stop()
    assert_keep_accepting(services, token)


def assert_keep_accepting(services: Sequence[NotesService], *tokens: str) -> None:
    """Check it for so long that the keys are old meanwhile."""
    end = time.monotonic() + 1.5 * LIFESPAN
    while time.monotonic() < end:
        for service in services:
            assert all(is_let_in(service, token) for token in tokens), service.url
        time.sleep(LIFESPAN / 10)


def assert_accept(services: Sequence[NotesService], *tokens: str) -> None:
    for service in services:
        for token in tokens:
            wait_for(partial(is_let_in, service, token), "the service's keys")


def is_let_in(service: NotesService, token: str) -> bool:
    return notes(service, token).is_success


def is_refused(service: NotesService, token: str) -> bool:
    return not is_let_in(service, token)
