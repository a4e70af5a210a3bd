"""Failures counted in this process, found by what counts them and by account."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

Counter: TypeAlias = tuple[str, str | None]
"""Whose failures: an account's from an address it knows, or (None) from all others."""


@dataclass(slots=True)
class Failures:
    """When each began, latest last; all are forgotten ``until``."""

    times: list[datetime]
    until: datetime


class FailureTable(OrderedDict[Counter, Failures]):
    """Knows the counters of an account without a look at all others."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, set[Counter]] = {}
        """By account, those of known addresses; the one of all others needs no search."""

    def of(self, account: str) -> list[Counter]:
        """Return the counters of an account that have failures."""
        others: Counter = (account, None)
        found = [others] if others in self else []
        return [*found, *self.known.get(account, ())]

    def __setitem__(self, counter: Counter, failures: Failures) -> None:
        super().__setitem__(counter, failures)
        account, address = counter
        if address is not None:
            self.known.setdefault(account, set()).add(counter)

    def __delitem__(self, counter: Counter) -> None:
        super().__delitem__(counter)
        self._leave(counter)

    def pop(self, counter: Counter, *default: Any) -> Any:  # noqa: ANN401 - as its base
        failures = super().pop(counter, *default)
        self._leave(counter)
        return failures

    def popitem(self, last: bool = True) -> tuple[Counter, Failures]:  # noqa: FBT001, FBT002 - as its base
        counter, failures = super().popitem(last)
        self._leave(counter)
        return counter, failures

    def _leave(self, counter: Counter) -> None:
        counters = self.known.get(counter[0], set())
        counters.discard(counter)
        if not counters:
            self.known.pop(counter[0], None)
