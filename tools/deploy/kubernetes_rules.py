"""
The alerts of ``deploy/observability``, as the Prometheus operator wants them.

``python -m tools.deploy.kubernetes_rules`` writes them anew.
"""

from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
ALERTS = Path("observability", "alerts.yml")
RULES = Path("kubernetes", "components", "monitoring", "rules.yaml")
HEAD = f"""# Made of ../../../{ALERTS.as_posix()}, which is the one to change:
# python -m tools.deploy.kubernetes_rules writes this.
"""


class Block(str):
    """A text of several lines, to be written as such."""

    __slots__ = ()


yaml.SafeDumper.add_representer(
    Block, lambda to, text: to.represent_scalar("tag:yaml.org,2002:str", text, "|")
)


def rules_of(alerts: str) -> str:
    """Return a PrometheusRule with the groups of a file of rules."""
    resource = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {
            "name": "scribes-app",
            "namespace": "scribes",
            "labels": {"release": "prometheus"},
        },
        "spec": _in_blocks(yaml.safe_load(alerts)),
    }
    text: str = yaml.safe_dump(resource, sort_keys=False, width=100)
    return HEAD + text


def _in_blocks(part: Any) -> Any:  # noqa: ANN401 - whatever YAML has
    if isinstance(part, dict):
        return {name: _in_blocks(it) for name, it in part.items()}
    if isinstance(part, list):
        return [_in_blocks(it) for it in part]
    return Block(part) if isinstance(part, str) and "\n" in part else part


def outdated(deploy: Path) -> list[str]:
    """Return what is wrong with the rules in a folder that has both."""
    if not (deploy / ALERTS).exists():
        return []
    wanted = rules_of((deploy / ALERTS).read_text("utf-8"))
    if wanted == (deploy / RULES).read_text("utf-8"):
        return []
    return [f"{RULES.name}: not as {ALERTS}; run python -m {__spec__.name}"]


if __name__ == "__main__":
    made = rules_of((DEPLOY / ALERTS).read_text("utf-8"))
    (DEPLOY / RULES).write_text(made, "utf-8")
