"""What the steps of the schema are; a step that was ever published never changes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from pymongo import IndexModel

from adapters.storage import email_keys
from adapters.storage.mongo import administration, administrators


@dataclass(frozen=True, slots=True)
class Migration:
    """Indexes to make, and with them their collections; and what is to be counted."""

    name: str
    indexes: Mapping[str, Sequence[IndexModel]]
    counters: Sequence[str] = ()

    @property
    def checksum(self) -> str:
        wanted: dict[str, object] = {
            collection: [index.document for index in indexes]
            for collection, indexes in self.indexes.items()
        }
        wanted["counters"] = self.counters
        return sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()


def _index(
    *fields: str, unique: bool = False, sparse: bool = False, expires: bool = False
) -> IndexModel:
    options: dict[str, bool | int] = {}
    if unique:
        options["unique"] = True
    if sparse:
        options["sparse"] = True
    if expires:
        options["expireAfterSeconds"] = 0  # the field says when
    return IndexModel(
        [(field, 1) for field in fields], name="_".join(fields), **options
    )


FLAGS = ("role", "is_active", "is_verified", "_id")

MIGRATIONS = (
    Migration(
        "0001_accounts",
        {
            # The email first: of two names that are taken, the server tells of the first.
            "users": [
                _index("email_key", unique=True),
                _index("username_key", unique=True),
            ],
            "sessions": [
                _index("user_id"),
                _index("expires_at"),
                _index("ended_at"),
                _index("forget_at", expires=True),
            ],
            "one_time_tokens": [
                _index("user_id", "purpose"),
                _index("expires_at"),
                _index("forget_at", expires=True),
            ],
            "events": [
                _index("seq", unique=True, sparse=True),
                _index("unnumbered", sparse=True),
                _index("due_at", sparse=True),
                _index("user_id", "seq"),
                _index("at"),
            ],
        },
        counters=["users"],
    ),
    # The index is there by itself; asking for it makes the collection.
    Migration("0002_revoked_keys", {"revoked_keys": [IndexModel("_id", name="_id_")]}),
    # The keys of addresses that are not ASCII: the program computes them.
    Migration(email_keys.MIGRATION, {}),
    # Lists and figures; the program fills in what documents of before lack.
    Migration(
        administration.MIGRATION,
        {
            "users": [
                _index(*FLAGS),
                _index("created_at", "_id"),
                _index("last_login_at", "_id"),
                _index("grams"),
            ],
            "sessions": [_index("ended_at", "expires_at")],
            "events": [
                _index("at", "seq"),
                _index("user_id", "at", "seq"),
                _index("actor", "at", "seq"),
                _index("kind", "at", "seq"),
                _index("address", "at", "seq"),
            ],
            "tallies": [IndexModel("_id", name="_id_")],
        },
        counters=[administrators.COUNTER],
    ),
)
