"""How passwords are judged and hashed, keys parsed, and JWTs made and read."""

from abc import abstractmethod
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Protocol

from core import errors
from core.model import Claims, SigningKey

CALLER: ContextVar[str] = ContextVar("CALLER", default="")
"""For whom a task hashes: an address, as limits count them."""


class PasswordPolicy(Protocol):
    """Rules for passwords where one is set; never where one is checked."""

    @abstractmethod
    def problems(self, password: str) -> tuple[str, ...]:
        """Return a sentence for each rule that the password breaks."""

    def demand(self, password: str) -> None:
        """Raise ``PasswordRejected`` unless the password keeps every rule."""
        if problems := self.problems(password):
            raise errors.PasswordRejected(problems)


class PasswordHasher(Protocol):
    """
    Hashes passwords slowly, on purpose: ``hash`` and ``verify`` may raise ``Overloaded``.

    Where that is for a queue, it is fair to each ``CALLER``: nobody waits for a crowd of
    another's.

    A password is what ``prepared`` makes of it, in both.
    """

    @abstractmethod
    def demand_room(self) -> None:
        """Raise ``Overloaded`` if a password that came now would have to wait too long."""

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


class KeyParser(Protocol):
    """Makes keys of secrets."""

    @abstractmethod
    def parse(self, secret: str) -> SigningKey:
        """
        Return the key that a secret is: everywhere the same, and its ``kid`` too.

        A private key as PEM is for one algorithm of its kind: RS256 or PS256 for RSA of
        2048 bits at least, ES256 for P-256, EdDSA for Ed25519; its ``kid`` is the
        thumbprint of the public half (RFC 7638). Any other text is an HMAC key, its UTF-8
        bytes, no fewer than the hash has. Raises ``BadConfiguration`` for all that is
        weaker (RFC 7518), of another kind, or can't be read; the secret is never told.
        """


class TokenSigner(Protocol):
    """Makes JWTs."""

    @abstractmethod
    async def sign(self, claims: Claims, key: SigningKey) -> str:
        """
        Return the compact JWS (RFC 7515).

        The same text every time for HMAC, RS256 and EdDSA; RFC 7518 wants chance in
        the others. Tokens of one kind, session and role have one length whenever they
        are made, from 2001 to 2286 and up to generation 999,999.
        """


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

    @abstractmethod
    def kid(self, token: str) -> str | None:
        """Return the name of the key that a token claims; None for no token of our shape."""
