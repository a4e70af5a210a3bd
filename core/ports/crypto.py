"""How passwords are hashed, and JWTs made and read."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Protocol

from core.model import Claims, SigningKey


class PasswordHasher(Protocol):
    """Hashes passwords slowly, on purpose. Every method may raise ``Overloaded``."""

    @abstractmethod
    async def hash(self, password: str) -> str:
        """Return a new salted hash of all of the password, however long; never twice the same."""

    @abstractmethod
    async def verify(self, password: str, stored: str | None) -> bool:
        """
        Tell whether ``stored`` is a hash of ``password``.

        With None, and with a hash that can't be read, answer False after as much work
        as any stored hash costs: time must not tell them apart.
        """

    @abstractmethod
    def is_stale(self, stored: str) -> bool:
        """Tell whether a hash made today would cost a different amount of work."""

    @abstractmethod
    async def aclose(self) -> None:
        """Let go of everything; may be repeated."""


class TokenSigner(Protocol):
    """Makes JWTs."""

    @abstractmethod
    async def sign(self, claims: Claims, key: SigningKey) -> str:
        """Return the compact JWS (RFC 7515); for an HMAC key the same text every time."""


class TokenVerifier(Protocol):
    """Reads JWTs."""

    @abstractmethod
    async def verify(self, token: str, keys: Mapping[str, SigningKey]) -> Claims:
        """
        Return what a token says that one of ``keys`` signed; its times are not judged.

        The key is the one that the header's ``kid`` names in ``keys``, the algorithm that
        key's and no other (RFC 8725 section 3.1); headers that bring or point to a key
        are refused. Raises ``InvalidToken`` for anything that is not such a token, or
        has a claim missing, of a wrong type, or of another issuer or audience.
        """
