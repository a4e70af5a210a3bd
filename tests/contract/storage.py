from tests.contract.storage_archive import ArchiveLaws
from tests.contract.storage_archive_writing import ArchiveWritingLaws
from tests.contract.storage_backlog import BacklogLaws
from tests.contract.storage_credentials import AccountLaws, StampLaws
from tests.contract.storage_events import LogLaws, OutboxLaws
from tests.contract.storage_inactive import InactiveLaws
from tests.contract.storage_password_changes import ChangeLaws, HashLaws
from tests.contract.storage_passwords import ResetLaws, VerificationLaws
from tests.contract.storage_purge import PurgeLaws
from tests.contract.storage_removal import RemovalLaws
from tests.contract.storage_revocations import RevocationLaws
from tests.contract.storage_schema import SchemaLaws
from tests.contract.storage_session_clients import ClientLaws
from tests.contract.storage_sessions import EndingLaws, SessionLaws
from tests.contract.storage_tokens import TokenLaws
from tests.contract.storage_users import RegistrationLaws
from tests.contract.storage_values import StorageLaws, ValueLaws


class StorageContract(
    RegistrationLaws,
    AccountLaws,
    StampLaws,
    VerificationLaws,
    RemovalLaws,
    ResetLaws,
    ChangeLaws,
    HashLaws,
    SessionLaws,
    ClientLaws,
    EndingLaws,
    InactiveLaws,
    TokenLaws,
    RevocationLaws,
    LogLaws,
    OutboxLaws,
    BacklogLaws,
    ValueLaws,
    ArchiveLaws,
    ArchiveWritingLaws,
    PurgeLaws,
    SchemaLaws,
    StorageLaws,
):
    """The laws of ``Storage``; the fixture hands it in open, migrated and empty."""
