"""What the service signs with, known to the tests."""

from dataclasses import dataclass

from tests.contract.private_keys import KINDS, pem, private_key, public_pem, sign
from tests.security.forge import SECRET, b64, hs256


@dataclass(frozen=True, slots=True)
class Ring:
    """A ring of one key; made by ``ring_of``."""

    algorithm: str
    secret: str

    @property
    def fields(self) -> dict[str, str]:
        """What leads the application to it."""
        return {"jwt_secret_key": self.secret, "jwt_algorithm": self.algorithm}

    @property
    def settings(self) -> dict[str, str]:
        """The same in the environment of a service."""
        return {name.upper(): value for name, value in self.fields.items()}

    @property
    def public(self) -> bytes:
        """The public half as PEM; another key's where there is none."""
        kind = self.algorithm if self.algorithm in KINDS else "RS256"
        return public_pem(private_key(kind))

    def signature(self, text: str) -> str:
        if self.algorithm == "HS256":
            return hs256(text)
        return b64(sign(private_key(self.algorithm), self.algorithm, text))


def ring_of(algorithm: str) -> Ring:
    if algorithm in KINDS:
        return Ring(algorithm, pem(private_key(algorithm)))
    return Ring(algorithm, SECRET)
