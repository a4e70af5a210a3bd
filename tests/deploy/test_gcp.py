"""The templates for Google Cloud, and the service as they start it."""

import json
import secrets
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.managed import DATABASE_PASSWORD, Managed, managed, serves_a_log_in
from tests.deploy.mistakes import spoil
from tests.deploy.paths import INSIDE, every_route
from tests.deploy.templates import (
    DEPLOY,
    Applied,
    applied,
    checked,
    copy_of,
    is_passed,
    told,
)
from tests.http.spellings import instance
from tests.servers import LOOPBACK
from tests.servers.certificates import LocalAuthority
from tests.servers.gcp_secret_manager import GcpServer
from tests.servers.service import Service
from tools.deploy import scanners, terraform

pytestmark = pytest.mark.timeout(900)  # the tools are fetched the first time

GUIDE = (
    "gcloud secrets create jwt-secret --data-file=jwt_secret.txt",
    "gcloud secrets create smtp-password --data-file=smtp_pass.txt",
)
"""How the guide puts secrets."""

AUTH_STRING = "0b6cbf6d-64a5-4d21-a9b7-6fd2a9a3a0c3"
UNKNOWN_NAME = "elsewhere.example.com"
"""Google's certificates do not name the address that is connected to."""

BROKEN_PROMISES = [
    # file, what is right, what is wrong, and the run that tells
    ("database.tf", '"REGIONAL"', '"ZONAL"', "the_database_is_private_doubled"),
    ("cache.tf", '"STANDARD_HA"', '"BASIC"', "the_cache_is_private_doubled"),
    (
        "service.tf",
        "cpu_idle          = false",
        "cpu_idle = true",
        "two_instances_run_at_least",
    ),
    (
        "service.tf",
        "default_uri_disabled = true",
        "default_uri_disabled = false",
        "there_is_one_way_in",
    ),
    ("identity.tf", ".viewer", ".admin", "secrets_are_named_and_never_told"),
    ("locals.tf", "${var.secrets_prefix}${name}", "${name}", "secrets_of_others"),
    ("migration.tf", '["migrate"]', '["serve"]', "migrations_run_with_each_image"),
    ("variables.tf", "_instances >= 2", "_instances >= 1", "one_instance_is_refused"),
]


@pytest.fixture(scope="module")
def servers(authority: LocalAuthority) -> Iterator[Managed]:
    with managed(authority, UNKNOWN_NAME, cache_password=AUTH_STRING) as running:
        yield running


@pytest.fixture(scope="module")
def installed(
    servers: Managed,
    authority: LocalAuthority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Applied:
    certificate = json.dumps(authority.pem.decode())
    doubles = f"""
      override_resource {{
        target = google_sql_database_instance.main
        values = {{
          private_ip_address = "{LOOPBACK}"
          server_ca_cert     = [{{ cert = {certificate} }}]
        }}
      }}
      override_resource {{
        target = google_redis_instance.main
        values = {{
          host            = "{LOOPBACK}"
          port            = {servers.cache_port}
          auth_string     = "{AUTH_STRING}"
          server_ca_certs = [{{ cert = {certificate} }}]
        }}
      }}
      override_resource {{
        target = random_password.database
        values = {{ result = "{DATABASE_PASSWORD}" }}
      }}
      override_resource {{
        target = google_compute_global_address.front
        values = {{ address = "203.0.113.10" }}
      }}
    """
    with checked():
        return applied("gcp", tmp_path_factory.mktemp("templates"), doubles)


@pytest.fixture
def vault(installed: Applied, servers: Managed, tmp_path: Path) -> Iterator[GcpServer]:
    """Yield Secret Manager with what Terraform puts there, but for where things are here."""
    server = GcpServer()
    server.project = "scribes-example"
    for version in installed.indexed("google_secret_manager_secret_version"):
        value = version["values"]["secret_data"]
        value = value.replace(":5432/", f":{servers.database_port}/")
        value = value.replace("/etc/scribes-auth/", f"{tmp_path}/")
        server.put(version["index"], value)
        if version["index"] == "server-authorities":
            (tmp_path / "authorities.pem").write_text(value)
    yield server.start()
    server.stop()


@pytest.fixture
def service(installed: Applied, vault: GcpServer, tmp_path: Path) -> Iterator[Service]:
    """Yield the service with its container's settings."""
    (resource,) = installed.all("google_cloud_run_v2_service")
    settings = told(resource["template"][0]["containers"][0])
    here = {
        "HOST": LOOPBACK,
        "SECRETS_URL": f"{settings['SECRETS_URL']}?endpoint={LOOPBACK}:{vault.port}",
        "BCRYPT_ROUNDS": "10",
        "RATE_LIMIT_ENABLED": "true",
    }
    service = Service(tmp_path, **settings | here)
    yield service
    service.kill()


def test_the_service_serves_with_its_containers_settings_and_secrets_put_as_in_the_guide(
    installed: Applied, vault: GcpServer, service: Service
) -> None:
    without = service.run("check")
    for line in GUIDE:
        *create, name, _ = shlex.split(line)
        assert ["gcloud", "secrets", "create"] == create
        vault.put(name, secrets.token_hex(32))

    (job,) = installed.all("google_cloud_run_v2_job")
    (migration,) = job["template"][0]["template"][0]["containers"]
    assert told(migration) == installed.outputs["environment"]
    serves_a_log_in(service, *migration["args"])
    with service.client() as client:
        assert 404 == client.get("/metrics").status_code
    assert 78 == without.returncode
    assert "'jwt-secret'" in without.stderr
    assert "'smtp-password'" in without.stderr


def test_the_page_puts_secrets_as_the_guide_does() -> None:
    page = (DEPLOY / "gcp" / "README.md").read_text("utf-8")

    assert all(line in page for line in GUIDE)


def test_the_balancer_passes_on_what_is_for_users_and_nothing_else(
    installed: Applied, tmp_path: Path
) -> None:
    routes = every_route(tmp_path)
    (rules,) = (
        it["path_matcher"][0]["path_rule"]
        for it in installed.all("google_compute_url_map")
        if it["path_matcher"]
    )
    patterns = [path for rule in rules for path in rule["paths"]]

    passed = {one for one in routes if is_passed(instance(one), patterns)}

    administration = {one for one in routes if one.startswith("/admin/")}
    assert routes - INSIDE - administration == passed
    assert all(any(is_passed(instance(one), [it]) for one in routes) for it in patterns)


def test_the_templates_are_in_order() -> None:
    with checked():
        assert [] == terraform.check(DEPLOY / "gcp")


@pytest.mark.soak
def test_what_terraform_cannot_read_or_would_write_otherwise_is_noticed(
    tmp_path: Path,
) -> None:
    templates = copy_of("gcp", tmp_path)

    spoil(templates, "cache.tf", "tier       ", "tier")
    with checked():
        untidy = terraform.form(templates)
    spoil(templates, "cache.tf", "{", "[")
    with checked():
        unreadable = terraform.form(templates)

    assert ["cache.tf: `terraform fmt` it"] == untidy
    assert any("cache.tf" in line for line in unreadable)


@pytest.mark.soak
def test_what_google_does_not_have_is_noticed(tmp_path: Path) -> None:
    templates = copy_of("gcp", tmp_path)
    spoil(templates, "database.tf", "availability_type", "availabilty_type")
    spoil(templates, "cache.tf", "memory_size_gb", "# memory_size_gb")
    spoil(templates, "front.tf", "access = true", "access = [1]")
    spoil(templates, "versions.tf", "< 9.0", "< 8.1")

    with checked():
        noticed = "\n".join(terraform.meaning(templates))

    for mistake in ("availabilty_type", "memory_size_gb", "bool required", "8.7.0"):
        assert mistake in noticed


@pytest.mark.soak
def test_what_breaks_a_promise_is_noticed(tmp_path: Path) -> None:
    templates = copy_of("gcp", tmp_path)
    for file, right, wrong, _ in BROKEN_PROMISES:
        spoil(templates, file, right, wrong)

    with checked():
        noticed = terraform.meaning(templates)

    for *_, run in BROKEN_PROMISES:
        assert any(f'run "{run}' in line for line in noticed), run


@pytest.mark.soak
def test_what_is_unsafe_or_excepted_without_a_reason_is_noticed(tmp_path: Path) -> None:
    templates = copy_of("gcp", tmp_path)
    spoil(templates, "front.tf", 'public_access_prevention    = "enforced"', "")
    spoil(templates, "database.tf", '"log_connections"', '"log_hostname"')
    spoil(templates, "front.tf", "124: it redirects to HTTPS", "124:")

    with checked():
        noticed = "\n".join(scanners.findings(templates))

    for mistake in ("CKV_GCP_114", "GCP-0016", "CKV_GCP_124 is excepted without"):
        assert mistake in noticed
