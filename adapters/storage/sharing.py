"""One answer for all who ask the same at one time."""

import asyncio
from collections.abc import Awaitable, Callable


class Shared:
    """
    A question to a store, which is under way once at most.

    Who asks meanwhile gets its answer, too: whoever may ask as often as he likes, as for
    health, can't keep the store busy with it.
    """

    def __init__(self, question: Callable[[], Awaitable[None]]) -> None:
        self._question = question
        self._asking: asyncio.Future[None] | None = None

    async def ask(self) -> None:
        """Raise what the question raises."""
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._question())
            self._asking.add_done_callback(self._end)
        # Shielded: who gives up must not take the answer from the others.
        await asyncio.shield(self._asking)

    def _end(self, asked: asyncio.Future[None]) -> None:
        self._asking = None
        if not asked.cancelled():
            asked.exception()  # nobody may be left to hear of it
