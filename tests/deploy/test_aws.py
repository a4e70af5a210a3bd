import json
import re
import zipfile
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

import pytest

from config.container import Container
from config.settings import Settings
from entrypoints.http.routes import routes
from tests.deploy.aws_account import AwsAccount, every_action, permits
from tests.deploy.here import Here, database_with_tls
from tests.deploy.installation import (
    BY_DEFAULT,
    JWT,
    SMTP,
    TEMPLATES,
    Installation,
    applied,
    rendered,
)
from tests.deploy.mistakes import spoil
from tests.deploy.templates import QUICK_OR_WHOLE, checked, copy_of
from tests.http.api import Api
from tests.http.post_office import post_office
from tests.servers.existing import ExistingServer
from tests.servers.postgres import PostgresServer
from tests.servers.service import Service, wait_for
from tests.servers.valkey import ValkeyServer, with_prefix
from tools.deploy import scanners, terraform

pytestmark = pytest.mark.timeout(900)  # Terraform takes its time where others do, too

Make: TypeAlias = Callable[[AwsAccount, Path], Installation]

KEYS_LOADED = "JWT keys loaded"
IN_FORCE = "Secret changed and in force"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
ELSE = "scribes/of-somebody-else"
INSIDE = {
    "/auth/verify",
    "/auth/verify-path/x",
    "/docs",
    "/health",
    "/livez",
    "/metrics",
    "/openapi.json",
    "/readyz",
}
BROKEN_RULES = [
    ("database.tf", "multi_az               = true", "", "The database has a standby"),
    (
        "database.tf",
        "publicly_accessible    = false",
        "publicly_accessible    = true",
        "The database is where no route leads out",
    ),
    (
        "roles.tf",
        "Resource = local.read_secrets",
        'Resource = ["*"]',
        "The tasks' role has no",
    ),
    ("balancer.tf", '"/auth/sessions/*"', '"/*"', "No rule passes"),
    (
        "service.tf",
        'APP_ENV         = "production"',
        'APP_ENV         = "production"\n JWT_SECRET_KEY = "x"',
        "The service reads its secrets itself",
    ),
    (
        "scaling.tf",
        "min = var.min_instances",
        "min = 1",
        "There are two tasks at least",
    ),
]
"""A file, what is right in it and what is wrong, and the rule that this breaks."""


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsAccount]:
    account = AwsAccount()
    account.run_functions(monkeypatch)
    account.start()
    yield account
    account.stop()


@pytest.fixture
def database() -> Iterator[PostgresServer]:
    server = database_with_tls().start()
    yield server
    server.stop()


@pytest.fixture
def here(
    account: AwsAccount,
    database: PostgresServer,
    redis_server: ValkeyServer | ExistingServer,
    tmp_path: Path,
) -> Iterator[Here]:
    with post_office(tmp_path) as office:
        yield Here(account, database, with_prefix(redis_server.url), office)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the templates, for mistakes."""
    return copy_of("aws", tmp_path)


@QUICK_OR_WHOLE
def test_the_templates_pass_every_check(*, quick: bool) -> None:
    with checked():
        assert [] == terraform.check(TEMPLATES, quick=quick)


def test_the_archive_holds_the_function_beside_it() -> None:
    with zipfile.ZipFile(TEMPLATES / "rotation.zip") as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}

    assert {"index.py": (TEMPLATES / "rotation" / "index.py").read_bytes()} == packed


def test_whoever_breaks_a_rule_is_told(copy: Path) -> None:
    for file, right, wrong, _ in BROKEN_RULES:
        spoil(copy, file, right, wrong)

    with checked():
        told = terraform.tfcheck(copy, "test", "rebuilt", BY_DEFAULT)

    for *_, rule in BROKEN_RULES:
        assert any(rule in line for line in told), (rule, told)


def test_what_is_not_formatted_is_told(copy: Path) -> None:
    spoil(copy, "cache.tf", "  count ", " count ")

    with checked():
        assert ["cache.tf: `terraform fmt` it"] == terraform.form(copy)


@pytest.mark.soak
def test_what_the_provider_does_not_know_is_told(copy: Path) -> None:
    spoil(copy, "database.tf", "multi_az ", "multi_as ")

    with checked():
        told = terraform.meaning(copy)

    assert 2 == len([line for line in told if "multi_as" in line]), told


@pytest.mark.soak
def test_what_is_unsafe_or_excepted_without_a_reason_is_told(copy: Path) -> None:
    spoil(copy, "keys.tf", "enable_key_rotation     = true", "")
    spoil(
        copy, "database.tf", "AWS-0176 the service logs in by the password", "AWS-0176"
    )
    spoil(copy, "balancer.tf", "drop_invalid_header_fields = true", "")

    with checked():
        told = scanners.findings(copy)

    for finding in ("CKV_AWS_7 ", "CKV_AWS_131 ", "AWS-0052 ", "AWS-0065 "):
        assert any(finding in line for line in told), (finding, told)


@pytest.mark.parametrize(
    "make", [rendered, pytest.param(applied, marks=pytest.mark.soak)]
)
def test_the_service_runs_by_its_task_definition_and_may_do_what_it_does_and_no_more(
    make: Make, here: Here, tmp_path: Path
) -> None:
    with checked():
        made = make(here.account, tmp_path)
    here.let_in(made)
    here.account.put(SMTP, here.office.server.password)
    migration = Service(tmp_path, **here.settings(made, "migrate"))
    service = Service(tmp_path, **here.settings(made, "service"))

    assert {} == made.injected("service")
    assert here.secret(JWT) not in json.dumps(dict(made.values))  # as the state is kept

    here.account.calls.clear()
    migrated = migration.run(*made.container("migrate")["command"][1:])
    assert 0 == migrated.returncode, migrated.stdout + migrated.stderr
    with service, service.client() as client:
        person = Api(client).newcomer()
        tokens = Api(client).session(person)
        assert here.office.mailed_token(person.email, "confirm")

        assert_users_reach_what_is_theirs(made, tmp_path)
        assert_rights_are_what_is_used(made, here.account, 4)

        rotate_key(here.account)
        wait_for(lambda: 2 == service.output.count(KEYS_LOADED), "the new key")
        here.rotate_master(made)
        wait_for(lambda: IN_FORCE in service.output, "the new password")
        assert Api(client).me(tokens["access_token"]).is_success
        assert Api(client).session(person)


@pytest.mark.soak
def test_injected_secrets_are_good_until_the_next_start_and_the_role_has_less(
    here: Here, tmp_path: Path
) -> None:
    with checked():
        made = rendered(here.account, tmp_path, "-var=inject_secrets=true")
    here.let_in(made)
    here.account.put(SMTP, here.office.server.password)
    settings = here.settings(made, "service")
    assert ["JWT_SECRET_KEY", "SMTP_PASSWORD"] == [*made.injected("service")]

    here.account.calls.clear()
    with Service(tmp_path, **settings, AUTO_MIGRATE="true") as service:
        with service.client() as client:
            person = Api(client).newcomer()
            assert Api(client).session(person)
            assert here.office.mailed_token(person.email, "confirm")
            assert_rights_are_what_is_used(made, here.account, 1)

            rotate_key(here.account)
            here.rotate_master(made)
            wait_for(lambda: IN_FORCE in service.output, "the new password")
        assert 1 == service.output.count(KEYS_LOADED)


def assert_users_reach_what_is_theirs(made: Installation, directory: Path) -> None:
    """Hold the balancer's paths against the routes that the service has."""
    settings = Settings(data_dir=directory, jwt_secret_key="x" * 32)
    every = {
        re.sub(r"{.*}", "x", path) for path in routes(Container(settings=settings))
    }
    inside = {path for path in every if path in INSIDE or path.startswith("/admin/")}

    passed = {
        path
        for path in every
        if any(fnmatchcase(path, pattern) for pattern in made.passed_paths())
    }

    assert len(INSIDE) < len(inside)
    assert every - inside == passed


def assert_rights_are_what_is_used(
    made: Installation, account: AwsAccount, count: int
) -> None:
    """Compare what the role permits, of all that there is, with what was asked for."""
    policy = made.policy("task")
    account.put(ELSE, "x")
    names = (JWT, SMTP, ELSE)
    known = [*map(account.arn, names), made.master_secret]

    permitted = {
        (action, arn)
        for action in every_action("secretsmanager")
        for arn in (*known, "*")
        if permits(policy, action, arn)
    }

    assert account.calls == permitted
    assert count == len(permitted)
    (key,) = (it["arn"] for it in made.of_kind("aws_kms_key"))
    by_secrets, by_storage = (
        {"kms_ViaService": f"{service}.{account.region}.amazonaws.com"}
        for service in ("secretsmanager", "s3")
    )
    actions = every_action("kms")
    assert ["kms:Decrypt"] == [
        action for action in actions if permits(policy, action, key, **by_secrets)
    ]
    assert not permits(policy, "kms:Decrypt", key, **by_storage)
    assert not permits(policy, "kms:Decrypt", f"{key}x", **by_secrets)


def rotate_key(account: AwsAccount) -> None:
    """Let the function in the archive take the steps that Secrets Manager asks it for."""
    archive = (TEMPLATES / "rotation.zip").read_bytes()
    version = str(uuid4())
    for step in STEPS:
        event = {"Step": step, "SecretId": JWT, "ClientRequestToken": version}
        account.run(archive, event)
