"""
Runs pip, or uv as pip is configured: where packages come from, and whom to trust.

    python tools/installer.py pip install ...
    python tools/installer.py uv pip install ...

uv reads none of pip's configuration, and pip before 24.2 knows no authority but those it
came with. Whatever their own variables say already stays as it is.
"""

import ast
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

SECTIONS = ("global", "install", ":env:")
"""Of pip's configuration, the one that counts most last."""

BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
"""Where systems keep their authorities, for a Python that was built elsewhere."""

SEPARATORS = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_EXTRA_INDEX_URL", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
    "client-cert": ("SSL_CLIENT_CERT", " "),
    "proxy": ("ALL_PROXY", " "),
}
"""What pip calls it, what uv calls it, and what uv puts between several."""


def main() -> None:
    program, *arguments = sys.argv[1:]
    told = pip_configuration()
    authorities = trusted(told)
    if program == "pip":
        command = [sys.executable, "-m", "pip", *arguments]
        ours = {"PIP_CERT": authorities} if authorities else {}
    else:
        command = [str(Path(sys.executable).with_name("uv")), *arguments]
        command += ["--no-index"] if told.get("no-index") in {"1", "true"} else []
        ours = for_uv(told, os.environ) | for_trust(authorities)
    os.execve(command[0], command, {**os.environ, **ours})  # noqa: S606 - no shell


def pip_configuration() -> dict[str, str]:
    """Return what pip would go by, from its files and its variables."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    said = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    pairs = (line.partition("=") for line in said.stdout.splitlines() if "=" in line)
    told = {name: str(ast.literal_eval(value)) for name, _, value in pairs}
    return {
        name.removeprefix(f"{section}."): value
        for section in SECTIONS
        for name, value in told.items()
        if name.startswith(f"{section}.")
    }


def for_uv(told: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which uv gets its packages where pip would."""
    ours = {}
    for name, (variable, separator) in SEPARATORS.items():
        places = [it for it in told.get(name, "").split() if _is_there(it)]
        if places and variable not in given:
            ours[variable] = separator.join(places)
    if "UV_INDEX_URL" in given:  # its older name
        ours.pop("UV_DEFAULT_INDEX", None)
    # As pip chooses among several; each package is held to its hash.
    return ours | {"UV_INDEX_STRATEGY": "unsafe-best-match"}


def for_trust(authorities: str | None) -> dict[str, str]:
    """Return the variables by which uv trusts these, and the system's where there is no file."""
    if authorities is None:
        return {"UV_SYSTEM_CERTS": "true"}
    is_directory = Path(authorities).is_dir()
    return {"SSL_CERT_DIR" if is_directory else "SSL_CERT_FILE": authorities}


def trusted(told: Mapping[str, str]) -> str | None:
    """Return the file of those whom pip is told to trust; else its own and the system's."""
    variables = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    chosen = told.get("cert") or next(
        filter(None, map(os.environ.get, variables)), None
    )
    if chosen:
        return chosen
    texts = [*_system_authorities()]
    if not texts:
        return None
    from pip._vendor import certifi  # noqa: PLC0415 - of whichever pip is here

    both = Path(sys.prefix, "authorities.pem")
    both.write_text("\n".join([certifi.contents(), *texts]), encoding="utf-8")
    return str(both)


def _system_authorities() -> Iterator[str]:
    found = ssl.get_default_verify_paths()
    files = [Path(it) for it in (found.cafile, *BUNDLES) if it and Path(it).is_file()]
    if not files and found.capath:
        files = [it for it in Path(found.capath).iterdir() if it.is_file()]
    for file in dict.fromkeys(file.resolve() for file in files):
        text = file.read_text(encoding="utf-8", errors="replace")
        if "BEGIN CERTIFICATE" in text:
            yield text


def _is_there(place: str) -> bool:
    """Tell whether to name it: pip passes over files that are not there, uv fails."""
    if place.startswith("file:"):
        return Path(url2pathname(urlsplit(place).path)).exists()
    return not place.startswith(("/", "./", "~")) or Path(place).expanduser().exists()


if __name__ == "__main__":
    main()
