"""The checks of ``deploy/kubernetes`` are content, and notice mistakes of each sort."""

import shutil
from pathlib import Path

import pytest

from tests.deploy.kubernetes import TEMPLATES
from tests.deploy.mistakes import spoil
from tools.deploy.kubernetes import check
from tools.deploy.kubernetes_rules import ALERTS, RULES, outdated, rules_of

pytestmark = [
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl"),
    pytest.mark.timeout(600),  # the tools are fetched the first time
]

DEPLOYMENT = "aws.Deployment.scribes-app"
EXTERNAL = "components/external-secrets"
MISTAKES = [
    # file, what is right, what is wrong, who is told of, and what is told
    (
        *("base/deployment.yaml", "readinessProbe:", "readynessProbe:"),
        *(DEPLOYMENT, "'readynessProbe' was unexpected"),
    ),
    (
        *("base/deployment.yaml", "readOnlyRootFilesystem: true", ""),
        *(DEPLOYMENT, "CKV_K8S_22"),
    ),
    (
        *("base/scaling.yaml", "minReplicas: 3", "minReplicas: three"),
        *("aws.HorizontalPodAutoscaler.scribes-app", "'three' is not of type"),
    ),
    (
        *("base/ingress.yaml", "path: /auth/me, pathType: Exact, ", "path: /auth/me, "),
        *("aws.Ingress.scribes-app", "'pathType' is a required property"),
    ),
    (
        *(f"{EXTERNAL}/aws/store.yaml", "SecretsManager", "SecretManager"),
        *("aws+external-secrets-aws.SecretStore.scribes", "'\"SecretsManager\"'?"),
    ),
    (
        *(f"{EXTERNAL}/azure/store.yaml", "vaultUrl:", "vaultURL:"),
        *("azure+external-secrets-azure.SecretStore.scribes", '"vaultURL"'),
    ),
    (
        *(f"{EXTERNAL}/gcp/store.yaml", "io/v1", "io/v1beta1"),
        *("gcp+external-secrets-gcp.SecretStore.scribes", "v1beta1 is none that"),
    ),
    (
        *("components/monitoring/service-monitor.yaml", "- port: http", "- port: 8000"),
        *("aws+monitoring.ServiceMonitor.scribes-app", "not assignable"),
    ),
    (
        *("overlays/gcp/frontend.yaml", "redirectToHttps:", "redirectToHttp:"),
        *("gcp.FrontendConfig.scribes-app", '"redirectToHttp"'),
    ),
]


def test_the_tools_find_nothing_to_say() -> None:
    assert [] == check(TEMPLATES)


def test_a_mistake_of_any_sort_is_found(tmp_path: Path) -> None:
    templates = shutil.copytree(TEMPLATES, tmp_path / "kubernetes")
    for file, right, wrong, *_ in MISTAKES:
        spoil(templates, file, right, wrong)

    found = check(templates)

    for *_, who, told in MISTAKES:
        assert any(it.startswith(f"{who}: ") and told in it for it in found), who


def test_what_kustomize_refuses_is_found(tmp_path: Path) -> None:
    templates = shutil.copytree(TEMPLATES, tmp_path / "kubernetes")
    spoil(templates, "overlays/gcp/kustomization.yaml", "images:", "imagess:")

    (found,) = check(templates)

    assert "imagess" in found


def test_alerts_that_are_not_those_of_the_observability_are_found(
    tmp_path: Path,
) -> None:
    alerts, rules = tmp_path / ALERTS, tmp_path / RULES
    for file in (alerts, rules):
        file.parent.mkdir(parents=True)
    alerts.write_text("groups: [{name: one, rules: []}]")
    rules.write_text(rules_of(alerts.read_text()))
    assert [] == outdated(tmp_path)

    alerts.write_text("groups: [{name: another, rules: []}]")

    (found,) = outdated(tmp_path)
    assert "rules.yaml: not as observability/alerts.yml" in found
