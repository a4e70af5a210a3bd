"""Texts that were meant to be, or to name, a key, and would make a poor HMAC key."""

import base64
import json
import re
from collections.abc import Callable, Iterator, Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_der_public_key,
)

PEM = "-----BEGIN"
WRAPPINGS = 3
"""Base64 in Base64: Kubernetes' ``data`` is coded once by whoever writes it."""

JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
REFERENCES = (
    (re.compile(r"\$\{.*\}|\$\(.*\)|\{\{.*\}\}|\$[A-Z_]+|%[A-Z_]+%", re.DOTALL), (
        "a variable that nobody has put in; its value belongs here"
    )),
    (re.compile(r"@Microsoft\.KeyVault\(.*", re.DOTALL), (
        "a reference that App Service could not resolve; let its identity read the vault"
    )),
    (re.compile(r"ENC\[.+\]|\{cipher\}.*|\$ANSIBLE_VAULT.*", re.DOTALL), (
        "a secret that nobody has decrypted"
    )),
    (re.compile(r"(ssh-\w+|ecdsa-\S+) \S+.*|-----BEGIN [A-Z ]*PUBLIC KEY.*", re.DOTALL), (
        "a public key, which everybody may know; the private one belongs here"
    )),
    (re.compile(r"arn:aws[\w-]*:.*|projects/.+/secrets/.*"), (
        "the name of a secret; SECRETS_URL says where, and secret:NAME which"
    )),
    (re.compile(r"(secrets?|file|aws|gcp|azure|vault|https?)://?\S*|secrets?:[\w./-]*"), (
        "an address; SECRETS_URL says where the secret is, and secret:NAME which"
    )),
    (re.compile(r"([~.]{0,2}|[A-Za-z]:)[/\\][\w./\\ -]*\.\w{2,4}|/(run|etc|var)/[\w./-]+"), (
        "the path of a file; write SECRETS_URL=file:///DIRECTORY and secret:FILE"
    )),
)  # fmt: skip
"""What only names a secret, and what to do."""


def mistake(secret: str) -> str | None:
    """Return what the text is instead of a secret, and what to write; None if it is one."""
    text = secret.strip()
    if text.startswith(("{", "[")) and (problem := _in_json(text)):
        return problem
    if JWT.fullmatch(text):
        return "this is a token, and whoever has seen it would have the key"
    for pattern, problem in REFERENCES:
        if pattern.fullmatch(text):
            return f"this is {problem}"
    return _wrapped(text)


def _in_json(text: str | bytes) -> str | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, dict) and ("kty" in found or "keys" in found):
        return "this is a JWK; write the private key as PEM, an HMAC key as text"
    return "this is JSON as a whole; name the field that is the key: secret:NAME#FIELD"


def _wrapped(text: str) -> str | None:
    for content in unwrapped(text):
        if content.lstrip().startswith(b"{") and (problem := _in_json(content)):
            return f"{problem}; and it is wrapped in Base64 or hex digits"
        if content.lstrip().startswith(PEM.encode()):
            return (
                "this is a PEM wrapped in Base64 or hex digits; write the PEM itself"
                " (`base64 -d`)"
            )
        if _is_key(content):
            return (
                "this is a key in DER as Base64 or hex digits; write it as PEM, with its"
                " lines -----BEGIN and -----END"
            )
    return None


def unwrapped(text: str) -> Iterator[bytes]:
    """Yield what the text is the Base64 or the hex digits of, and that in turn."""
    yield from _unwrapped(text.encode("utf-8", "replace"), WRAPPINGS)


def _unwrapped(content: bytes, wrappings: int) -> Iterator[bytes]:
    compact = b"".join(content.replace(b"\\n", b"").split())
    for decode in (_from_hex, _from_base64):
        try:
            inner = decode(compact)
        except ValueError:
            continue
        yield inner
        if wrappings > 1 and inner.isascii():
            yield from _unwrapped(inner, wrappings - 1)


def _from_hex(digits: bytes) -> bytes:
    return bytes.fromhex(digits.decode("ascii"))


def _from_base64(text: bytes) -> bytes:
    standard = text.translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    return base64.b64decode(standard + b"=" * (-len(standard) % 4), validate=True)


def _is_key(content: bytes) -> bool:
    loads: Sequence[Callable[[bytes], object]] = (
        lambda der: load_der_private_key(der, password=None),
        load_der_public_key,
    )
    return content.startswith(b"\x30") and any(_loads(it, content) for it in loads)


def _loads(load: Callable[[bytes], object], content: bytes) -> bool:
    try:
        load(content)
    except (ValueError, UnsupportedAlgorithm):
        return False
    except TypeError:  # it is encrypted
        return True
    return True
