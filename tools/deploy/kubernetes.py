"""
``deploy/kubernetes``: rendered as an operator would, then read by three tools.

Every overlay is rendered as it is, and once more with each component that it offers in a
line that is commented out.
"""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tools.deploy import CheckNotMade
from tools.deploy.environments import environment
from tools.deploy.kubernetes_rules import outdated
from tools.deploy.kubernetes_types import mistyped

REQUIREMENTS = Path(__file__).with_name("requirements-kubernetes.txt")
VERSIONS = ("1.30", "1.37")
"""Of Kubernetes: the oldest that the templates are for, and the newest that is known."""

OFFERED = re.compile(r"^  # - (\.\./\.\./components/[\w/-]+)$", re.MULTILINE)
EXCEPTED = {
    "CKV_K8S_15": "IfNotPresent is right for tags that are never moved",
    "CKV_K8S_40": "the image's user is 1000, in every way to run it",
    "CKV_K8S_43": "the digest is for who deploys to write, beside the name",
}
"""Rules of checkov that we break on purpose, and why."""

LONGEST = 300.0


def check(templates: Path) -> list[str]:
    """Return what is wrong with the templates in a folder; raises CheckNotMade."""
    if shutil.which("kubectl") is None:
        raise CheckNotMade("no kubectl to render with")
    rendered = Rendered()
    if refused := rendered.add_all(templates):
        return refused
    found = outdated(templates.parent)
    with tempfile.TemporaryDirectory() as directory:
        files = rendered.written(Path(directory))
        found += _invalid(files)
        found += _unsafe(Path(directory))
    return [*found, *mistyped(rendered.documents)]


def variants(templates: Path) -> Iterator[tuple[str, str]]:
    """Yield each way to use them: its name, and what it renders to."""
    for overlay in sorted((templates / "overlays").iterdir()):
        file = overlay / "kustomization.yaml"
        shipped = file.read_text("utf-8")
        yield overlay.name, render(overlay)
        for component in OFFERED.findall(shipped):
            name = component.partition("components/")[2]
            try:
                file.write_text(shipped.replace(f"# - {component}", f"- {component}"))
                yield f"{overlay.name}+{name.replace('/', '-')}", render(overlay)
            finally:
                file.write_text(shipped)


def render(overlay: Path) -> str:
    """Return what kubectl would apply; raises ValueError where it refuses."""
    command = ["kubectl", "kustomize", str(overlay)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ValueError(done.stderr.strip().splitlines()[-1])
    return done.stdout


def documents_of(rendered: str) -> list[dict[str, Any]]:
    """Return the resources in what was rendered."""
    return [each for each in yaml.load_all(rendered, yaml.CSafeLoader) if each]


class Rendered:
    """The different resources of all variants, by the variant where each was met first."""

    def __init__(self) -> None:
        self.documents: dict[str, Mapping[str, Any]] = {}

    def add_all(self, templates: Path) -> list[str]:
        """Add all that can be rendered; return what was said of the rest."""
        with tempfile.TemporaryDirectory() as directory:
            copy = Path(directory, "kubernetes")
            shutil.copytree(templates, copy)
            try:
                for name, text in variants(copy):
                    self._add(name, text)
            except ValueError as error:
                return [str(error).replace(str(copy), templates.name)]
        return []

    def _add(self, variant: str, text: str) -> None:
        known = [*self.documents.values()]
        for each in documents_of(text):
            name = f"{variant}.{each['kind']}.{each['metadata']['name']}"
            if each not in known:
                self.documents[name] = each

    def written(self, into: Path) -> list[Path]:
        """Write each into a file of its own."""
        for name, each in self.documents.items():
            (into / f"{name}.yaml").write_text(yaml.dump(each, Dumper=yaml.CSafeDumper))
        return sorted(into.iterdir())


def _invalid(files: list[Path]) -> Iterator[str]:
    for version in VERSIONS:
        flags = ("--strict", "--quiet", "--no-warn", "-k", version)
        said = _run("kubernetes_validate", *flags, *map(str, files))
        for line in said.stdout.splitlines() + said.stderr.splitlines():
            _, _, told = line.partition("ERROR ")
            path, _, rest = told.partition(" did not validate ")
            yield f"{Path(path).stem}: {rest}" if rest else line
        if not said.stdout and said.returncode:
            raise CheckNotMade(f"kubernetes-validate: {said.stderr[-2000:]}")


def _unsafe(directory: Path) -> Iterator[str]:
    said = _run(
        *("checkov.main", "-d", str(directory)),
        *("--framework", "kubernetes", "--skip-download", "--quiet", "--compact"),
        *("--skip-check", ",".join(EXCEPTED), "--output", "json", "--soft-fail"),
    )
    try:
        results = json.loads(said.stdout)
    except ValueError as error:
        raise CheckNotMade(f"checkov: {said.stderr[-2000:]}") from error
    for found in results.get("results", {}).get("failed_checks", []):
        place = Path(found["file_path"]).stem
        yield f"{place}: {found['check_id']} {found['check_name']}"


def _run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(environment(REQUIREMENTS) / "python"), "-m", module, *arguments],
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
