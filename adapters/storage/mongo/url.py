"""What a mongodb:// URL asks for."""

import warnings
from datetime import UTC

from pymongo import AsyncMongoClient, ReadPreference
from pymongo.errors import InvalidURI, PyMongoError

from adapters.storage.mongo.connections import Connections
from adapters.storage.mongo.database import Database
from adapters.storage.mongo.documents import Document
from adapters.storage.mongo.waiting import mend_waiting
from core.errors import BadConfiguration

DEFAULT_NAME = "scribes"

FORM = (
    "mongodb: write mongodb://host:27017/database?replicaSet=name, with user:password@"
    " before the host, percent-encoded"
)


def database_at(url: str) -> Database:
    """Return the database, not connected; raises ``BadConfiguration``, which never quotes a password."""
    connections = Connections()
    client, problems = _client(url, connections)
    problems += _overrides(client)
    if problems:
        raise BadConfiguration([f"mongodb: {problem}" for problem in problems])
    name = client.get_default_database(DEFAULT_NAME).name
    return Database(client, name, connections)


def _client(
    url: str, connections: Connections
) -> tuple[AsyncMongoClient[Document], list[str]]:
    mend_waiting()
    # The driver only warns of an option that it does not know or can't read.
    with warnings.catch_warnings(record=True) as noticed:
        warnings.simplefilter("always")
        try:
            client: AsyncMongoClient[Document] = AsyncMongoClient(
                url, tz_aware=True, tzinfo=UTC, event_listeners=[connections]
            )
        except (InvalidURI, ValueError):
            # The driver's words may quote a part of the URL, and so of the password.
            raise BadConfiguration([FORM]) from None
        except OSError as error:  # of a certificate's or a key's file
            told = f"{error.filename or 'a file of tls...'}: {error.strerror}"
            raise BadConfiguration([f"mongodb: {told}; name one we may read"]) from None
        except PyMongoError as error:
            raise BadConfiguration([f"mongodb: {error}"]) from None
    return client, [str(warning.message) for warning in noticed]


def _overrides(client: AsyncMongoClient[Document]) -> list[str]:
    """Return what the URL says of things that are not for an operator to weaken."""
    concern = client.write_concern.document
    settled = {
        "w": concern.get("w", "majority") == "majority",
        "journal": concern.get("j", True),
        "readConcernLevel": client.read_concern.level in {None, "majority"},
        "readPreference": client.read_preference == ReadPreference.PRIMARY,
    }
    advice = "leave it out: a majority has to acknowledge, and the primary is read"
    return [f"{option}: {advice}" for option, as_ours in settled.items() if not as_ours]
