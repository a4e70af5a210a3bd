import base64
import hashlib
import re
from collections.abc import Callable
from html import unescape

import httpx
import pytest

from tests.http.api import OTHER_PASSWORD, Api
from tests.servers.service import Service

HOSTILE = "\"><script>alert(1)</script>&'<img src=x onerror=alert(1)>"
HIDDEN = re.compile(r'<input type="hidden" name="token" value="([^"]*)">')
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def hidden_token(page: httpx.Response) -> str:
    found = HIDDEN.search(page.text)
    assert found
    return unescape(found[1])


@pytest.fixture
def mailed(service: Service, api: Api) -> Callable[[str], str]:
    """Make somebody new, and return the token of a mail to them."""

    def token(subject: str) -> str:
        person = api.newcomer()
        api.post("/auth/password-reset/request", {"email": person.email})
        return service.mailed_token(person.email, subject)

    return token


def test_the_mailed_links_lead_to_the_pages(service: Service, api: Api) -> None:
    person = api.newcomer()
    api.post("/auth/password-reset/request", {"email": person.email})
    for subject, path in (("confirm", "verify-email"), ("reset", "reset-password")):
        token = service.mailed_token(person.email, subject)
        link = f"http://localhost:{service.port}/{path}?token={token}"
        (mail,) = [m for m in service.mails(person.email) if token in m.as_string()]
        parts = [mail.get_body((kind,)) for kind in ("plain", "html")]

        assert all(part and link in part.get_content() for part in parts)
        page = api.client.get(link.replace("localhost", "127.0.0.1"))
        assert 200 == page.status_code
        assert token == hidden_token(page)


def test_opening_the_link_verifies_nothing(
    api: Api, mailed: Callable[[str], str]
) -> None:
    token = mailed("confirm")

    opened = [
        api.client.get("/verify-email", params={"token": token}) for _ in range(2)
    ]

    assert [200, 200] == [page.status_code for page in opened]
    assert 200 == api.post("/auth/verify-email", {"token": token}).status_code


def test_the_button_verifies_once(api: Api, mailed: Callable[[str], str]) -> None:
    token = mailed("confirm")

    first, second = (
        api.client.post("/verify-email", data={"token": token}) for _ in range(2)
    )

    assert 200 == first.status_code
    assert "is verified" in first.text
    assert 400 == second.status_code
    assert "Invalid or expired token" in second.text
    assert "text/html" in second.headers["Content-Type"]


def test_opening_the_link_resets_nothing(
    api: Api, mailed: Callable[[str], str]
) -> None:
    token = mailed("reset")

    for _ in range(2):
        api.client.get("/reset-password", params={"token": token})

    body = {"token": token, "new_password": OTHER_PASSWORD}
    assert 200 == api.post("/auth/password-reset/confirm", body).status_code


def test_the_form_resets_the_password_once(service: Service, api: Api) -> None:
    person = api.newcomer()
    api.post("/auth/password-reset/request", {"email": person.email})
    token = service.mailed_token(person.email, "reset")
    form = {"token": token, "new_password": OTHER_PASSWORD}

    first, second = (api.client.post("/reset-password", data=form) for _ in range(2))

    assert [200, 400] == [first.status_code, second.status_code]
    assert 401 == api.log_in(person).status_code
    assert 200 == api.log_in(person, OTHER_PASSWORD).status_code


def test_a_weak_password_may_be_mended_on_the_page(
    api: Api, mailed: Callable[[str], str]
) -> None:
    token = mailed("reset")

    page = api.client.post(
        "/reset-password", data={"token": token, "new_password": "weakling"}
    )

    assert 422 == page.status_code
    for rule in ("uppercase", "number", "special"):
        assert rule in page.text
    assert "weakling" not in page.text
    form = {"token": hidden_token(page), "new_password": OTHER_PASSWORD}
    assert 200 == api.client.post("/reset-password", data=form).status_code


@pytest.mark.parametrize("path", ["/verify-email", "/reset-password"])
def test_a_token_is_text_whatever_it_says(api: Api, path: str) -> None:
    opened = api.client.get(path, params={"token": HOSTILE})
    sent = api.client.post(path, data={"token": HOSTILE, "new_password": "x"})

    assert HOSTILE == hidden_token(opened)
    for page in (opened, sent):
        assert "<script" not in page.text
        assert "<img" not in page.text


@pytest.mark.parametrize("path", ["/verify-email", "/reset-password"])
def test_a_page_without_a_token_still_answers(api: Api, path: str) -> None:
    strong = {"new_password": OTHER_PASSWORD}

    assert 200 == api.client.get(path).status_code
    assert 400 == api.client.post(path, data=strong).status_code
    assert api.client.post(path, content=b"\xff\x00=&&&").status_code in {400, 422}
    assert 413 == api.client.post(path, content=b"x" * 70_000).status_code


def test_a_page_may_use_its_own_style_and_nothing_else(api: Api) -> None:
    for path in ("/verify-email", "/reset-password", "/docs"):
        page = api.client.get(path)

        style = STYLE.search(page.text)
        assert style
        digest = hashlib.sha256(style[1].encode()).digest()
        policy = page.headers["Content-Security-Policy"].split("; ")
        assert f"style-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
        assert "default-src 'none'" in policy
        assert "form-action 'self'" in policy
