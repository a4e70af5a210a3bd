"""The service as its clients see it where Amazon Cognito keeps the users."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias, cast

import httpx
import joserfc.jwt
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.http.api import OTHER_PASSWORD, Api, Person, assert_problem
from tests.servers.cognito import CognitoServer, MadePool
from tests.servers.service import CHECKOUT, Service

Told: TypeAlias = tuple[str, int, Sequence[str]]

QUICK = 2.0
"""Seconds within which whoever asks a pool that is away is told."""

PACE = {"COGNITO_USER_CACHE_SECONDS": "0"}


@pytest.fixture(scope="module")
def server() -> Iterator[CognitoServer]:
    server = CognitoServer().start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def pool(server: CognitoServer) -> MadePool:
    return server.new_pool()


@pytest.fixture(scope="module")
def service(
    pool: MadePool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    directory = tmp_path_factory.mktemp("cognito")
    with Service(directory, **pool.settings, **PACE) as running:
        yield running


@pytest.fixture
def api(service: Service) -> Iterator[Api]:
    with service.client() as client:
        yield Api(client)


@pytest.fixture
def person(api: Api, server: CognitoServer) -> Person:
    person = Person.new()
    assert 201 == api.register(person).status_code
    code = {"email": person.email, "token": server.codes["verify", person.email]}
    assert 200 == api.post("/auth/verify-email", code).status_code
    return person


def journey(api: Api, mailed: Callable[[str, str], dict[str, str]]) -> list[Told]:
    """Take the guide's steps; return the status and the fields of each answer."""
    told: list[Told] = []

    def tell(step: str, answer: httpx.Response) -> Any:  # noqa: ANN401 - JSON
        body = answer.json()
        told.append((step, answer.status_code, sorted(body)))
        return body

    person = Person.new()
    tell("register", api.register(person))
    tell("register again", api.register(person))
    tell("a bad password", api.register(Person("x@example.com", "xyz", "weak")))
    tell("verify", api.post("/auth/verify-email", mailed("verify", person.email)))
    tell("a wrong password", api.log_in(person, "Wrong-Pass-1"))
    tell("nobody", api.log_in(Person.new()))
    grant = tell("log in", api.log_in(person))
    tell("me", api.me(grant["access_token"]))
    tell("me without a token", api.client.get("/auth/me"))
    grant = tell("refresh", api.refresh(grant["refresh_token"]))
    tell("a bad refresh token", api.refresh("x"))
    request = {"email": person.email}
    tell("ask for a reset", api.post("/auth/password-reset/request", request))
    tell("for nobody", api.post("/auth/password-reset/request", {"email": "a@b.org"}))
    reset = {**mailed("reset", person.email), "new_password": OTHER_PASSWORD}
    tell("reset", api.post("/auth/password-reset/confirm", reset))
    tell("reset again", api.post("/auth/password-reset/confirm", reset))
    tell("me after it", api.me(grant["access_token"]))
    tell("the old password", api.log_in(person))
    grant = tell("the new password", api.log_in(person, OTHER_PASSWORD))
    change = {"current_password": OTHER_PASSWORD, "new_password": person.password}
    token = grant["access_token"]
    tell("change it", api.post("/auth/change-password", change, token=token))
    grant = tell("and log in", api.log_in(person))
    tell("log out", api.post("/auth/logout", token=grant["access_token"]))
    tell("me after that", api.me(grant["access_token"]))
    tell("refresh after that", api.refresh(grant["refresh_token"]))
    return told


def test_the_guides_journey_is_answered_as_by_ourselves(
    api: Api, server: CognitoServer, tmp_path: Path
) -> None:
    def by_code(what: str, email: str) -> dict[str, str]:
        return {"email": email, "token": server.codes[what, email]}

    with Service(tmp_path) as native, native.client() as client:

        def by_link(what: str, email: str) -> dict[str, str]:
            subject = {"verify": "confirm"}.get(what, what)
            return {"token": native.mailed_token(email, subject)}

        ours = journey(Api(client), by_link)

    assert ours == journey(api, by_code)


def test_a_proxy_is_told_who_is_calling(api: Api, person: Person) -> None:
    grant = api.log_in(person).json()

    token = {"Authorization": f"Bearer {grant['access_token']}"}
    answer = api.client.get("/auth/verify", headers=token)

    assert 200 == answer.status_code
    assert str(grant["user"]["id"]) == answer.headers["X-Auth-User-Id"]
    assert person.email == answer.headers["X-Auth-Email"]
    assert 403 == api.client.get("/auth/verify?role=admin", headers=token).status_code


def test_a_code_without_the_address_is_refused_with_what_lacks(api: Api) -> None:
    answer = api.post("/auth/verify-email", {"token": "123456"})

    assert 422 == answer.status_code
    assert "email" in [it["field"] for it in answer.json()["errors"]]


def test_the_link_of_a_mail_leads_to_a_page_that_takes_address_and_code(
    api: Api, server: CognitoServer
) -> None:
    person = Person.new()
    api.register(person)
    link = {"email": person.email, "token": server.codes["verify", person.email]}

    page = api.client.get("/verify-email", params=link)
    _, _, rest = page.text.partition('name="token" value="')
    token = rest.partition('"')[0]
    done = api.client.post("/verify-email", data={"token": token})

    assert "reject" not in page.text
    assert 200 == page.status_code == done.status_code
    assert 200 == api.log_in(person).status_code


def forged(pool: MadePool, person: Person, kind: str) -> str:
    moto: Any = pool.server.pool(pool.id)
    name = moto._get_user(person.email).username  # noqa: SLF001 - moto's
    good, _ = moto.create_access_token(pool.client_id, name, "jti")
    claims = jwt.decode(good, options={"verify_signature": False})
    other = rsa.generate_private_key(65537, 2048)
    foreign: Any = pool.server.pool(pool.server.new_pool().id)
    made: dict[str, Callable[[], str]] = {
        "another pool": lambda: moto_signed(
            foreign, {**claims, "iss": foreign_issuer(foreign)}
        ),
        "another client": lambda: moto_signed(moto, {**claims, "client_id": "another"}),
        "an ID token": lambda: str(
            moto.create_id_token(pool.client_id, name, "jti")[0]
        ),
        "an expired one": lambda: moto_signed(
            moto, {**claims, "exp": int(time.time()) - 1}
        ),
        "a forged kid": lambda: jwt.encode(claims, other, "RS256", {"kid": "forged"}),
        "another key": lambda: jwt.encode(claims, other, "RS256", {"kid": "dummy"}),
        "a shared secret": lambda: jwt.encode(
            claims, "x" * 32, "HS256", {"kid": "dummy"}
        ),
        "no algorithm": lambda: jwt.encode(claims, "", "none", {"kid": "dummy"}),
    }
    return made[kind]()


def moto_signed(moto: Any, claims: dict[str, Any]) -> str:  # noqa: ANN401 - moto's
    header = {"kid": "dummy", "alg": "RS256"}
    return str(joserfc.jwt.encode(header, claims, moto.json_web_key))


def foreign_issuer(moto: Any) -> str:  # noqa: ANN401 - moto's
    return f"https://cognito-idp.{moto.region}.amazonaws.com/{moto.id}"


@pytest.mark.parametrize(
    "kind",
    [
        "another pool",
        "another client",
        "an ID token",
        "an expired one",
        "a forged kid",
        "another key",
        "a shared secret",
        "no algorithm",
    ],
)
def test_a_token_that_is_not_the_pools_for_this_client_is_refused(
    api: Api, pool: MadePool, person: Person, kind: str
) -> None:
    answer = api.me(forged(pool, person, kind))

    assert 401 == answer.status_code
    expected = "expired_token" if kind == "an expired one" else "invalid_token"
    assert expected == answer.json()["code"]


def test_a_token_that_was_revoked_is_refused(api: Api, person: Person) -> None:
    grant = api.log_in(person).json()
    tokens = {"refresh_token": grant["refresh_token"]}

    assert 200 == api.post("/auth/logout", tokens).status_code

    assert_problem(api.me(grant["access_token"]), 401, "Session has ended")
    assert 401 == api.refresh(grant["refresh_token"]).status_code


def test_what_the_pool_can_not_do_is_told_and_not_described(
    api: Api, person: Person
) -> None:
    token = api.log_in(person).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    answer = api.client.get("/auth/sessions", headers=headers)
    paths = api.client.get("/openapi.json").json()["paths"]

    assert (501, "not_with_cognito") == (answer.status_code, answer.json()["code"])
    assert "/auth/me" in paths
    assert not {"/auth/sessions", "/auth/verify-email/reject"} & paths.keys()
    assert 404 == api.client.get("/change-email").status_code


@pytest.mark.parametrize("trouble", ["throttles", "is silent", "is away"])
def test_whoever_asks_a_pool_that_has_trouble_is_told_soon(
    api: Api, server: CognitoServer, person: Person, trouble: str
) -> None:
    if trouble == "throttles":
        server.error = "TooManyRequestsException"
    elif trouble == "is silent":
        server.delay = 2 * QUICK
    else:
        server.stop()
    try:
        begun = time.monotonic()
        refused = api.log_in(person)
        seconds = time.monotonic() - begun
        begun = time.monotonic()
        alive = api.client.get("/livez")
        quick = time.monotonic() - begun
        ready = api.client.get("/readyz")
    finally:
        server.error, server.delay = None, 0.0
        if trouble == "is away":
            server.start()

    assert (503, 503, 200) == (
        refused.status_code,
        ready.status_code,
        alive.status_code,
    )
    assert "Retry-After" in refused.headers
    assert seconds < QUICK + 1  # a busy machine
    assert quick < 1
    assert 200 == api.log_in(person).status_code


def test_those_who_are_the_first_to_come_do_so_at_once(
    server: CognitoServer, tmp_path: Path
) -> None:
    pool = server.new_pool()
    with Service(tmp_path, **pool.settings) as service, service.client() as client:
        api = Api(client)
        people = [Person.new() for _ in range(8)]
        for person in people:
            api.register(person)
            code = server.codes["verify", person.email]
            api.post("/auth/verify-email", {"email": person.email, "token": code})
        with ThreadPoolExecutor(len(people)) as hands:
            answers = [*hands.map(api.log_in, people)]
        said = service.output

    assert {200} == {it.status_code for it in answers}
    assert "Traceback" not in said


def test_no_secret_and_no_token_is_in_the_log(
    api: Api, service: Service, pool: MadePool, person: Person
) -> None:
    grant = api.log_in(person).json()
    api.log_in(person, "Wrong-Pass-1")
    api.refresh(grant["refresh_token"])
    api.post("/auth/verify-email", {"email": person.email, "token": "987654"})

    said = service.output
    for secret in (pool.secret, person.password, grant["access_token"], "987654"):
        assert secret not in said
    assert grant["refresh_token"].partition(".")[2] not in said


def test_administrators_are_those_in_the_pools_group(
    api: Api, server: CognitoServer, pool: MadePool, person: Person
) -> None:
    token = api.log_in(person).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    before = api.client.get("/admin/users", headers=headers)
    cast("Any", server.client()).admin_add_user_to_group(
        UserPoolId=pool.id, Username=person.email, GroupName="admin"
    )

    after = api.client.get("/admin/users", headers=headers)
    other = {"email": "invited@example.com", "username": "invited"}
    invited = api.client.post("/admin/users", json=other, headers=headers)
    first = server.codes["invitation", "invited@example.com"]
    accept = {"email": "invited@example.com", "token": first}
    accepted = api.post(
        "/auth/invitation/accept", {**accept, "new_password": OTHER_PASSWORD}
    )
    user = f"/admin/users/{invited.json()['id']}"
    made = api.client.patch(user, json={"role": "admin"}, headers=headers)
    gone = api.client.delete(user, headers=headers)

    assert (403, 200, 201, 200, 200, 204) == tuple(
        it.status_code for it in (before, after, invited, accepted, made, gone)
    )
    assert "admin" == made.json()["role"]
    assert 404 == api.client.get(user, headers=headers).status_code


def test_a_client_whose_refresh_tokens_rotate_gets_a_new_one_each_time(
    server: CognitoServer, tmp_path: Path
) -> None:
    pool = server.new_pool(rotates=True)
    with Service(tmp_path, **pool.settings) as service, service.client() as client:
        api, person = Api(client), Person.new()
        api.register(person)
        code = {"email": person.email, "token": server.codes["verify", person.email]}
        api.post("/auth/verify-email", code)
        first = api.log_in(person).json()["refresh_token"]
        second = api.refresh(first).json()["refresh_token"]

        assert first != second
        assert 401 == api.refresh(first).status_code
        assert 200 == api.refresh(second).status_code


def test_guesses_are_limited_and_counted_as_by_ourselves(
    server: CognitoServer, tmp_path: Path
) -> None:
    limited = {"RATE_LIMIT_ENABLED": "true", "RATE_LIMIT_LOGIN": "100/minute"}
    pool = server.new_pool()
    with (
        Service(tmp_path, **pool.settings, **limited) as service,
        service.client() as client,
    ):
        api, person = Api(client), Person.new()
        api.register(person)
        code = {"email": person.email, "token": server.codes["verify", person.email]}
        api.post("/auth/verify-email", code)
        guesses = [api.log_in(person, "Wrong-Pass-1").status_code for _ in range(12)]
        asked = len(server.asked)
        put_off = api.log_in(person)
        figures = client.get("/metrics").text

    assert 401 == guesses[0]
    assert (429, 429) == (guesses[-1], put_off.status_code)
    assert asked == len(server.asked)
    assert 'scribes_log_ins_total{outcome="invalid_credentials"}' in figures


def test_where_no_password_may_be_sent_it_is_proved(
    server: CognitoServer, tmp_path: Path
) -> None:
    pool = server.new_pool(flows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    with Service(tmp_path, **pool.settings) as service, service.client() as client:
        api, person = Api(client), Person.new()
        api.register(person)
        code = {"email": person.email, "token": server.codes["verify", person.email]}
        api.post("/auth/verify-email", code)

        grants = [api.log_in(person) for _ in range(3)]
        wrong, nobody = api.log_in(person, "Wrong-Pass-1"), api.log_in(Person.new())
        me = api.me(grants[0].json()["access_token"])
        refreshed = api.refresh(grants[0].json()["refresh_token"])

    assert [200] * 3 == [it.status_code for it in grants]
    assert (401, 401) == (wrong.status_code, nobody.status_code)
    assert (200, 200) == (me.status_code, refreshed.status_code)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"COGNITO_URL": ""}, "COGNITO_URL"),
        ({"COGNITO_URL": "cognito://us-east-1/us-east-1_x"}, "client_id"),
        ({"COGNITO_URL": "cognito://us-east-1/eu-west-1_x?client_id=a"}, "region"),
        ({"COGNITO_URL": "cognito://us-east-1/us-east-1_x?client_id=a"}, "pool"),
        ({"AUTH_BACKEND": "auth0"}, "AUTH_BACKEND"),
    ],
)
def test_what_can_not_be_a_pool_is_told_at_the_start(
    pool: MadePool, tmp_path: Path, changed: dict[str, str], named: str
) -> None:
    told = Service(tmp_path, **pool.settings | changed).run("serve")

    assert 78 == told.returncode
    assert named in told.stderr


def test_a_pool_that_may_not_be_read_is_told_with_the_permission(
    pool: MadePool, tmp_path: Path
) -> None:
    pool.server.error = "AccessDeniedException"
    try:
        told = Service(tmp_path, **pool.settings).run("serve")
    finally:
        pool.server.error = None

    assert 78 == told.returncode
    assert "cognito-idp:DescribeUserPool" in told.stderr


def test_operators_work_with_the_pool_by_the_same_commands(
    pool: MadePool, tmp_path: Path
) -> None:
    desk = Service(
        tmp_path,
        **pool.settings,
        ADMIN_PASSWORD=OTHER_PASSWORD,
        USER_PASSWORD=OTHER_PASSWORD,
    )
    root = ("--email", "root@example.com", "--username", "root")
    other = ("--email", "other@example.com", "--username", "other")
    third = ("--email", "third@example.com", "--username", "third")

    done = [
        desk.run(*command)
        for command in (
            ("check", "--connect"),
            ("create-admin", *root),
            ("users", "create", *other),
            ("users", "set-role", "other", "admin", "--yes"),
            ("users", "deactivate", "other", "--yes"),
            ("users", "delete", "other", "--yes"),
        )
    ]
    mailed = [
        desk.run("users", *command)
        for command in (("invite", *third), ("reset-password", "root"))
    ]
    shown = desk.run("users", "show", "root", "--json")
    lists = desk.run("users", "sessions", "root")
    moved = desk.run("users", "export", "--cognito-csv", "-")
    keys = desk.run("keys", "list")

    assert [0] * 8 == [each.returncode for each in done + mailed]
    assert not any("mailed" in each.stderr for each in done)
    assert all("mailed by the user pool to" in each.stderr for each in mailed)
    assert "admin" == json.loads(shown.stdout)["role"]
    assert 0 != lists.returncode
    assert "Cognito" in lists.stderr
    assert 78 == moved.returncode
    assert "AUTH_BACKEND=native" in moved.stderr
    assert 78 == keys.returncode
    assert "The user pool signs the tokens" in keys.stderr


def test_without_cognito_nothing_of_it_is_imported(tmp_path: Path) -> None:
    script = (
        "import json, sys\n"
        "from config.loading import load_settings\n"
        "from entrypoints.http import server\n"
        "server._application(server.container_of(load_settings()))\n"
        "print(json.dumps([name for name in sys.modules if 'cognito' in name"
        " or name.startswith(('boto', 'adapters.identity'))]))\n"
    )
    environment = {"PYTHONPATH": str(CHECKOUT), "DATA_DIR": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert [] == json.loads(said.stdout)
