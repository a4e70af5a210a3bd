"""What clients can read in the tokens that they are given."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from adapters.tokens.jwt_tokens import JwtTokens
from adapters.tokens.secret_keys import SecretKeys
from core.errors import InvalidMailToken
from core.keys.keyring import Keyring, KeyRules
from core.keys.token_service import TokenService, hmac_key
from core.model import UNTOLD, Purpose, SecretVersion
from tests.doubles import SetClock
from tests.http.api import decoded

NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class Token:
    """A JWT as its claims have it; a refresh token has a ``generation``. Times in seconds."""

    text: str
    kid: str
    user: int
    session: str
    issued_at: int
    expires_at: float
    generation: int | None

    @classmethod
    def of(cls, text: str) -> Self:
        """Read one."""
        header, claims = decoded(text)
        return cls(
            text,
            header["kid"],
            int(claims["sub"]),
            claims["sid"],
            claims["iat"],
            claims["exp"] + claims["exp_ms"] / 1000,
            claims.get("gen"),
        )

    @property
    def edition(self) -> str:
        """Tells it from another of the same generation, if a millisecond is between them."""
        return f"{self.expires_at:.3f}"


def mailed_id(token: str) -> str:
    """Return the id in a mailed token, as events have it."""
    return token.partition(".")[0]


@dataclass
class Key:
    """A key of the service's, which can tell what was signed with it."""

    secret: str
    _service: TokenService = field(init=False)

    def __post_init__(self) -> None:
        rules = KeyRules(activation=NO_TIME, token_life=NO_TIME, leeway=NO_TIME)
        keyring, tokens = Keyring(SecretKeys(), rules), JwtTokens("", "")
        keyring.load([SecretVersion(self.secret, "", UNTOLD)])
        self._service = TokenService(
            signer=tokens,
            verifier=tokens,
            keyring=keyring,
            clock=SetClock(),
            leeway=NO_TIME,
        )

    @property
    def kid(self) -> str:
        """Its name in the header of a JWT."""
        return hmac_key(self.secret, "HS256").kid

    def signed(self, mail: str) -> bool:
        """Tell whether a mailed token is of this key."""
        for purpose in Purpose:
            with suppress(InvalidMailToken):
                return bool(self._service.open_mail_token(mail, purpose))
        return False
