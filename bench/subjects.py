"""Who is measured: our service, its peers, and the limit of the parts, as one kind of server."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlencode

import httpx
import jwt

from tests.servers.processes import ServerProcess
from tests.servers.service import CHECKOUT
from tools.deploy.environments import environment

PEERS = Path(__file__).with_name("peers")
SECRET = "x" * 64
CHEAP, AS_IN_PRODUCTION = 4, 12
"""Rounds of bcrypt where passwords are not what is measured, and where they are."""

PASSWORD = "SecurePass123!"  # noqa: S105 - nobody's


@dataclass(frozen=True, slots=True)
class Paths:
    """Where a subject has what is measured, if it has it, and what it calls the parts."""

    me: str
    register: str = ""
    log_in: str = ""
    refresh: str = ""
    refresh_again: str = ""
    """If a token that was spent just now is taken once more, as from who retries."""

    verify: str = ""
    nothing: str = ""
    """Answers without any work."""

    access: str = "access_token"
    renewing: str = "refresh_token"
    renewed: str = "refresh_token"
    has_username: bool = True
    by: str = "email"
    """What people log in with."""

    form: bool = False
    """Whether log-ins are forms, as OAuth 2.0 has them."""


class Subject(ServerProcess):
    """One server of one process, unless it is told otherwise; ``start_seconds`` is until ready."""

    paths: Paths
    token = ""
    """Where nobody can log in: what a bearer shows."""

    start_seconds = 0.0

    @property
    def title(self) -> str:
        """What it is called in the results."""
        return self.name

    def start(self) -> Self:
        began = time.perf_counter()
        super().start()
        self.start_seconds = time.perf_counter() - began
        return self

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}{self.paths.me}").status_code in {
                200,
                400,
                401,
            }
        except httpx.TransportError:
            return False

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def register(self, name: str) -> bytes:
        person = {"email": f"{name}@example.com", "password": PASSWORD}
        if self.paths.has_username:
            person["username"] = name
        return posted(self.paths.register, person)

    def log_in(self, name: str, password: str = PASSWORD) -> bytes:
        email = f"{name}@example.com"
        known = {"email": email, "username": email if self.paths.form else name}
        body = {self.paths.by: known[self.paths.by], "password": password}
        return posted(self.paths.log_in, body, form=self.paths.form)

    def refresh(self, token: str) -> bytes:
        return posted(self.paths.refresh, {self.paths.renewing: token})


class Ours(Subject):
    """The service, with its limits lifted."""

    name = "scribes-auth"
    paths = Paths(
        me="/auth/me",
        register="/auth/register",
        log_in="/auth/login",
        refresh="/auth/refresh",
        refresh_again="/auth/refresh",
        verify="/auth/verify",
        nothing="/livez",
    )

    def __init__(
        self,
        database_url: str,
        rounds: int = CHEAP,
        *,
        title: str = name,
        **settings: str,
    ) -> None:
        super().__init__()
        self._title = title
        self._settings = {
            "DATABASE_URL": database_url,
            "BCRYPT_ROUNDS": str(rounds),
            "JWT_SECRET_KEY": SECRET,
            "RATE_LIMIT_ENABLED": "false",
            "LOG_LEVEL": "WARNING",
            **settings,
        }

    @property
    def title(self) -> str:
        return self._title

    def command(self) -> Sequence[str | Path]:
        return [sys.executable, "-m", "entrypoints.cli", "serve"]

    def environment(self) -> Mapping[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(CHECKOUT),
            "HOST": self.host,
            "PORT": str(self.port),
            "DATA_DIR": str(self.directory),
            **self._settings,
        }

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz").is_success
        except httpx.TransportError:
            return False


class Peer(Subject):
    """Another project, in a virtual environment of its own."""

    requirements: str
    module: str

    def __init__(self, database_url: str, rounds: int = CHEAP) -> None:
        super().__init__()
        self._database_url = database_url
        self._rounds = rounds
        self.bin = environment(PEERS / self.requirements)

    def command(self) -> Sequence[str | Path]:
        where = ("--host", self.host, "--port", str(self.port))
        quiet = ("--no-access-log", "--log-level", "warning")
        return [self.bin / "python", "-m", "uvicorn", *where, *quiet, self.module]

    def environment(self) -> Mapping[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(CHECKOUT),
            "DATABASE_URL": self._database_url,
            "ROUNDS": str(self._rounds),
        }


class OnAsyncpg(Peer):
    """One that SQLAlchemy leads to its database, by asyncpg."""

    def __init__(self, database_url: str, rounds: int = CHEAP) -> None:
        url = database_url.replace("postgresql://", "postgresql+asyncpg://")
        super().__init__(url, rounds)


class FastApiUsers(OnAsyncpg):
    name = "fastapi-users"
    requirements = "requirements-fastapi-users.txt"
    module = "bench.peers.fastapi_users:app"
    paths = Paths(
        me="/users/me",
        register="/auth/register",
        log_in="/auth/jwt/login",
        by="username",
        form=True,
    )


class Regstack(OnAsyncpg):
    """Its passwords are hashed by Argon2, whatever cost is asked for."""

    name = "regstack"
    requirements = "requirements-regstack.txt"
    module = "bench.peers.regstack:app"
    paths = Paths(
        me="/api/auth/me",
        register="/api/auth/register",
        log_in="/api/auth/login",
        has_username=False,
    )

    def environment(self) -> Mapping[str, str]:
        return {
            **super().environment(),
            "REGSTACK_DATABASE_URL": self._database_url,
            "REGSTACK_JWT_SECRET": SECRET,
            "REGSTACK_API_PREFIX": "/api/auth",
            "REGSTACK_REQUIRE_VERIFICATION": "false",
            "REGSTACK_RATE_LIMIT_DISABLED": "true",
        }


class SimpleJwt(Peer):
    """Django REST framework: as many threads as others have connections to the database."""

    name = "simplejwt"
    requirements = "requirements-simplejwt.txt"
    module = "bench.peers.simplejwt:app"
    paths = Paths(
        me="/me",
        register="/register",
        log_in="/token",
        refresh="/token/refresh",
        by="username",
        access="access",
        renewing="refresh",
        renewed="refresh",
    )

    def migrate(self) -> None:
        """Make the tables."""
        command = [self.bin / "python", "-m", "bench.peers.simplejwt", "migrate"]
        subprocess.run(command, env=self.environment(), check=True)  # noqa: S603

    def command(self) -> Sequence[str | Path]:
        where = ("--bind", f"{self.host}:{self.port}")
        how = ("--worker-class", "gthread", "--threads", "10", "--keep-alive", "60")
        return [self.bin / "python", "-m", "gunicorn", *where, *how, self.module]


class Bare(Subject):
    """Falcon with an answer of the same size, and nothing behind it."""

    name = "bare Falcon"
    module = "bench.peers.bare:app"
    paths = Paths(me="/me", nothing="/me")

    def command(self) -> Sequence[str | Path]:
        where = ("--host", self.host, "--port", str(self.port))
        quiet = ("--no-access-log", "--log-level", "warning")
        return [sys.executable, "-m", "uvicorn", *where, *quiet, self.module]

    def environment(self) -> Mapping[str, str]:
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT)}


class Parts(Bare):
    """Falcon, one signature and one statement: what a who-am-I can't do without."""

    name = "the parts"
    module = "bench.peers.parts:app"
    paths = Paths(me="/me", verify="/me")
    token = jwt.encode({"sub": "1"}, SECRET, "HS256")

    def __init__(self, database_url: str) -> None:
        super().__init__()
        self._database_url = database_url

    def environment(self) -> Mapping[str, str]:
        return {**super().environment(), "DATABASE_URL": self._database_url}


def request(method: str, path: str, content: str = "", *headers: str) -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
    lines += [f"Content-Length: {len(content)}"] if content else []
    return ("\r\n".join(lines) + "\r\n\r\n" + content).encode()


def posted(path: str, body: Mapping[str, str], *, form: bool = False) -> bytes:
    """Return a request with a body of JSON, or a form."""
    kind = "x-www-form-urlencoded" if form else "json"
    content = urlencode(body) if form else json.dumps(body)
    return request("POST", path, content, f"Content-Type: application/{kind}")


def asked(path: str, token: str) -> bytes:
    """Return a request for something that a bearer of the token may see."""
    return request("GET", path, "", f"Authorization: Bearer {token}")
