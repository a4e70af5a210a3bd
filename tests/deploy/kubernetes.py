"""What ``deploy/kubernetes`` comes to, by each of its overlays."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.servers.service import CHECKOUT
from tools.deploy.kubernetes import documents_of, render

TEMPLATES = CHECKOUT / "deploy" / "kubernetes"
OVERLAYS = ("aws", "gcp", "azure", "local")


@dataclass(frozen=True)
class Cluster:
    """The resources of one overlay."""

    resources: list[dict[str, Any]]

    @classmethod
    def of(cls, overlay: str) -> "Cluster":
        return cls(documents_of(render(TEMPLATES / "overlays" / overlay)))

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.resources if each["kind"] == kind]

    def one(self, kind: str, name: str = "scribes-app") -> dict[str, Any]:
        (found,) = (it for it in self.all(kind) if it["metadata"]["name"] == name)
        return found

    @property
    def pods(self) -> Iterator[dict[str, Any]]:
        """The template of each kind of pod."""
        for kind in ("Deployment", "StatefulSet", "Job"):
            for each in self.all(kind):
                yield each["spec"]["template"]

    @property
    def settings(self) -> dict[str, str]:
        """What the service finds in its environment; what a container says goes first."""
        (generated,) = self.all("ConfigMap")
        server = self.one("Deployment")["spec"]["template"]["spec"]["containers"][0]
        own = {each["name"]: each["value"] for each in server.get("env", [])}
        return {**generated["data"], **own}


def passes(ingress: Mapping[str, Any], path: str) -> bool:
    """Tell whether an ingress passes a path, by the rules of Kubernetes."""
    for rule in ingress["spec"]["rules"]:
        for each in rule["http"]["paths"]:
            listed = each["path"]
            if path == listed:
                return True
            if each["pathType"] == "Prefix" and path.startswith(f"{listed}/"):
                return True
            assert each["pathType"] in {"Exact", "Prefix"}
    return "defaultBackend" in ingress["spec"]


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Tell whether a selector means pods with these labels."""
    wanted = selector.get("matchLabels", {}).items()
    one_of = selector.get("matchExpressions", [])
    assert all(each["operator"] == "In" for each in one_of)
    return wanted <= labels.items() and all(
        labels.get(each["key"]) in each["values"] for each in one_of
    )
