"""On whose behalf something is done."""

from dataclasses import dataclass
from typing import TypeAlias

from core.model.sessions import Identity
from core.model.users import Client


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody with an access token, and as what they were known when this request began."""

    identity: Identity
    client: Client


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs a command on the service's machine, and so has its secrets and its storage."""

    client: Client


Caller: TypeAlias = SignedIn | Operator
