"""The page of ``deploy/kubernetes`` names only what there is."""

import re
import shutil

import pytest

from tests.deploy.kubernetes import OVERLAYS, TEMPLATES, Cluster

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl")

PAGE = (TEMPLATES / "README.md").read_text("utf-8")
COMMANDS = "".join(re.findall(r"^ *```sh\n(.*?)^ *```", PAGE, re.DOTALL | re.MULTILINE))


def test_every_resource_that_is_asked_for_is_made() -> None:
    made = {
        f"{each['kind'].lower()}/{each['metadata']['name']}"
        for overlay in OVERLAYS
        for each in Cluster.of(overlay).resources
    }

    named = set(re.findall(r"(?:deployment|job|ingress|service)/[\w-]+", COMMANDS))

    assert {"deployment/scribes-app", "job/scribes-migrate"} <= named <= made


def test_every_overlay_that_is_applied_is_there() -> None:
    applied = set(re.findall(r"-k ([\w/.-]+)", COMMANDS))

    assert applied
    for path in applied:
        assert (TEMPLATES.parents[1] / path / "kustomization.yaml").is_file()
