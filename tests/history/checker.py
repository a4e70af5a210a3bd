"""
Whether some order of the operations explains every answer.

Linearizability as Herlihy and Wing have it, decided as Wing, Gong and Lowe do: whatever
ended must have happened between its beginning and its end, and what else is under way is
done only where an answer asks for it. Each account is judged by itself; they share nothing.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias

from tests.history.model import DONE, MET, Asked, State, steps
from tests.history.operations import READS, Kind, Operation

Marks: TypeAlias = frozenset[tuple[str, str]]
"""Which operations under way have come how far, by name."""

Possibility: TypeAlias = tuple[State, Marks]

MOST = 200_000
"""Possibilities at a time; that many are the fault of clients who left too much open."""

LEAVE_NO_TRACE = READS | {Kind.LOG_IN}
"""Without an answer: of a log-in, nobody has the tokens then."""


class UndecidedError(Exception):
    """There are too many possibilities to look at all of them."""


@dataclass(frozen=True)
class Unexplained:
    """The operation that no order explains, all until then, and what was possible before."""

    operation: Operation
    history: Sequence[Operation]
    before: Collection[State]


def explain(history: Sequence[Operation]) -> Unexplained | None:
    """Return what can't be explained of an account's history, None if all of it can be."""
    search = Search()
    for at, operation in _moments(history):
        if at == operation.begun:
            search.begin(operation)
        elif not search.end(operation):
            until = [one for one in history if one.begun < at]
            return Unexplained(operation, until, search.states)
    return None


def _moments(history: Iterable[Operation]) -> list[tuple[int, Operation]]:
    begun = [(one.begun, one) for one in history]
    ended = [(one.ended, one) for one in history if one.ended is not None]
    return sorted(begun + ended, key=lambda moment: moment[0])


@dataclass
class Search:
    """All that may be at one moment."""

    possible: set[Possibility] = field(default_factory=lambda: {(State(), frozenset())})
    _open: dict[str, Operation] = field(default_factory=dict)

    @property
    def states(self) -> Collection[State]:
        """What may be stored."""
        return {state for state, _ in self.possible}

    def begin(self, operation: Operation) -> None:
        """From now on it may be done."""
        if operation.answer or operation.call.kind not in LEAVE_NO_TRACE:
            self._open[operation.name] = operation

    def end(self, operation: Operation) -> bool:
        """Keep what agrees with the answer; False, and no change, if nothing does."""
        name = operation.name
        found = self._once_done(name)
        if not found:
            return False
        del self._open[name]
        gone = {(name, DONE), (name, MET)}
        self.possible = {(state, marks - gone) for state, marks in found}
        return True

    def _once_done(self, name: str) -> set[Possibility]:
        """Return what may be as soon as an operation is done; all else can come later."""
        least = Least({n for n, one in self._open.items() if one.answer is None})
        todo = deque(filter(least.add, map(self._settled, self.possible)))
        found = Least(least.optional)
        while todo:
            state, marks = todo.popleft()
            if (name, DONE) in marks:
                found.add((state, marks))
                continue
            todo.extend(filter(least.add, map(self._settled, self._next(state, marks))))
            if least.size > MOST:
                raise UndecidedError(f"more than {MOST} possibilities at {name}")
        return set(found)

    def _next(self, state: State, marks: Marks) -> Iterator[Possibility]:
        tried: set[object] = set()
        for name, operation in self._open.items():
            if (name, DONE) in marks:
                continue
            if operation.answer is None:
                # Of those that do the same, the first was there all the while.
                effect = operation.call, operation.token, (name, MET) in marks
                if effect in tried:
                    continue
                tried.add(effect)
            for after in _done(state, marks, operation):
                if operation.answer or after != state:
                    yield after, marks | {(name, DONE)}

    def _settled(self, possibility: Possibility) -> Possibility:
        """Do at once what costs nothing: first steps, and all that changes nothing."""
        state, marks = possibility
        new = set()
        for name, operation in self._open.items():
            if (name, DONE) in marks:
                continue
            if _is_passive(operation) and state in _done(state, marks, operation):
                new.add((name, DONE))
            elif (name, MET) not in marks and _is_met(state, operation):
                new.add((name, MET))
        return state, marks | new


@dataclass
class Least:
    """
    Possibilities, without those that another includes.

    If all else is the same, who has used fewer of the operations that need not have been
    done can do all that the other can.
    """

    optional: Collection[str]
    size: int = 0
    _uses: dict[Possibility, list[Marks]] = field(default_factory=dict)

    def add(self, possibility: Possibility) -> bool:
        """Add it; False, and no change, if one that is there includes it."""
        state, marks = possibility
        used = frozenset(m for m in marks if m[0] in self.optional and m[1] == DONE)
        others = self._uses.setdefault((state, marks - used), [])
        if any(fewer <= used for fewer in others):
            return False
        kept = [other for other in others if not used <= other]
        self.size += 1 + len(kept) - len(others)
        others[:] = [*kept, used]
        return True

    def __iter__(self) -> Iterator[Possibility]:
        """Yield them."""
        for (state, rest), uses in self._uses.items():
            for used in uses:
                yield state, rest | used


def _is_passive(operation: Operation) -> bool:
    """Tell whether its answer says that it changed nothing; a refresh refused may have."""
    if operation.answer is None:
        return False
    kind, refused = operation.call.kind, operation.answer.code
    return kind in READS or bool(refused and kind is not Kind.REFRESH)


def _is_met(state: State, operation: Operation) -> bool:
    asked = Asked(operation.token, operation.call, operation.answer)
    return any(progress == MET for _, _, progress in steps(state, asked))


def _done(state: State, marks: Marks, operation: Operation) -> Iterator[State]:
    """Yield the states that an operation leaves if it ends here as was answered."""
    seen = operation.answer
    asked = Asked(operation.token, operation.call, seen)
    last = steps(state, asked, MET) if (operation.name, MET) in marks else ()
    for answer, after, progress in chain(steps(state, asked), last):
        if progress == DONE and (seen is None or answer == seen):
            yield after
