from functools import partial

import pytest

from tests.adapters import (  # noqa: F401 - each adds its faults
    broken_storage_archive,
    broken_storage_backlog,
    broken_storage_clients,
    broken_storage_credentials,
    broken_storage_events,
    broken_storage_password_changes,
    broken_storage_passwords,
    broken_storage_purge,
    broken_storage_removal,
    broken_storage_revocations,
    broken_storage_sessions,
    broken_storage_tokens,
    broken_storage_users,
)
from tests.adapters.broken_storage import BROKEN, storage_with
from tests.contract.base import broken_laws
from tests.contract.storage import StorageContract


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_fault_breaks_its_laws_and_no_others(fault: type) -> None:
    assert BROKEN[fault] == await broken_laws(
        StorageContract, partial(storage_with, fault)
    )


def test_every_law_can_be_broken() -> None:
    assert set(StorageContract.laws()) == set().union(*BROKEN.values())
