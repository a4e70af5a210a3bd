from tests.contract.storage_archive import ArchiveLaws
from tests.contract.storage_archive_writing import ArchiveWritingLaws
from tests.contract.storage_backlog import BacklogLaws
from tests.contract.storage_change_effects import ChangeEffectLaws
from tests.contract.storage_credentials import AccountLaws, StampLaws
from tests.contract.storage_event_search import EventSearchLaws
from tests.contract.storage_events import LogLaws, OutboxLaws
from tests.contract.storage_inactive import InactiveLaws
from tests.contract.storage_last_admin import LastAdminLaws
from tests.contract.storage_password_changes import ChangeLaws, HashLaws
from tests.contract.storage_passwords import ResetLaws, VerificationLaws
from tests.contract.storage_places import OrderLaws, PlaceLaws
from tests.contract.storage_purge import PurgeLaws
from tests.contract.storage_removal import RemovalLaws
from tests.contract.storage_revocations import RevocationLaws
from tests.contract.storage_schema import SchemaLaws
from tests.contract.storage_search import FilterLaws, SearchLaws
from tests.contract.storage_session_clients import ClientLaws
from tests.contract.storage_session_lists import DeviceLaws, SessionListLaws
from tests.contract.storage_sessions import EndingLaws, SessionLaws
from tests.contract.storage_statistics import StatisticsLaws
from tests.contract.storage_tokens import TokenLaws
from tests.contract.storage_user_changes import UserChangeLaws
from tests.contract.storage_user_removal import UserRemovalLaws
from tests.contract.storage_users import RegistrationLaws
from tests.contract.storage_values import StorageLaws, ValueLaws


class StorageContract(
    RegistrationLaws,
    AccountLaws,
    SearchLaws,
    FilterLaws,
    OrderLaws,
    PlaceLaws,
    UserChangeLaws,
    ChangeEffectLaws,
    LastAdminLaws,
    UserRemovalLaws,
    StampLaws,
    VerificationLaws,
    RemovalLaws,
    ResetLaws,
    ChangeLaws,
    HashLaws,
    SessionLaws,
    DeviceLaws,
    SessionListLaws,
    ClientLaws,
    EndingLaws,
    InactiveLaws,
    TokenLaws,
    StatisticsLaws,
    RevocationLaws,
    LogLaws,
    EventSearchLaws,
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
