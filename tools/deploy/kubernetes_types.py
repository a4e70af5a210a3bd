"""Resources that Kubernetes itself does not know, held against the types of who does."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tools import npm
from tools.deploy import CheckNotMade

PACKAGES = Path(__file__).with_name("resource-types")
TYPES = {
    "cloud.google.com/v1": "@kubernetes-models/gke",
    "external-secrets.io/v1": "@kubernetes-models/external-secrets",
    "monitoring.coreos.com/v1": "@kubernetes-models/prometheus-operator",
    "networking.gke.io/v1": "@kubernetes-models/gke",
    "networking.gke.io/v1beta1": "@kubernetes-models/gke",
}
"""The versions that are served today: types of older ones are there as well."""

FLAGS = ("--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext")


def mistyped(documents: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield what is wrong with those of these, by name, that are defined by others."""
    foreign = {name: it for name, it in documents.items() if _is_foreign(it)}
    known = {name: it for name, it in foreign.items() if it["apiVersion"] in TYPES}
    for name in foreign.keys() - known.keys():
        yield f"{name}: {foreign[name]['apiVersion']} is none that we know to be served"
    if not known:
        return
    try:
        modules = npm.modules(PACKAGES)
    except npm.NotFetched as error:
        raise CheckNotMade(f"types of resources: {error}") from error
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        (place / "node_modules").symlink_to(modules)
        (place / "package.json").write_text('{"type": "module"}')
        for name, each in known.items():
            (place / f"{name}.ts").write_text(_typed(each))
        sources = [f"{name}.ts" for name in known]
        said = npm.run(modules / ".bin" / "tsc", *FLAGS, *sources, cwd=place)
    told = [line for line in said.stdout.splitlines() if ": error TS" in line]
    if said.returncode and not told:
        raise CheckNotMade(f"tsc: {said.stdout}{said.stderr}")
    for line in told:
        name, _, message = line.partition(".ts(")
        yield f"{name}: {message.partition(': ')[2]}"


def _typed(resource: Mapping[str, Any]) -> str:
    api, kind = resource["apiVersion"], resource["kind"]
    module = f"{TYPES[api]}/{api}"
    return (
        f'import type {{ I{kind} }} from "{module}";\n'
        f"export const resource: I{kind} = {json.dumps(resource, indent=1)};\n"
    )


def _is_foreign(resource: Mapping[str, Any]) -> bool:
    group = str(resource["apiVersion"]).rpartition("/")[0]
    return "." in group and not group.endswith(".k8s.io")
