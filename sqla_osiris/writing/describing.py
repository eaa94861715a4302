"""``describe_event(order, event_type="shipped")``: what the event of one object's next flush is, beyond what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from weakref import WeakKeyDictionary, ref

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState
from sqlalchemy.orm.attributes import flag_dirty

from sqla_osiris.databases.plan import Expect, Write
from sqla_osiris.schema.event_context import NOTHING, Surroundings
from sqla_osiris.schema.log import log_of

__all__ = ["DESCRIBED", "describe_event", "described_writes"]


@dataclass(frozen=True, slots=True)
class _Described:
    """What was said of an object's next event, and in which transaction: None of an object that no database has yet."""

    said: Surroundings
    transaction: Any


DESCRIBED: Final[WeakKeyDictionary[InstanceState[Any], _Described]] = WeakKeyDictionary()
"""The objects whose next event is described. A flush asks for them only where there are any."""


def describe_event(
    instance: object, *, event_type: str | None = None, event_meta: Mapping[str, Any] | None = None
) -> None:
    """Have the event of this object's next flush carry a type and metadata, over those of ``event_context``.

    The object then writes an event in any case, also where no field changed. A further call adds to what was said. A
    rollback takes it back along with the object's other changes. Raises InvalidValue for what is no type, or no value of
    JSON.
    """
    log = log_of(type(instance))
    given = log.metadata(event_type=event_type, event_meta=event_meta)
    state: InstanceState[Any] = inspect(instance)
    if state.key is not None:
        flag_dirty(instance)
    transaction = _transaction(state) if state.key is not None else None
    said = _said(state, transaction) or NOTHING
    said = said.around(given.get("event_type"), given.get("event_meta"))
    DESCRIBED[state] = _Described(said, None if transaction is None else ref(transaction))


def described_writes(
    state: InstanceState[Any], writes: Sequence[Write], surrounding: Surroundings
) -> Sequence[Write]:
    """Return what a flush writes of an object, the last of it described; one event at least, if it is described."""
    said = _said(state, _transaction(state))
    DESCRIBED.pop(state, None)
    if said is None:
        return writes
    if not writes:
        key, seq = cast(Any, state.key)[1], state.dict.get("seq")
        writes = [Write(key, {}, expect=Expect.SEQ, expected_seq=seq)]
    writes[-1].metadata = surrounding.around(*said).columns
    return writes


def _said(state: InstanceState[Any], transaction: Any) -> Surroundings | None:
    described = DESCRIBED.get(state)
    if described is None or (
        described.transaction is not None and described.transaction() is not transaction
    ):
        return None
    return described.said


def _transaction(state: InstanceState[Any]) -> Any:
    session = state.session
    return None if session is None else session.get_nested_transaction() or session.get_transaction()
