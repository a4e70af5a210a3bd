"""The proxies' own checks of what we ship, and that they notice mistakes."""

import shutil
from pathlib import Path

import pytest

from tests.servers.service import CHECKOUT
from tools.deploy.proxies import check

TEMPLATES = CHECKOUT / "deploy"
MISTAKES = {
    "nginx/nginx.conf": ("client_body_timeout", "client_body_timeot"),
    "caddy/Caddyfile": ("lb_policy round_robin", "lb_policy round_robbin"),
    "traefik/scribes.yaml": ("healthCheck:", "healthChek:"),
    "traefik/traefik.yaml": ("respondingTimeouts:", "respondingTimeout:"),
}
"""In each file, something that is nearly right."""


def copy_of_them(into: Path) -> Path:
    for proxy in ("nginx", "caddy", "traefik"):
        shutil.copytree(TEMPLATES / proxy, into / proxy)
    return into


def test_each_proxy_finds_nothing_to_say_of_its_files() -> None:
    assert [] == check(TEMPLATES)


@pytest.mark.parametrize("file", MISTAKES)
def test_a_mistake_in_any_file_is_found(file: str, tmp_path: Path) -> None:
    right, wrong = MISTAKES[file]
    templates = copy_of_them(tmp_path)
    text = (templates / file).read_text("utf-8")
    (templates / file).write_text(text.replace(right, wrong, 1), "utf-8")

    (found,) = check(templates)

    assert found.startswith(f"{Path(file).parts[0]}: ")
    assert wrong.split()[-1].rstrip(":") in found


def test_what_is_valid_and_unsafe_is_found(tmp_path: Path) -> None:
    templates = copy_of_them(tmp_path)
    file = templates / "nginx" / "nginx.conf"
    text = file.read_text("utf-8")
    unsafe = text.replace("TLSv1.2 TLSv1.3", "TLSv1 TLSv1.2 TLSv1.3")
    file.write_text(unsafe, "utf-8")

    (found,) = check(templates)

    assert "nginx: weak_ssl_tls:" in found
