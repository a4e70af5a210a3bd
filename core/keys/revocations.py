"""Keys that were revoked: the brake that works whatever the secrets backend can do."""

from dataclasses import dataclass

from core.event_factory import EventFactory
from core.keys.keyring import Keyring
from core.model import Client, RevokedKey
from core.model.events import Actor, EventKind
from core.ports import Clock, KeyRevocations


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocations:
    """Takes keys out of use, here at once and on every other replica when it next learns."""

    storage: KeyRevocations
    keyring: Keyring
    clock: Clock
    events: EventFactory

    async def learn(self) -> int:
        """Give up the keys that were revoked; return how many are new."""
        return self.keyring.revoke(await self.storage.revoked())

    async def revoke(self, kid: str, operator: Client) -> bool:
        """Revoke a key for good; False if it was already."""
        now = self.clock.now()
        event = self.events.make(
            EventKind.KEY_REVOKED, now, Actor.OPERATOR, operator, data={"kid": kid}
        )
        key = RevokedKey(kid, now)
        is_new = await self.storage.revoke(key, events=[event])
        self.keyring.revoke([key])
        return is_new
