"""How each call is asked over HTTP, and what of the answer the model judges."""

from typing import Any

import httpx

from tests.history.operations import BEARS_ACCESS, SETS_PASSWORD, Answer, Kind
from tests.history.recording import Attempt
from tests.history.tokens import Token
from tests.http.api import bearer

PATHS = {
    Kind.REGISTER: "register",
    Kind.LOG_IN: "login",
    Kind.REFRESH: "refresh",
    Kind.CHANGE_PASSWORD: "change-password",
    Kind.REQUEST_RESET: "password-reset/request",
    Kind.RESET: "password-reset/confirm",
    Kind.RESEND: "resend-verification",
    Kind.VERIFY_EMAIL: "verify-email",
    Kind.LOG_OUT: "logout",
    Kind.LOG_OUT_EVERYWHERE: "logout-all",
    Kind.ME: "me",
    Kind.VERIFY: "verify",
}

MISMATCH = "the two tokens are not of one session"


def request(http: httpx.AsyncClient, attempt: Attempt, username: str) -> httpx.Request:
    """Return the request; its label is what the events tell whose it was by."""
    kind, token = attempt.kind, attempt.token
    bears_access = kind in BEARS_ACCESS and token and token.generation is None
    headers = bearer(token.text if token and bears_access else None)
    headers["User-Agent"] = attempt.name
    path = f"/auth/{PATHS[kind]}"
    if kind in {Kind.ME, Kind.VERIFY}:
        return http.build_request("GET", path, headers=headers)
    body = _body(attempt, username)
    return http.build_request("POST", path, headers=headers, json=body)


def _body(attempt: Attempt, username: str) -> dict[str, str]:
    kind, token = attempt.kind, attempt.token
    body: dict[str, str] = {}
    if kind in {Kind.REGISTER, Kind.LOG_IN, Kind.REQUEST_RESET, Kind.RESEND}:
        body["email"] = attempt.account
    if kind in {Kind.REGISTER, Kind.LOG_IN}:
        body["password"] = attempt.password
    if kind is Kind.REGISTER:
        body["username"] = username
    if kind is Kind.CHANGE_PASSWORD:
        body["current_password"] = attempt.password
    if kind in SETS_PASSWORD:
        body["new_password"] = attempt.new_password
    if attempt.mail:
        body["token"] = attempt.mail
    if token and token.generation is not None:
        body["refresh_token"] = token.text
    return body


def answer_of(kind: Kind, response: httpx.Response) -> Answer:
    """Return what an answer says that says whether it was done."""
    if response.is_error:
        return Answer(code=response.json()["code"])
    if kind is Kind.VERIFY:
        headers = response.headers
        user, email = int(headers["X-Auth-User-Id"]), headers["X-Auth-Email"]
        return Answer(user=user, verified=bool(email))
    return _said(kind, response)


def _said(kind: Kind, response: httpx.Response) -> Answer:
    said: dict[str, Any] = response.json()
    if kind in {Kind.REGISTER, Kind.ME}:
        return Answer(user=said["id"], verified=said["is_verified"])
    if kind is Kind.LOG_OUT_EVERYWHERE:
        return Answer(ended=int(said["message"].split()[-2]))
    if "refresh_token" not in said:
        return Answer()
    access, fresh = tokens_of(response)
    if (access.session, access.user) != (fresh.session, fresh.user):
        return Answer(code=MISMATCH)
    user = said["user"]["id"] if kind is Kind.LOG_IN else None
    return Answer(
        session=fresh.session,
        generation=fresh.generation,
        edition=fresh.edition,
        user=user,
    )


def tokens_of(response: httpx.Response) -> tuple[Token, Token]:
    """Return the access token and the refresh token of an answer."""
    said = response.json()
    return Token.of(said["access_token"]), Token.of(said["refresh_token"])
