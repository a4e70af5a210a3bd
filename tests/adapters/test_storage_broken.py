import asyncio
from functools import partial

import pytest

from tests.adapters import (  # noqa: F401 - each adds its faults
    broken_storage_archive,
    broken_storage_backlog,
    broken_storage_change_effects,
    broken_storage_clients,
    broken_storage_credentials,
    broken_storage_devices,
    broken_storage_event_search,
    broken_storage_events,
    broken_storage_figures,
    broken_storage_filters,
    broken_storage_last_admin,
    broken_storage_password_changes,
    broken_storage_passwords,
    broken_storage_places,
    broken_storage_purge,
    broken_storage_removal,
    broken_storage_revocations,
    broken_storage_search,
    broken_storage_session_lists,
    broken_storage_sessions,
    broken_storage_tokens,
    broken_storage_user_changes,
    broken_storage_user_removal,
    broken_storage_users,
)
from tests.adapters.broken_storage import (
    BROKEN,
    Use,
    changed_by,
    storage_with,
    used_by,
)
from tests.contract.base import broken_laws
from tests.contract.storage import StorageContract


@pytest.fixture(scope="module")
def used() -> dict[str, set[Use]]:
    return asyncio.run(used_by(StorageContract))


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_fault_breaks_its_laws_and_no_others(
    fault: type, used: dict[str, set[Use]]
) -> None:
    # A law that uses nothing of what is wrong finds a storage that is sound.
    concerned = [law for law, uses in used.items() if uses & changed_by(fault)]

    assert BROKEN[fault] == await broken_laws(
        StorageContract, partial(storage_with, fault), concerned
    )


def test_every_law_can_be_broken() -> None:
    assert set(StorageContract.laws()) == set().union(*BROKEN.values())
