"""``deploy/nginx``, ``deploy/caddy`` and ``deploy/traefik``, read by the proxies themselves."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tests.deploy.front import NAME
from tests.deploy.proxies import ShippedCaddy, ShippedProxy, ShippedTraefik
from tests.servers.certificates import LocalAuthority
from tests.servers.nginx import Nginx
from tests.servers.processes import ServerStartError, free_port
from tools.deploy import CheckNotMade, caddy
from tools.deploy.environments import environment

EXCEPTED = {"hsts_header": "the service sends it, with whatever else it answers"}
"""Rules of gixy that we break on purpose, and why."""

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def check(templates: Path) -> list[str]:
    """Return what is wrong with the proxies' folders in a folder; raises CheckNotMade."""
    authority = LocalAuthority()
    return [
        *_nginx(templates / "nginx" / "nginx.conf", authority),
        *_gixy(templates / "nginx" / "nginx.conf"),
        *_caddy(ShippedCaddy(authority, nowhere(), templates)),
        *_traefik(_UntilRead(authority, nowhere(), templates)),
    ]


def nowhere() -> tuple[int, int]:
    """Return two ports at which nobody listens."""
    return free_port(), free_port()


def _nginx(shipped: Path, authority: LocalAuthority) -> Iterator[str]:
    try:
        nginx = Nginx(*authority.server_files(NAME), {}, shipped)
    except ServerStartError as error:
        raise CheckNotMade(f"nginx: {error}") from error
    try:
        said = nginx.check()
    except ServerStartError as error:
        said = str(error)
        if "[" not in said:  # not nginx's own words
            yield f"nginx: {said}"
    finally:
        nginx.stop()
    for line in said.splitlines():
        if "[emerg]" in line or "[warn]" in line:
            yield f"nginx: {line.replace(str(nginx.directory), '')}"


def _gixy(shipped: Path) -> Iterator[str]:
    python = str(environment(caddy.REQUIREMENTS) / "python")
    skipped = ("--skips", ",".join(EXCEPTED), "--format", "json")
    said = _run(python, "-m", "gixy", *skipped, str(shipped))
    try:
        found = json.loads(said.stdout)
    except ValueError as error:
        raise CheckNotMade(f"gixy: {said.stdout}{said.stderr}") from error
    for each in found:
        yield f"nginx: {each['plugin']}: {each['summary']}"


def _caddy(proxy: ShippedCaddy) -> Iterator[str]:
    try:
        proxy.write()
        command = [str(caddy.program()), "validate", "--config", "Caddyfile"]
        said = _run(*command, proxy=proxy)
    except ValueError as error:
        yield f"caddy: {error}"
        return
    finally:
        proxy.stop()
    if said.returncode != 0:
        yield f"caddy: {said.stderr.strip().splitlines()[-1]}"


class _UntilRead(ShippedTraefik):
    """Is ready as soon as it has said what it thinks of its files."""

    def is_ready(self) -> bool:
        return bool(errors_in(self.log)) or super().is_ready()


def errors_in(log: str) -> list[str]:
    """Return the lines in Traefik's log that tell of an error."""
    lines = COLOURS.sub("", log).splitlines()
    return [line.partition(" ERR ")[2] for line in lines if " ERR " in line]


def _traefik(proxy: ShippedTraefik) -> Iterator[str]:
    try:
        # A mistake that it can't start with is in the log, like the others.
        with suppress(ServerStartError):
            proxy.start()
        found = errors_in(proxy.log)
        if proxy.process.poll() is not None:
            found = found or [COLOURS.sub("", proxy.log).strip()]
    except ValueError as error:
        found = [str(error)]
    finally:
        proxy.stop()
    for line in found:
        yield f"traefik: {line}"


def _run(
    *command: str, proxy: ShippedProxy | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=proxy.directory if proxy else None,
        env=proxy.environment() if proxy else None,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
