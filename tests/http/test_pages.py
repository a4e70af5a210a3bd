import base64
import hashlib
import re
from collections.abc import Callable
from html import unescape

import httpx
import pytest

from core.passwords import SPECIAL
from tests.http.api import OTHER_PASSWORD, Api, Person
from tests.http.conftest import Serve
from tests.servers.databases import ON_MEMORY
from tests.servers.service import Service

pytestmark = ON_MEMORY  # what pages ask of the storage, the API asks as well

HOSTILE = "\"><script>alert(1)</script>&'<img src=x onerror=alert(1)>"
HIDDEN = re.compile(r'<input type="hidden" name="token" value="([^"]*)">')
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
PATHS = ("/verify-email", "/verify-email/reject", "/reset-password")


def hidden_token(page: httpx.Response) -> str:
    (token,) = {unescape(found) for found in HIDDEN.findall(page.text)}
    return token


def opened(api: Api, path: str, token: str) -> httpx.Response:
    return api.client.get(path, params={"token": token})


def pressed(api: Api, path: str, token: str, **fields: str) -> httpx.Response:
    return api.client.post(path, data={"token": token, **fields})


@pytest.fixture
def person(api: Api) -> Person:
    return api.newcomer()


@pytest.fixture
def mailed(service: Service, api: Api, person: Person) -> Callable[[str], str]:
    """Return the token of a mail to the person."""

    def token(subject: str) -> str:
        if subject == "reset":
            api.post("/auth/password-reset/request", {"email": person.email})
        return service.mailed_token(person.email, subject)

    return token


def test_the_mailed_links_lead_to_the_pages(service: Service, api: Api) -> None:
    person = api.newcomer()
    api.post("/auth/password-reset/request", {"email": person.email})
    for subject, path in (
        ("confirm", "verify-email"),
        ("confirm", "verify-email/reject"),
        ("reset", "reset-password"),
    ):
        token = service.mailed_token(person.email, subject)
        link = f"http://localhost:{service.port}/{path}?token={token}"
        (mail,) = [m for m in service.mails(person.email) if token in m.as_string()]
        parts = [mail.get_body((kind,)) for kind in ("plain", "html")]

        assert all(part and link in part.get_content() for part in parts)
        page = api.client.get(link.replace("localhost", "127.0.0.1"))
        assert 200 == page.status_code
        assert token == hidden_token(page)


def test_pages_and_mail_name_the_account(
    service: Service, api: Api, person: Person, mailed: Callable[[str], str]
) -> None:
    verify, reset = mailed("confirm"), mailed("reset")

    for path, token in zip(PATHS, (verify, verify, reset), strict=True):
        page = opened(api, path, token).text
        assert f"<dd>{person.email}</dd>" in page
        assert f"<dd>{person.username}</dd>" in page

    (mail,) = [m for m in service.mails(person.email) if verify in m.as_string()]
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part
        assert person.username in part.get_content()


def test_opening_a_link_changes_nothing(
    api: Api, person: Person, mailed: Callable[[str], str]
) -> None:
    verify, reset = mailed("confirm"), mailed("reset")
    access = api.session(person)["access_token"]

    for path, token in zip(PATHS, (verify, verify, reset), strict=True):
        for method in ("GET", "HEAD", "GET"):
            page = api.client.request(method, path, params={"token": token})
            assert 200 == page.status_code

    assert not api.me(access).json()["is_verified"]
    body = {"token": reset, "new_password": OTHER_PASSWORD}
    assert 200 == api.post("/auth/password-reset/confirm", body).status_code


def test_a_link_followed_twice_says_that_the_address_is_verified(
    api: Api, mailed: Callable[[str], str]
) -> None:
    token = mailed("confirm")

    answers = [
        pressed(api, "/verify-email", token),
        pressed(api, "/verify-email", token),
        opened(api, "/verify-email", token),
    ]

    for answer in answers:
        assert 200 == answer.status_code
        assert "Your email address is verified" in answer.text
        assert "Sorry" not in answer.text
    again = api.post("/auth/verify-email", {"token": token})
    assert (400, "email_already_verified") == (again.status_code, again.json()["code"])


@pytest.mark.parametrize("by_page", [True, False])
def test_this_was_not_me_removes_the_account_at_once(
    api: Api, person: Person, mailed: Callable[[str], str], *, by_page: bool
) -> None:
    token, tokens = mailed("confirm"), api.session(person)

    if by_page:
        assert "removed" in pressed(api, "/verify-email/reject", token).text
    else:
        done = api.post("/auth/verify-email/reject", {"token": token})
        assert (200, {"message": "Account removed"}) == (done.status_code, done.json())

    assert "session_ended" == api.me(tokens["access_token"]).json()["code"]
    body = {"refresh_token": tokens["refresh_token"]}
    assert 401 == api.post("/auth/refresh", body).status_code
    assert 401 == api.log_in(person).status_code
    for path in ("/verify-email", "/verify-email/reject"):
        assert 400 == opened(api, path, token).status_code
        assert 400 == pressed(api, path, token).status_code
    again = api.register(person)
    assert 201 == again.status_code
    assert tokens["user"]["id"] < again.json()["id"]


def test_a_verified_account_stays_whatever_its_old_mail_says(
    api: Api, person: Person, mailed: Callable[[str], str]
) -> None:
    token = mailed("confirm")
    api.post("/auth/verify-email", {"token": token})

    for page in (
        opened(api, "/verify-email/reject", token),
        pressed(api, "/verify-email/reject", token),
    ):
        assert 400 == page.status_code
        assert "the account stays" in page.text
    refused = api.post("/auth/verify-email/reject", {"token": token})
    assert (400, "email_already_verified") == (
        refused.status_code,
        refused.json()["code"],
    )
    assert 200 == api.log_in(person).status_code


def test_a_reset_mail_removes_nobody(
    api: Api, person: Person, mailed: Callable[[str], str]
) -> None:
    reset = mailed("reset")

    assert 400 == pressed(api, "/verify-email/reject", reset).status_code
    assert 400 == opened(api, "/verify-email/reject", reset).status_code
    assert 200 == api.log_in(person).status_code


def test_the_form_resets_the_password_once(service: Service, api: Api) -> None:
    person = api.newcomer()
    api.post("/auth/password-reset/request", {"email": person.email})
    token = service.mailed_token(person.email, "reset")
    form = {"token": token, "new_password": OTHER_PASSWORD}

    first, second = (api.client.post("/reset-password", data=form) for _ in range(2))

    assert [200, 400] == [first.status_code, second.status_code]
    assert 401 == api.log_in(person).status_code
    assert 200 == api.log_in(person, OTHER_PASSWORD).status_code


def test_a_dead_link_is_told_before_a_password_is_asked_for(
    service: Service, api: Api, person: Person, mailed: Callable[[str], str]
) -> None:
    void = mailed("reset")
    api.post("/auth/password-reset/request", {"email": person.email})
    spent = service.mailed_token(person.email, "reset", but=[void])
    pressed(api, "/reset-password", spent, new_password=OTHER_PASSWORD)

    for token in (void, spent, mailed("confirm"), "x", ""):
        for page in (
            opened(api, "/reset-password", token),
            pressed(api, "/reset-password", token, new_password="weakling"),
        ):
            assert 400 == page.status_code
            assert "text/html" in page.headers["Content-Type"]
            assert "ask for a new one" in page.text
            assert "<input" not in page.text


def test_the_reset_page_lists_every_rule_and_helps_to_fill_it_in(
    api: Api, person: Person, mailed: Callable[[str], str]
) -> None:
    page = opened(api, "/reset-password", mailed("reset")).text

    shown = unescape(page)
    for rule in ("8 characters", "uppercase", "lowercase", "number", SPECIAL):
        assert rule in shown
    assert '<html lang="en">' in page
    assert '<label for="new_password">' in page
    (field,) = re.findall(r'<input id="new_password"[^>]*>', page)
    for attribute in ("autofocus", 'autocomplete="new-password"', "required"):
        assert attribute in field
    (name,) = re.findall(r'<input type="text"[^>]*>', page)
    assert f'value="{person.email}"' in name
    assert 'autocomplete="username"' in name


def test_a_weak_password_may_be_mended_on_the_page(
    api: Api, mailed: Callable[[str], str]
) -> None:
    token = mailed("reset")

    page = pressed(api, "/reset-password", token, new_password="weakling")

    assert 422 == page.status_code
    for rule in ("uppercase", "number", "special"):
        assert page.text.count(rule) >= 2
    assert "weakling" not in page.text
    form = {"token": hidden_token(page), "new_password": OTHER_PASSWORD}
    assert 200 == api.client.post("/reset-password", data=form).status_code


@pytest.mark.parametrize("path", PATHS)
def test_a_token_is_text_whatever_it_says(api: Api, path: str) -> None:
    for page in (
        opened(api, path, HOSTILE),
        pressed(api, path, HOSTILE, new_password="x"),
    ):
        assert 400 == page.status_code
        assert "<script" not in page.text
        assert "<img" not in page.text


@pytest.mark.parametrize("path", PATHS)
def test_a_page_without_a_token_still_answers(api: Api, path: str) -> None:
    strong = {"new_password": OTHER_PASSWORD}

    assert 400 == api.client.get(path).status_code
    assert 400 == api.client.post(path, data=strong).status_code
    assert 400 == api.client.post(path, content=b"\xff\x00=&&&").status_code
    assert 413 == api.client.post(path, content=b"x" * 70_000).status_code


@pytest.mark.parametrize("home", [None, "https://app.example.com/start?a=1&b=2"])
def test_every_page_names_the_service_and_the_way_on(
    serve: Serve, home: str | None
) -> None:
    more = {"APP_URL": home} if home else {}
    service = serve(SMTP_FROM_NAME="Tom & <b>Jerry</b>", **more)
    with service.client() as client:
        api = Api(client)
        person = api.newcomer()
        api.post("/auth/password-reset/request", {"email": person.email})
        verify = service.mailed_token(person.email, "confirm")
        reset = service.mailed_token(person.email, "reset")
        pages = [
            opened(api, "/verify-email", verify),
            opened(api, "/verify-email/reject", verify),
            opened(api, "/reset-password", reset),
            opened(api, "/reset-password", "x"),
            pressed(api, "/reset-password", reset, new_password="weak"),
            pressed(api, "/verify-email", verify),
        ]

    for page in pages:
        assert page.text.count("Tom &amp; &lt;b&gt;Jerry&lt;/b&gt;") >= 2
        links = [
            unescape(it) for it in re.findall(r'way-on"><a href="(.*?)"', page.text)
        ]
        assert links == ([home] if home else [])


def test_a_page_may_use_its_own_style_and_nothing_else(
    api: Api, mailed: Callable[[str], str]
) -> None:
    verify, reset = mailed("confirm"), mailed("reset")
    tokens = dict(zip(PATHS, (verify, verify, reset), strict=True))
    for path in (*PATHS, "/docs"):
        page = api.client.get(path, params={"token": tokens.get(path, "")})

        assert 200 == page.status_code
        style = STYLE.search(page.text)
        assert style
        digest = hashlib.sha256(style[1].encode()).digest()
        policy = page.headers["Content-Security-Policy"].split("; ")
        assert f"style-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
        assert "default-src 'none'" in policy
        assert "form-action 'self'" in policy
        assert "style=" not in page.text
        assert "<script" not in page.text
