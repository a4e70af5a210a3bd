"""Whether a storage has the schema that this program needs."""

from core import errors
from core.ports import Storage


async def demand_schema(storage: Storage) -> None:
    """Raise SchemaBehind if migrations still have to run on the storage, which is open."""
    if pending := await storage.pending():
        raise errors.SchemaBehind(pending)
