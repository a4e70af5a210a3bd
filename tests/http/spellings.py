"""Other ways to write a path, which somebody between us and a client may take for the same."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from config.container import Container
from config.settings import Settings
from entrypoints.http.declaration import Declaration, declarations_of
from entrypoints.http.routes import routes
from tests.http.wire import Wire

SAMPLES = {
    "{roles}": "admin",
    "{path:path}": "notes",
    "{user_id:id}": "7",
    "{session_id:name}": "9f2c1b7ad0e84c35",
}
"""What stands for the parameters of our routes."""


def declared(directory: Path) -> dict[tuple[str, str], Declaration]:
    """Return what is declared of every method of every route."""
    settings = Settings(data_dir=directory, jwt_secret_key="x" * 32)
    return {
        (method, route): declaration
        for route, resource in routes(Container(settings=settings)).items()
        for method, declaration in declarations_of(resource).items()
    }


def spellings(path: str) -> Sequence[str]:
    """Return other spellings of a path; none is ours."""
    head, _, last = path.rpartition("/")
    return [
        f"/{path}",
        f"//{path}",
        f"{path}/",
        f"{path}//",
        f"{head}//{last}",
        f"/.{path}",
        f"{head}/./{last}",
        f"/x/..{path}",
        f"{head}/x/../{last}",
        f"{path}/.",
        f"{path}/..{path}",
        f"/%2F{path[1:]}",
        f"{head or '/'}%2F{last}",
        f"{head}/%{ord(last[0]):02x}{last[1:]}",
        f"{path}%2f",
        f"/%2e{path}",
        f"{path}%20",
        f"{path}%00",
        f"{path};x",
        f"{path}%3Fx",
        f"{head or '/'}\\{last}",
        f"{head}/{last.upper()}" if last.upper() != last else f"{path}.",
        f"http://x/{path}",
        f"http://x{path}/",
    ]


def instance(template: str) -> str:
    """Return a path of a route."""
    for field, sample in SAMPLES.items():
        template = template.replace(field, sample)
    return template


def ask(
    wire: Wire, method: str, target: str, headers: Mapping[str, str] | None = None
) -> int:
    """Send a request without a body on an open connection; return the status."""
    fields = {"Host": "x", "Content-Length": "0", **(headers or {})}
    lines = (f"{name}: {value}" for name, value in fields.items())
    wire.send(f"{method} {target} HTTP/1.1", *lines)
    return wire.next_answer().status_code
