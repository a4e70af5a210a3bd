import shutil
from pathlib import Path

import pytest

from tests.deploy.dockerfile import DOCKER
from tests.deploy.mistakes import spoil
from tools.deploy import docker

DOCKERFILE = "Dockerfile"
COMPOSE = "compose.yaml"
CARELESS = [
    (DOCKERFILE, "COPY . .", "ADD . .", "DL3020"),
    (DOCKERFILE, "WORKDIR /build", "WORKDIR build", "DL3000"),
    (DOCKERFILE, "USER 1000:1000", "USER root", "DS-0002"),
    (DOCKERFILE, "EXPOSE 8000", "EXPOSE 80000", "DL3011"),
    (COMPOSE, "redis:8", "redis:latest", "redis is whatever image"),
    (COMPOSE, '"127.0.0.1:${PORT', '"${PORT', "app is published beyond"),
    (COMPOSE, "{ create_host_path: false }", "{}", "app makes a folder where app"),
    (COMPOSE, "  cap_drop: [ALL]\n", "", "app keeps capabilities"),
    (COMPOSE, '["no-new-privileges:true"]', "[]", "app may gain privileges"),
    (COMPOSE, "healthcheck: # makes", "x-healthcheck: # makes", "mongo has no health"),
]
UNREADABLE = [
    (DOCKERFILE, "EXPOSE 8000", "EXPOSED 8000", "DL1000"),
    (COMPOSE, "stop_grace_period: 30s", "stop_grace: 30s", "stop_grace"),
]
IMPOSSIBLE = [
    ("interval: 10s", "interval: 10 seconds", "10 seconds"),
    ("condition: service_healthy", "condition: healthy", "condition"),
    ("redis: { cond", "valkey: { cond", "undefined service"),
    ("secrets: [redis.conf]", "secrets: [redis]", "undefined secret"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("secrets")
    return Path(shutil.copytree(DOCKER, tmp_path / "docker", ignore=ignored))


def test_nothing_is_wrong_with_the_image_and_the_compose_files() -> None:
    assert [] == docker.check(DOCKER)


@pytest.mark.parametrize("mistakes", [CARELESS, UNREADABLE])
def test_mistakes_are_found(copy: Path, mistakes: list[tuple[str, ...]]) -> None:
    for file, right, wrong, _ in mistakes:
        spoil(copy, file, right, wrong)

    found = docker.check(copy)

    for file, *_, told in mistakes:
        assert [it for it in found if it.startswith(file) and told in it], found


@pytest.mark.parametrize(("right", "wrong", "told"), IMPOSSIBLE)
def test_what_compose_would_not_run_is_found(
    copy: Path, right: str, wrong: str, told: str
) -> None:
    spoil(copy, COMPOSE, right, wrong)

    (found,) = docker.compose(copy / COMPOSE)

    assert told in found
