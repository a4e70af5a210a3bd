"""Draws who imports whom, for docs/architecture.md; as a program, it writes it there."""

import re
from collections.abc import Iterable
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
LAYERS = ("entrypoints", "config", "adapters", "core")
DEPTH = 2
PLACE = re.compile(
    r"(?<=<!-- packages: begin -->\n).*(?=<!-- packages: end -->)", re.DOTALL
)


def package_of(module: str, packages: Iterable[str]) -> str:
    """Return the smallest of these packages that a module is in."""
    parts = module.split(".")
    found = {".".join(parts[:end]) for end in range(1, DEPTH + 1)} & {*packages}
    return max(found, key=len)


def packages() -> list[str]:
    """Return the names of the packages on the map: the layers, and what they consist of."""
    return sorted(
        ".".join(file.parent.relative_to(ROOT).parts)
        for layer in LAYERS
        for file in (ROOT / layer).rglob("__init__.py")
        if len(file.relative_to(ROOT).parts) <= DEPTH + 1
    )


def imports() -> set[tuple[str, str]]:
    """Return which package imports which other, by any of its modules."""
    graph = grimp.build_graph(*LAYERS, cache_dir=None)
    known = packages()
    pairs = {
        (package_of(importer, known), package_of(imported, known))
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    }
    return {
        (importer, imported) for importer, imported in pairs if importer != imported
    }


def picture() -> str:
    """Return the map in Mermaid."""
    lines = ["```mermaid", "flowchart TD"]
    for layer in LAYERS:
        lines.append(f'  subgraph in_{layer}["{layer}/"]')
        inside = [it for it in packages() if it.split(".")[0] == layer]
        lines += [f'    {_node(it)}["{_label(it)}"]' for it in inside]
        lines.append("  end")
    lines += [f"  {_node(a)} --> {_node(b)}" for a, b in sorted(imports())]
    return "\n".join([*lines, "```", ""])


def _node(package: str) -> str:
    return package.replace(".", "_")


def _label(package: str) -> str:
    layer, _, name = package.partition(".")
    return f"{name}/" if name else f"{layer}/*.py"


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(PLACE.sub(lambda _: picture(), text), encoding="utf-8")
