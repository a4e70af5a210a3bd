"""The real `ab` (apache2-utils), which the guide measures with."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.servers.debian import installed, library_path, unpack
from tests.servers.processes import ServerStartError

LONGEST = 1800.0
FIGURE = re.compile(r"^(?P<name>[^:\n]+):\s+(?P<value>[\d.]+)", re.MULTILINE)


@dataclass(frozen=True)
class Told:
    """What it prints of a run; ``failed`` counts answers of another length, too."""

    complete: int
    failed: int
    non_2xx: int
    per_second: float
    p95: int
    """Milliseconds within which 95 % were answered."""


class ApacheBench:
    """Finds the program, or fetches it; a context, which ends with its directory."""

    def __enter__(self) -> Self:
        self._root = Path(tempfile.mkdtemp(prefix="apache-bench-"))
        self._binary, self._libraries = self._find()
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._root, ignore_errors=True)

    def run(
        self,
        url: str,
        *,
        requests: int,
        at_once: int,
        body: str = "",
        headers: Sequence[str] = (),
    ) -> Told:
        """Run the guide's line: ``ab -n REQUESTS -c AT_ONCE`` with a JSON body, or none."""
        options = [option for header in headers for option in ("-H", header)]
        if body:
            file = self._root / "body.json"
            file.write_text(body, "utf-8")
            options += ["-T", "application/json", "-p", str(file)]
        amount = ("-n", str(requests), "-c", str(at_once))
        done = subprocess.run(
            [self._binary, *amount, *options, url],
            env={"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": self._libraries},
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        if done.returncode != 0:
            raise ServerStartError(f"ab: {done.stderr or done.stdout}")
        return _read(done.stdout)

    def _find(self) -> tuple[Path, str]:
        if found := installed("ab"):
            return found, ""
        unpack("apache2-utils", self._root)
        return self._root / "usr" / "bin" / "ab", library_path(self._root)


def _read(printed: str) -> Told:
    figures = {found["name"]: found["value"] for found in FIGURE.finditer(printed)}
    return Told(
        complete=int(figures["Complete requests"]),
        failed=int(figures["Failed requests"]),
        # A line that is missing where there were none.
        non_2xx=int(figures.get("Non-2xx responses", "0")),
        per_second=float(figures["Requests per second"]),
        p95=int(re.findall(r"^ +95% +(\d+)$", printed, re.MULTILINE)[0]),
    )
