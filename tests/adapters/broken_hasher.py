"""A small hasher, and others that are wrong on purpose: each differs from it in one way."""

import asyncio
import hashlib
import re
import secrets
from unicodedata import normalize

from core.errors import Overloaded
from core.passwords import prepared
from core.ports import PasswordHasher


class SmallHasher(PasswordHasher):
    """Right in all, though far too fast for passwords that matter."""

    def demand_room(self) -> None:
        return None

    async def hash(self, password: str) -> str:
        salt = self.salt()
        return f"{salt}${self.digest(self.material(password), salt)}"

    async def verify(self, password: str, stored: str | None) -> bool:
        salt, digest = self.parts(stored)
        return self.digest(self.material(password), salt) == digest

    def is_stale(self, stored: str) -> bool:
        return self.parts(stored)[1] is None

    async def aclose(self) -> None:
        return None

    def salt(self) -> str:
        return secrets.token_hex(8)

    def material(self, password: str) -> bytes:
        return prepared(password).encode("utf-8", "surrogatepass")

    def parts(self, stored: str | None) -> tuple[str, str | None]:
        match = re.fullmatch(r"([0-9a-f]{16})\$([0-9a-f]{64})", stored or "")
        return (match[1], match[2]) if match else ("", None)

    def digest(self, material: bytes, salt: str) -> str:
        # Hashed first: HMAC fills its keys up with NULs.
        key = hashlib.sha256(material).digest()
        return hashlib.pbkdf2_hmac("sha256", key, salt.encode(), 1000).hex()


class HasNeverRoom(SmallHasher):
    def demand_room(self) -> None:
        raise Overloaded


class NeverMatches(SmallHasher):
    async def verify(self, password: str, stored: str | None) -> bool:
        await super().verify(password, stored)
        return False


class IgnoresCase(SmallHasher):
    def material(self, password: str) -> bytes:
        return super().material(password.lower())


class ComparesPieces(SmallHasher):
    def material(self, password: str) -> bytes:
        return password.encode("utf-8", "surrogatepass")


class FoldsLookAlikes(SmallHasher):
    def material(self, password: str) -> bytes:
        return super().material(normalize("NFKC", password))


class OneSalt(SmallHasher):
    def salt(self) -> str:
        return "0" * 16


class KeepsPassword(SmallHasher):
    async def hash(self, password: str) -> str:
        return f"{await super().hash(password)}${password}"

    def parts(self, stored: str | None) -> tuple[str, str | None]:
        return super().parts("$".join((stored or "").split("$")[:2]))


class CutsAt72(SmallHasher):
    def material(self, password: str) -> bytes:
        return super().material(password)[:72]


class MeasuresCharacters(SmallHasher):
    def material(self, password: str) -> bytes:
        return super().material(password)[: None if len(password) > 72 else 72]


class StopsAtNul(SmallHasher):
    def material(self, password: str) -> bytes:
        return super().material(password).partition(b"\0")[0]


class RepeatsAtNul(SmallHasher):
    """As bcrypt does by itself."""

    def material(self, password: str) -> bytes:
        raw = super().material(password)
        return raw if len(raw) > 72 else ((raw + b"\0") * 72)[:72]


class RefusesSurrogates(SmallHasher):
    def material(self, password: str) -> bytes:
        return prepared(password).encode()


class ReplacesSurrogates(SmallHasher):
    def material(self, password: str) -> bytes:
        return prepared(password).encode("utf-8", "replace")


class AbsentIsEmpty(SmallHasher):
    async def verify(self, password: str, stored: str | None) -> bool:
        return await super().verify(password, stored) or (
            stored is None and not password
        )


class TakesPlainText(SmallHasher):
    async def verify(self, password: str, stored: str | None) -> bool:
        return await super().verify(password, stored) or password == stored != ""


class RaisesOnUnreadable(SmallHasher):
    async def verify(self, password: str, stored: str | None) -> bool:
        if stored is not None and self.is_stale(stored):
            raise ValueError(stored)
        return await super().verify(password, stored)


class QuickOnAbsent(SmallHasher):
    async def verify(self, password: str, stored: str | None) -> bool:
        return stored is not None and await super().verify(password, stored)


class QuickOnUnreadable(SmallHasher):
    async def verify(self, password: str, stored: str | None) -> bool:
        if stored is not None and self.is_stale(stored):
            return False
        return await super().verify(password, stored)


class SlowOnLong(SmallHasher):
    async def verify(self, password: str, stored: str | None) -> bool:
        if len(password) > 72:
            await super().verify(password, stored)
            await super().verify(password, stored)
        return await super().verify(password, stored)


class AlwaysStale(SmallHasher):
    answer = True

    def is_stale(self, stored: str) -> bool:  # noqa: ARG002 - that is what is wrong
        return self.answer


class NeverStale(AlwaysStale):
    answer = False


class SharesAVariable(SmallHasher):
    password = ""

    async def hash(self, password: str) -> str:
        self.password = password
        await asyncio.sleep(0)
        return await super().hash(self.password)


class ClosesOnce(SmallHasher):
    is_open = True

    async def aclose(self) -> None:
        if not self.is_open:
            raise RuntimeError
        self.is_open = False
