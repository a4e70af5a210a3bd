"""Pages of lists, each found by ranges that an index has in the order of the list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.storage.mongo.database import Collection
from adapters.storage.mongo.documents import Document
from core.model import Place


@dataclass(frozen=True, slots=True)
class ListOrder:
    """By a field, and by a second one where that is equal, unless it is unique."""

    field: str
    key: str | None
    descending: bool = False

    @property
    def sort(self) -> list[tuple[str, int]]:
        fields = [self.field, self.key] if self.key else [self.field]
        return [(field, -1 if self.descending else 1) for field in fields]

    @property
    def index(self) -> str:
        """The name of the index that has this order."""
        name = "_".join(field for field, _ in self.sort)
        return "_id_" if name == "_id" else name

    def ranges(self, after: Place | None) -> Iterator[Document]:
        """
        Yield what is true of all behind the place, one range after the other.

        Asked for one by one, as the plan of an ``$or`` is the server's to choose. To it
        null comes before all else, yet is neither less nor greater than anything.
        """
        behind = "$lt" if self.descending else "$gt"
        if after is None:
            yield {}
            return
        if self.key:
            yield {self.field: after.value, self.key: {behind: after.key}}
        if after.value is not None:
            yield {self.field: {behind: after.value}}
            if self.descending and self.key:
                yield {self.field: None}
        elif not self.descending:
            yield {self.field: {"$ne": None}}


async def page_of(  # noqa: PLR0913 - a list, and what is wanted of it
    records: Collection,
    which: Sequence[Document],
    order: ListOrder,
    *,
    after: Place | None,
    limit: int,
    index: str | None = None,
) -> list[Document]:
    """Return up to ``limit`` of those of whom all of ``which`` is true."""
    found: list[Document] = []
    for behind in order.ranges(after):
        page = records.find(all_of([*which, behind]), hint=index).sort(order.sort)
        found += await page.limit(limit - len(found)).to_list()
        if len(found) == limit:
            break
    return found


async def count(
    records: Collection,
    which: Sequence[Document],
    count_to: int,
    *,
    index: str | None = None,
) -> int:
    """Return how many those are, counting no further."""
    if count_to < 1:
        return 0
    wanted = all_of(which)
    # Without a condition, nothing else would make the server use an index.
    hint = {"hint": index or "_id_"} if index or not wanted else {}
    options: dict[str, Any] = {"limit": count_to, **hint}
    return await records.count_documents(wanted, **options)


def all_of(conditions: Sequence[Document]) -> Document:
    """Return one condition; a field may be in several."""
    fields = [name for condition in conditions for name in condition]
    if len(fields) > len(set(fields)):
        return {"$and": [condition for condition in conditions if condition]}
    return {name: it for condition in conditions for name, it in condition.items()}
