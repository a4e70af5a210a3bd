"""
A password proved without being sent: SRP-6a (RFC 5054) as Amazon Cognito has it.

The group is that of 3072 bits (RFC 3526, section 4), the hash SHA-256. Beyond the RFC, a number
is hashed as the bytes of its two's complement, the name is the pool's with the user's, and
the key is HKDF's of the shared secret (RFC 5869), of 16 bytes.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime

N = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05"
    "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB"
    "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33"
    "A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864"
    "D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2"
    "08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
G = 2
INFO = b"Caldera Derived Key\x01"
KEY_BYTES = 16
SECRET_BITS = 1024

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


class Proof:
    """One try to prove a password: ``public`` goes first, then the answers to the challenge."""

    def __init__(self) -> None:
        self._secret = secrets.randbits(SECRET_BITS) | 1
        self._public = pow(G, self._secret, N)

    @property
    def public(self) -> str:
        """The number that the pool is told, in hex."""
        return f"{self._public:x}"

    def responses(
        self, pool_id: str, told: Mapping[str, str], password: str, now: datetime
    ) -> dict[str, str]:
        """Return the answers to ``PASSWORD_VERIFIER``; raises ValueError for a bad one."""
        _, _, pool_name = pool_id.partition("_")
        user = told["USER_ID_FOR_SRP"]
        theirs = int(told["SRP_B"], 16)
        if theirs % N == 0:
            raise ValueError("no number of this group")
        x = verifier_exponent(told["SALT"], pool_name, user, password)
        u = scrambler(self._public, theirs)
        shared = pow(theirs - MULTIPLIER * pow(G, x, N), self._secret + u * x, N)
        time = timestamp(now)
        block = base64.b64decode(told["SECRET_BLOCK"])
        message = pool_name.encode() + user.encode() + block + time.encode()
        signature = hmac.digest(key_of(shared, u), message, hashlib.sha256)
        return {
            "TIMESTAMP": time,
            "USERNAME": user,
            "PASSWORD_CLAIM_SECRET_BLOCK": told["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(signature).decode(),
        }


def in_bytes(number: int) -> bytes:
    """Return a number as it is hashed: never with the first bit set."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def hashed(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


MULTIPLIER = hashed(in_bytes(N), in_bytes(G))


def verifier_exponent(salt: str, pool_name: str, user: str, password: str) -> int:
    """Return x, which only who knows the password can make."""
    inner = hashlib.sha256(f"{pool_name}{user}:{password}".encode()).digest()
    return hashed(in_bytes(int(salt, 16)), inner)


def scrambler(client: int, server: int) -> int:
    """Return u, of the numbers that both have told."""
    return hashed(in_bytes(client), in_bytes(server))


def key_of(shared: int, u: int) -> bytes:
    """Return the key that both have then."""
    extracted = hmac.digest(in_bytes(u), in_bytes(shared), hashlib.sha256)
    return hmac.digest(extracted, INFO, hashlib.sha256)[:KEY_BYTES]


def timestamp(now: datetime) -> str:
    """Return a time in UTC as the pool wants it: ``Sat Sep 5 09:03:07 UTC 2026``."""
    day, month = DAYS[now.weekday()], MONTHS[now.month - 1]
    return f"{day} {month} {now.day} {now:%H:%M:%S} UTC {now.year}"
