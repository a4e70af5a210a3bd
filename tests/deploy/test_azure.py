"""The templates for Azure, and the service as they start it, on either platform."""

import re
import secrets
import shlex
from collections.abc import Callable, Iterator
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
from tests.servers.azure_key_vault import AzureServer
from tests.servers.certificates import LocalAuthority
from tests.servers.service import Service
from tools.deploy import scanners, terraform

pytestmark = pytest.mark.timeout(900)  # the tools are fetched the first time

IMAGE = "scribesexample.azurecr.io/scribes-auth:1.0.0"
"""From the registry that the example names."""

VAULT = "scribes-keyvault"
SECRETS = (
    f"az keyvault secret set --vault-name {VAULT} --name jwt-secret --value ...",
    f"az keyvault secret set --vault-name {VAULT} --name smtp-password --value ...",
)
"""How the guide puts a secret, and how the other is put likewise."""

SETTING = f"@Microsoft.KeyVault(SecretUri=https://{VAULT}.vault.azure.net/secrets/jwt-secret/)"
"""How the guide refers an App Service to it, as ``JWT_SECRET_KEY``."""

REFERENCE = re.compile(
    rf"@Microsoft\.KeyVault\(SecretUri=https://{VAULT}\.vault\.azure\.net/secrets/([\w-]+)/\)"
)
ACCESS_KEY = "k+7/xQ=="
"""With what has to be quoted in a URL, as Azure draws them."""

SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"

BROKEN_PROMISES = [
    # file, what is right, what is wrong, and the run that tells
    (
        *(
            "database.tf",
            "network_access_enabled = false",
            "network_access_enabled = true",
        ),
        "the_database_is_private_doubled",
    ),
    ("cache.tf", '"NoEviction"', '"AllKeysLRU"', "the_cache_is_private_doubled"),
    (
        "container_app.tf",
        "external_enabled = false",
        "external_enabled = true",
        "there_is",
    ),
    ("vault.tf", '= "Deny"', '= "Allow"', "the_vault_is_closed"),
    ("locals.tf", '"secret:redis-url"', '"redis://cache"', "secrets_are_named"),
    ("migration.tf", '["migrate"]', '["serve"]', "migrations_run"),
    ("app_service.tf", '= "Deny"', '= "Allow"', "an_app_service_is_referred"),
    ("variables.tf", "_instances >= 2", "_instances >= 1", "one_instance_is_refused"),
]


@pytest.fixture(scope="module")
def servers(authority: LocalAuthority) -> Iterator[Managed]:
    with managed(authority, "localhost", cache_password=ACCESS_KEY) as running:
        yield running


@pytest.fixture(scope="module")
def doubles(servers: Managed) -> str:
    return f"""
      override_resource {{
        target = azurerm_postgresql_flexible_server.main
        values = {{ fqdn = "localhost" }}
      }}
      override_resource {{
        target = azurerm_managed_redis.main
        values = {{
          hostname         = "localhost"
          default_database = {{
            port               = {servers.cache_port}
            primary_access_key = "{ACCESS_KEY}"
          }}
        }}
      }}
      override_resource {{
        target = random_password.database
        values = {{ result = "{DATABASE_PASSWORD}" }}
      }}
      override_resource {{
        target = azurerm_container_app_environment.main
        values = {{ default_domain = "calm-sea-1.westeurope.azurecontainerapps.io" }}
      }}
      override_data {{
        target = data.azurerm_location.main
        values = {{ zone_mappings = [{{ logical_zone = "1" }}] }}
      }}
      override_data {{
        target = data.azurerm_network_service_tags.front_door
        values = {{ address_prefixes = ["147.243.0.0/16", "2a01:111:2050::/44"] }}
      }}
      override_resource {{
        target = azurerm_cdn_frontdoor_endpoint.main
        values = {{ host_name = "scribes-example-a1b2.z01.azurefd.net" }}
      }}
    """


@pytest.fixture(scope="module")
def on_container_apps(
    doubles: str, tmp_path_factory: pytest.TempPathFactory
) -> Applied:
    with checked():
        directory = tmp_path_factory.mktemp("templates")
        return applied("azure", directory, doubles, image=IMAGE)


@pytest.fixture(scope="module")
def on_app_service(doubles: str, tmp_path_factory: pytest.TempPathFactory) -> Applied:
    directory = tmp_path_factory.mktemp("templates")
    with checked():
        return applied("azure", directory, doubles, image=IMAGE, platform="app_service")


@pytest.fixture
def vault(authority: LocalAuthority, tmp_path: Path) -> Iterator[AzureServer]:
    server = AzureServer(authority, tmp_path)
    yield server.start()
    server.stop()


def put_by_hand() -> dict[str, str]:
    """Return what is put as the guide says, by its name in the vault."""
    found = {}
    for line in SECRETS:
        *set_, _, vault_name, _, name, _, _ = shlex.split(line)
        assert (["az", "keyvault", "secret", "set"], VAULT) == (set_, vault_name)
        found[name] = secrets.token_hex(32)
    return found


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Yield the service, still without what a template tells it."""
    service = Service(tmp_path)
    yield service
    service.kill()


@pytest.fixture
def here(vault: AzureServer) -> dict[str, str]:
    """Return what is otherwise on this machine than in a container."""
    quick = {"BCRYPT_ROUNDS": "10", "RATE_LIMIT_ENABLED": "true"}
    return {"HOST": LOOPBACK, **quick, **vault.environment}


@pytest.fixture
def made(servers: Managed, here: dict[str, str]) -> Callable[[Applied], dict[str, str]]:
    """Return what tells what Terraform puts into the vault, but for where things are."""
    port, trusted = f":{servers.database_port}/", here["SSL_CERT_FILE"]

    def made(installed: Applied) -> dict[str, str]:
        return {
            it["name"]: it["value"]
            .replace(":5432/", port)
            .replace(SYSTEM_AUTHORITIES, trusted)
            for it in installed.all("azurerm_key_vault_secret")
        }

    return made


def test_a_container_app_reads_the_vault_with_what_is_put_as_in_the_guide(
    on_container_apps: Applied,
    made: Callable[[Applied], dict[str, str]],
    vault: AzureServer,
    service: Service,
    here: dict[str, str],
) -> None:
    (app,) = on_container_apps.all("azurerm_container_app")
    (job,) = on_container_apps.all("azurerm_container_app_job")
    (migration,) = job["template"][0]["container"]
    settings = told(app["template"][0]["container"][0])
    endpoint = f"?endpoint=https://localhost:{vault.port}"
    service.settings |= settings | here
    service.settings["SECRETS_URL"] += endpoint
    for name, value in made(on_container_apps).items():
        vault.put(name, value)

    without = service.run("check")
    for name, value in put_by_hand().items():
        vault.put(name, value)

    assert told(migration) == settings
    serves_a_log_in(service, *migration["args"])
    assert 78 == without.returncode
    assert "'jwt-secret'" in without.stderr
    assert "'smtp-password'" in without.stderr


def test_an_app_service_puts_the_vaults_values_where_the_guide_refers_it_to_them(
    on_app_service: Applied,
    made: Callable[[Applied], dict[str, str]],
    service: Service,
    here: dict[str, str],
) -> None:
    (site,) = on_app_service.all("azurerm_linux_web_app")
    settings: dict[str, str] = site["app_settings"]
    values = made(on_app_service) | put_by_hand()
    service.settings |= {
        name: REFERENCE.sub(lambda found: values[found[1]], value)
        for name, value in settings.items()
    } | here

    assert SETTING == settings["JWT_SECRET_KEY"]
    assert "SECRETS_URL" not in settings
    serves_a_log_in(service, "migrate")
    with service.client() as client:
        assert 404 == client.get("/metrics").status_code


def test_either_platform_passes_on_what_is_for_users_and_nothing_else(
    on_container_apps: Applied, on_app_service: Applied, tmp_path: Path
) -> None:
    routes = every_route(tmp_path)
    (router,) = on_container_apps.all("azapi_resource")
    (rule,) = router["body"]["properties"]["rules"]
    matches = [route["match"] for route in rule["routes"]]
    front_door = on_app_service.all("azurerm_cdn_frontdoor_route")
    listed = (
        [it.get("path") or f"{it['pathSeparatedPrefix']}/*" for it in matches],
        [path for route in front_door for path in route["patterns_to_match"]],
    )

    administration = {one for one in routes if one.startswith("/admin/")}
    for patterns in listed:
        passed = {one for one in routes if is_passed(instance(one), patterns)}
        assert routes - INSIDE - administration == passed


def test_the_templates_are_in_order() -> None:
    with checked():
        assert [] == terraform.check(DEPLOY / "azure")


@pytest.mark.soak
def test_what_azure_does_not_have_is_noticed(tmp_path: Path) -> None:
    templates = copy_of("azure", tmp_path)
    spoil(templates, "cache.tf", "eviction_policy", "evicton_policy")
    spoil(templates, "vault.tf", "rbac_authorization_enabled", "# rbac")
    spoil(
        templates, "front_door.tf", "affinity_enabled = false", "affinity_enabled = []"
    )
    spoil(templates, "versions.tf", '"~> 5.0"', '"~> 4.0"')

    with checked():
        noticed = "\n".join(terraform.meaning(templates))

    for mistake in ("evicton_policy", "rbac_auth", "bool required", "5.10.0"):
        assert mistake in noticed


@pytest.mark.soak
def test_what_breaks_a_promise_is_noticed(tmp_path: Path) -> None:
    templates = copy_of("azure", tmp_path)
    for file, right, wrong, _ in BROKEN_PROMISES:
        spoil(templates, file, right, wrong)

    with checked():
        noticed = terraform.meaning(templates)

    for *_, run in BROKEN_PROMISES:
        assert any(f'run "{run}' in line for line in noticed), run


@pytest.mark.soak
def test_what_is_unsafe_or_excepted_without_a_reason_is_noticed(tmp_path: Path) -> None:
    templates = copy_of("azure", tmp_path)
    spoil(templates, "app_service.tf", "= true\n  virtual", "= false\n  virtual")
    spoil(templates, "database.tf", '"log_connections"', '"log_duration"')
    spoil(
        templates,
        "vault.tf",
        "_189: closed but for operator_addresses, from where secrets are put",
        "_189:",
    )

    with checked():
        noticed = "\n".join(scanners.findings(templates))

    for mistake in ("CKV_AZURE_14", "AZU-0019", "CKV_AZURE_189 is excepted without"):
        assert mistake in noticed
