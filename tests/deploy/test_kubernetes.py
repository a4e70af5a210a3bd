"""What the cluster is told: who is let in, how replicas come and go, what they may do."""

import re
import shutil
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.deploy.kubernetes import OVERLAYS, TEMPLATES, Cluster, passes, selects
from tests.deploy.paths import INSIDE, every_route
from tests.http.spellings import instance
from tools.deploy.kubernetes import documents_of, variants

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl")

POOL = 10
"""Connections of each replica to the database, where `pool_size` says nothing else."""

FEWEST = 97
"""Connections that PostgreSQL has by default for who is no superuser."""

FROM_PROMETHEUS = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
    "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}},
}
FROM_INGRESS: dict[str, list[Any]] = {
    "aws": [{"ipBlock": {"cidr": "10.0.0.0/20"}}],
    "gcp": [
        {"ipBlock": {"cidr": "35.191.0.0/16"}},
        {"ipBlock": {"cidr": "130.211.0.0/22"}},
    ],
    "azure": [{"ipBlock": {"cidr": "10.225.0.0/24"}}],
    "local": [
        {
            "namespaceSelector": {
                "matchLabels": {"kubernetes.io/metadata.name": "kube-system"}
            },
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": "traefik"}},
        }
    ],
}
NODE = "169.254.169.254"
"""Where a cloud's machine is asked who it is."""

SERVERS = {("10.9.9.9", port) for port in (443, 5432, 6432, 27017, 6379, 587, 465)}
REACHED: dict[str, set[tuple[str, int]]] = {
    "aws": SERVERS,
    "gcp": SERVERS
    | {("10.9.9.9", 6378), (NODE, 53), (NODE, 80), ("169.254.169.252", 988)},
    "azure": SERVERS | {("10.9.9.9", 6380), ("10.9.9.9", 10000)},
    "local": SERVERS,
}
"""What a replica needs: databases as our other templates make them, DNS, who it is."""

SOLVER = {"acme.cert-manager.io/http01-solver": "true"}
"""The pod by which cert-manager shows that a name is ours."""

IDENTITIES = {
    "aws": "eks.amazonaws.com/role-arn",
    "gcp": "iam.gke.io/gcp-service-account",
    "azure": "azure.workload.identity/client-id",
}


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def cluster(overlay: str) -> Cluster:
    return Cluster.of(overlay)


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Cluster]:
    """Return all ways to use the templates, with each component."""
    copy = tmp_path_factory.mktemp("templates") / "kubernetes"
    shutil.copytree(TEMPLATES, copy)
    return {name: Cluster(documents_of(text)) for name, text in variants(copy)}


# --- Who is let in


def test_the_ingress_passes_what_is_for_users_and_no_other(
    cluster: Cluster, tmp_path: Path
) -> None:
    ingress = cluster.one("Ingress")
    routes = every_route(tmp_path)

    passed = {one for one in routes if passes(ingress, instance(one))}

    assert routes - INSIDE == passed
    assert not passes(ingress, "/auth/sessionsx")


def test_the_ingress_has_tls_for_the_one_name_that_users_know(
    cluster: Cluster, overlay: str
) -> None:
    ingress = cluster.one("Ingress")
    address = urlsplit(cluster.settings["PUBLIC_URL"])

    assert "https" == address.scheme
    assert [address.hostname] == [rule["host"] for rule in ingress["spec"]["rules"]]
    if overlay == "gcp":
        assert [address.hostname] == cluster.one("ManagedCertificate")["spec"][
            "domains"
        ]
        assert cluster.one("FrontendConfig")["spec"]["redirectToHttps"]["enabled"]
    else:
        (tls,) = ingress["spec"]["tls"]
        assert [address.hostname] == tls["hosts"]


def test_a_replica_is_reached_by_the_ingress_and_prometheus_alone(
    cluster: Cluster, overlay: str
) -> None:
    server = cluster.one("Deployment")["spec"]["template"]
    labels = server["metadata"]["labels"]

    let_in = [
        (peer, rule.get("ports"))
        for policy in cluster.all("NetworkPolicy")
        if "Ingress" in policy["spec"]["policyTypes"]
        if selects(policy["spec"]["podSelector"], labels)
        for rule in policy["spec"].get("ingress", [])
        for peer in rule.get("from", ["everybody"])
    ]

    assert let_in == [
        (peer, [{"port": "http"}]) for peer in [*FROM_INGRESS[overlay], FROM_PROMETHEUS]
    ]


def test_who_is_believed_about_addresses_is_who_is_let_in(
    cluster: Cluster, overlay: str
) -> None:
    blocks = [it["ipBlock"]["cidr"] for it in FROM_INGRESS[overlay] if "ipBlock" in it]

    assert {*blocks} <= {*cluster.settings["TRUSTED_PROXIES"].split(",")}


def test_nothing_else_comes_in_or_goes_out(cluster: Cluster) -> None:
    policy = cluster.one("NetworkPolicy", "nothing-else")["spec"]

    assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} == policy
    for each in cluster.all("NetworkPolicy"):
        for rule in each["spec"].get("egress", []):
            assert rule["ports"], each["metadata"]["name"]


def test_a_replica_reaches_what_it_needs_and_learns_no_more_of_its_machine(
    cluster: Cluster, overlay: str
) -> None:
    labels = cluster.one("Deployment")["spec"]["template"]["metadata"]["labels"]
    asked = REACHED[overlay] | {(NODE, 80), (NODE, 53), ("10.9.9.9", 22)}

    reached = {it for it in asked if goes_out(cluster, labels, *it)}

    assert REACHED[overlay] == reached


def goes_out(
    cluster: Cluster, labels: Mapping[str, str], address: str, port: int
) -> bool:
    """Tell whether a policy lets a pod connect to an address that is no pod's."""
    return any(
        any(port == it["port"] for it in rule["ports"])
        and any(
            ip_address(address) in ip_network(peer["ipBlock"]["cidr"])
            for peer in rule.get("to", [{"ipBlock": {"cidr": "0.0.0.0/0"}}])
            if "ipBlock" in peer
        )
        for policy in cluster.all("NetworkPolicy")
        if selects(policy["spec"]["podSelector"], labels)
        for rule in policy["spec"].get("egress", [])
    )


def test_who_shows_that_the_name_is_ours_is_reached_by_the_ingress() -> None:
    cluster = Cluster.of("azure")

    let_in = [
        (rule["from"], rule["ports"])
        for policy in cluster.all("NetworkPolicy")
        if selects(policy["spec"]["podSelector"], SOLVER)
        for rule in policy["spec"].get("ingress", [])
    ]

    assert "cert-manager.io/cluster-issuer" in str(cluster.one("Ingress"))
    assert [(FROM_INGRESS["azure"], [{"port": 8089}])] == let_in


# --- What a pod may do


def test_no_pod_breaks_what_the_namespace_demands(ways: dict[str, Cluster]) -> None:
    for name, cluster in ways.items():
        labels = cluster.one("Namespace", "scribes")["metadata"]["labels"]
        assert "restricted" == labels["pod-security.kubernetes.io/enforce"]
        for pod in cluster.pods:
            assert not pod["spec"]["automountServiceAccountToken"], name
            assert pod["spec"]["securityContext"]["runAsNonRoot"]
            seccomp = pod["spec"]["securityContext"]["seccompProfile"]
            assert {"type": "RuntimeDefault"} == seccomp
            for container in pod["spec"]["containers"]:
                assert {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                } == container["securityContext"]


def test_resources_are_those_of_the_guide_and_the_user_that_of_the_image(
    cluster: Cluster,
) -> None:
    pod = cluster.one("Deployment")["spec"]["template"]["spec"]

    assert {
        "requests": {"cpu": "250m", "memory": "512Mi"},
        "limits": {"cpu": "1000m", "memory": "1Gi"},
    } == pod["containers"][0]["resources"]
    assert 1000 == pod["securityContext"]["runAsUser"]


@pytest.mark.parametrize("name", IDENTITIES)
def test_the_cloud_knows_a_pod_by_its_service_account(name: str) -> None:
    cluster = Cluster.of(name)

    annotations = cluster.one("ServiceAccount")["metadata"]["annotations"]

    assert [IDENTITIES[name]] == [*annotations]
    for pod in cluster.pods:
        assert "scribes-app" == pod["spec"]["serviceAccountName"]
        if name == "azure":
            label = pod["metadata"]["labels"]["azure.workload.identity/use"]
            assert "true" == label


# --- How replicas come and go


def test_there_are_three_replicas_and_a_rollout_takes_none_away(
    cluster: Cluster,
) -> None:
    deployment = cluster.one("Deployment")["spec"]
    scaling = cluster.one("HorizontalPodAutoscaler")["spec"]

    assert "replicas" not in deployment
    assert 3 == scaling["minReplicas"]
    surge = {"maxSurge": 1, "maxUnavailable": 0}
    assert surge == deployment["strategy"]["rollingUpdate"]
    assert 1 == cluster.one("PodDisruptionBudget")["spec"]["maxUnavailable"]
    assert (scaling["maxReplicas"] + 1) * POOL <= FEWEST
    spread = deployment["template"]["spec"]["topologySpreadConstraints"]
    assert ["topology.kubernetes.io/zone", "kubernetes.io/hostname"] == [
        each["topologyKey"] for each in spread
    ]


def test_every_selector_means_the_replicas(cluster: Cluster) -> None:
    labels = cluster.one("Deployment")["spec"]["template"]["metadata"]["labels"]
    (job,) = cluster.all("Job")
    others = job["spec"]["template"]["metadata"]["labels"]

    for selector in (
        cluster.one("Deployment")["spec"]["selector"],
        cluster.one("PodDisruptionBudget")["spec"]["selector"],
        {"matchLabels": cluster.one("Service")["spec"]["selector"]},
    ):
        assert selects(selector, labels)
        assert not selects(selector, others)


def test_a_replica_that_ends_has_time_for_all_that_is_under_way(
    cluster: Cluster,
) -> None:
    pod = cluster.one("Deployment")["spec"]["template"]["spec"]
    sleep = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    drain = int(cluster.settings["SHUTDOWN_TIMEOUT_SECONDS"])

    assert sleep + drain < pod["terminationGracePeriodSeconds"]


def test_probes_ask_what_is_meant_for_them(cluster: Cluster) -> None:
    (app,) = cluster.one("Deployment")["spec"]["template"]["spec"]["containers"]

    assert ["/livez", "/livez", "/readyz"] == [
        app[f"{probe}Probe"]["httpGet"]["path"]
        for probe in ("startup", "liveness", "readiness")
    ]
    assert app["ports"] == [{"containerPort": 8000, "name": "http"}]
    assert "8000" == cluster.settings["PORT"]


def test_what_is_applied_first_has_all_that_the_migration_needs(
    ways: dict[str, Cluster],
) -> None:
    for name, cluster in ways.items():
        first = {
            (each["kind"], each["metadata"]["name"])
            for each in cluster.resources
            if each["metadata"].get("labels", {}).get("scribes.app/first") == "true"
        }
        job = cluster.one("Job", "scribes-migrate")
        (container,) = job["spec"]["template"]["spec"]["containers"]
        settings = container["envFrom"][0]["configMapRef"]["name"]

        assert ["scribes-auth", "migrate"] == container["command"]
        assert first >= {
            ("Namespace", "scribes"),
            ("ServiceAccount", "scribes-app"),
            ("ConfigMap", settings),
            ("Job", "scribes-migrate"),
        }, name
        external = {"ExternalSecret", "SecretStore"} & {
            each["kind"] for each in cluster.resources
        }
        assert external <= {kind for kind, _ in first}
        server = cluster.one("Deployment")["spec"]["template"]["spec"]["containers"][0]
        assert container["image"] == server["image"]
        assert container["envFrom"] == server["envFrom"]
        assert container.get("env") == server.get("env")


def test_prometheus_finds_the_replicas_under_the_name_that_alerts_have(
    ways: dict[str, Cluster],
) -> None:
    cluster = ways["aws+monitoring"]
    labels = cluster.one("Service")["metadata"]["labels"]
    monitor = cluster.one("ServiceMonitor")["spec"]
    alerts = str(cluster.one("PrometheusRule")["spec"])

    assert selects(monitor["selector"], labels)
    assert {labels[monitor["jobLabel"]]} == set(re.findall(r'job="([\w-]+)"', alerts))
    (endpoint,) = monitor["endpoints"]
    assert ("http", "/metrics") == (endpoint["port"], endpoint["path"])
