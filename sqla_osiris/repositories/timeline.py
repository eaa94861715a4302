"""What happened to a stream: ``diff`` between two moments, and ``replay``, its history with the state after each event.

``adiff`` and ``areplay`` are the same for asynchronous repositories. All of them ask for states and histories, and
fold in Python.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, TypeVar

from sqla_osiris import fold as folds
from sqla_osiris.awaiting import refuse_asynchronous
from sqla_osiris.records import Event
from sqla_osiris.repositories.protocol import Repository
from sqla_osiris.repositories.results import state_from, touching
from sqla_osiris.repositories.verification import same_value
from sqla_osiris.schema.log import log_of
from sqla_osiris.schema.moments import Moment

__all__ = ["ABSENT", "Change", "Changes", "Replayed", "adiff", "areplay", "diff", "replay"]

ModelT = TypeVar("ModelT")


class _Absent:
    """No stream lived then, so its fields had no value: not even None."""

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        # By its name: what is ABSENT is so after a copy and in another process, too.
        return "ABSENT"


ABSENT: Final = _Absent()
"""Stands in a :class:`Change` for the value of a field of a stream that did not live at that moment."""


class Change(NamedTuple):
    """One field's value at two moments; ``ABSENT`` where no stream lived."""

    before: Any
    after: Any


class Changes(Mapping[str, Change], Generic[ModelT]):
    """The fields that differ between two states of a stream, in the order of their declaration; empty where none does.

    ``before`` and ``after`` are the states themselves, None where no stream lived.
    """

    def __init__(self, before: ModelT | None, after: ModelT | None, changes: Mapping[str, Change]) -> None:
        self.before = before
        self.after = after
        self._changes = dict(changes)

    def __getitem__(self, field: str) -> Change:
        return self._changes[field]

    def __iter__(self) -> Iterator[str]:
        return iter(self._changes)

    def __len__(self) -> int:
        return len(self._changes)

    def __repr__(self) -> str:
        changes = (f"{field}: {change.before!r} → {change.after!r}" for field, change in self.items())
        return f"<Changes {', '.join(changes) or 'none'}>"


def diff(
    repository: Repository[ModelT],
    context: Any,
    before: Moment | None,
    after: Moment | None = None,
) -> Changes[ModelT]:
    """Return what differs between the stream's states at two moments, each a seq or an aware datetime; None is now.

    Where the stream lived at one of them alone, every field differs, and ``ABSENT`` is its other value; where it
    lived at neither, nothing does. Two states are read. Raises InvalidValue for what is no moment.
    """
    refuse_asynchronous(repository, "diff", "Await adiff() instead")
    then, later = (repository.state(context, at=at) for at in (before, after))
    return _changes(repository.model, then, later)


async def adiff(
    repository: Any, context: Any, before: Moment | None, after: Moment | None = None
) -> Changes[Any]:
    """As :func:`diff`, of an asynchronous repository."""
    then, later = [await repository.state(context, at=at) for at in (before, after)]
    return _changes(repository.model, then, later)


def _changes(model: type[ModelT], then: ModelT | None, later: ModelT | None) -> Changes[ModelT]:
    changes = {}
    for key in log_of(model).by_key:
        left, right = (ABSENT if state is None else getattr(state, key, None) for state in (then, later))
        absent = left is ABSENT or right is ABSENT
        if left is not right and (absent or not same_value(left, right)):
            changes[key] = Change(left, right)
    return Changes(then, later, changes)


@dataclass(frozen=True, slots=True)
class Replayed(Generic[ModelT]):
    """An event and the state after it: None after the one that ended the stream."""

    event: Event
    state: ModelT | None


def replay(repository: Repository[ModelT], context: Any, *, after: int = 0) -> Iterator[Replayed[ModelT]]:
    """Yield the stream's events beyond seq ``after``, in the order of seq, each with the state after it.

    One pass over the history, folded in Python. The states belong to no session.
    """
    refuse_asynchronous(repository, "replay", "Iterate over areplay() by `async for` instead")
    return _replay(repository, context, after)


def _replay(repository: Repository[ModelT], context: Any, after: int) -> Iterator[Replayed[ModelT]]:
    fold = _Fold(repository.model, after)
    for event in repository.history(context):
        yield from fold.step(event)


async def areplay(repository: Any, context: Any, *, after: int = 0) -> AsyncIterator[Replayed[Any]]:
    """As :func:`replay`, of an asynchronous repository."""
    fold: _Fold[Any] = _Fold(repository.model, after)
    async for event in repository.history(context):
        for replayed in fold.step(event):
            yield replayed


class _Fold(Generic[ModelT]):
    def __init__(self, model: type[ModelT], after: int) -> None:
        self._model = model
        self._log = log_of(model)
        self._after = after
        self._folded = folds.identity(self._log.reducers)

    def step(self, event: Event) -> Iterator[Replayed[ModelT]]:
        self._folded = folds.fold(self._log.reducers, touching(self._log, [event]), onto=self._folded)
        if event.seq > self._after:
            key = self._log.key_of(event.context)
            yield Replayed(event, None if event.ends else state_from(self._model, key, self._folded))
