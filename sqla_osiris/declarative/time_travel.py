"""The ORM's past: ``as_of``, a model as it was, for any query; ``time_travel``, a session whose every query sees a moment.

What comes out is read-only and an object of its own: the present object of the same context stays what it is, and a
refresh loads that moment again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import inspect
from sqlalchemy.orm import Session, aliased, scoped_session

from sqla_osiris.errors import NotExpressible
from sqla_osiris.reading.past import types_in_the_past
from sqla_osiris.reading.past_sessions import refuse_write, travelling_to, watch, writes_pending
from sqla_osiris.schema.log import log_of
from sqla_osiris.schema.moments import AsOf, Moment, checked_moment, moment_bind, past_alias

__all__ = ["as_of", "time_travel"]

ModelT = TypeVar("ModelT")
SessionT = TypeVar("SessionT")


def as_of(model: type[ModelT], when: Moment, *, name: str | None = None) -> type[ModelT]:
    """The model, or a view of one, as it was at a moment: an aliased class for any query.

    ``when`` is an aware datetime: each context then stands at its last event recorded up to it, by the database's
    clock; or a seq: each context stands at that seq, or at its last one where it has fewer. Streams that had ended or
    not begun have no row. Fields that Python folds can be selected; comparing them raises FoldUnavailable, with
    ``Inline()`` too. Raises InvalidValue for any other ``when``.
    """
    grouping = getattr(model, "__grouping__", None)
    moment = moment_bind(checked_moment(when, "as_of(when)"))
    if grouping is None:
        log = log_of(model)
        alias = past_alias(log.folded, name, moment, types_in_the_past(log))
    else:
        alias = past_alias(inspect(model).local_table, name, moment, {})
    return aliased(model, alias, name=name)


@contextmanager
def time_travel(session: SessionT, when: Moment) -> Iterator[SessionT]:
    """Inside the context, every query of event-sourced models in this session sees them as of ``when``.

    That is: select, get, lazy and eager loads from any object, refresh, and joins with ordinary tables, whose rows are
    the present ones. ``session`` is a Session, an AsyncSession or a scope of either; pending changes of a Session are
    flushed first. What is loaded is of that moment for good, and read-only: a change of an event-sourced model
    raises NotExpressible at the flush, or at the end of the context. Inside another ``time_travel`` the inner one counts.
    Not seen by it: SQL texts, ``session.connection()``, and the log itself (``Model.Event``).
    """
    moment = checked_moment(when, "time_travel(when)")
    its = _session_of(session)
    if its is session:
        its.flush()
    watch(its)
    for model, state in writes_pending(its):
        refuse_write(model, its, state)
        raise NotExpressible(
            f"{model}: the session has changes that are not flushed. Flush (or roll back) before time_travel."
        )
    with travelling_to(its, AsOf(moment)):
        yield session


def _session_of(session: Any) -> Session:
    if isinstance(session, scoped_session) or hasattr(type(session), "registry"):
        session = session.registry()
    found = getattr(session, "sync_session", session)
    if not isinstance(found, Session):
        raise TypeError(f"time_travel(session={session!r}): a Session or an AsyncSession was expected.")
    return found
