"""
Checks the templates in ``deploy/`` and the workflows: `python -m tools.deploy [KIND...]`.

Exits with 1 if anything is wrong; with 2 if nothing is, but a check could not be made.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from tools.deploy import CheckNotMade

CHECKOUT = Path(__file__).parents[2]
KINDS = {
    "docker": ("docker", "deploy/docker"),
    "kubernetes": ("kubernetes", "deploy/kubernetes"),
    "proxies": ("proxies", "deploy"),
    "aws": ("terraform", "deploy/aws"),
    "cognito": ("terraform", "deploy/aws/cognito"),
    "gcp": ("terraform", "deploy/gcp"),
    "azure": ("terraform", "deploy/azure"),
    "observability": ("prometheus", "deploy/observability"),
    "workflows": ("workflows", ".github/workflows"),
}
"""The module that checks, and the folder that it checks."""

WELL, WRONG, NOT_MADE = 0, 1, 2


def main(kinds: Sequence[str]) -> int:
    if unknown := set(kinds) - KINDS.keys():
        print(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
        return NOT_MADE
    outcomes = {told(kind) for kind in kinds or KINDS}
    return WRONG if WRONG in outcomes else max(outcomes)


def told(kind: str) -> int:
    """Check one kind, and print what is wrong with it, if anything."""
    module, folder = KINDS[kind]
    try:
        found = import_module(f"tools.deploy.{module}").check(CHECKOUT / folder)
    except CheckNotMade as error:
        print(f"{kind}: not checked: {error}")
        return NOT_MADE
    for line in found:
        print(f"{kind}: {line}")
    if not found:
        print(f"{kind}: all is well")
    return WRONG if found else WELL


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
