import pytest

from adapters.storage.memory import MemoryStorage
from core.errors import BadConfiguration
from tests.contract.storage import StorageContract


class TestMemoryStorage(StorageContract):
    @pytest.fixture
    def subject(self) -> MemoryStorage:
        return MemoryStorage.from_url("memory://")


@pytest.mark.parametrize("url", ["memory:///file", "memory://?size=1", "memory:"])
def test_nothing_but_the_scheme_is_understood(url: str) -> None:
    with pytest.raises(BadConfiguration, match="memory://"):
        MemoryStorage.from_url(url)
