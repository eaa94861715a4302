"""The classes ``Model.Event`` and ``Model.Snapshot``: the ORM reads their rows, where their model is bound, and writes none.

SQLAlchemy asks a mapped class for the table that an INSERT, UPDATE or DELETE of it is about (``dml_table``). These name one
that refuses. The table itself is an ordinary one: Core statements of ``Model.Event.__table__`` are the caller's own.

``Session.get_bind`` looks for a class's bases in ``binds``, one after the other. The classes of rows and the views derive
from none of the model's: they would have their columns and methods. They name them to it all the same.
"""

import sys
from collections.abc import Callable
from typing import Any, NoReturn

from sqlalchemy import Column, MetaData, Table, event
from sqlalchemy.orm import Mapper
from sqlalchemy.util import HasMemoized

from sqla_osiris.errors import NotExpressible
from sqla_osiris.writing.unit_of_work import is_bulk_write

__all__ = ["BoundAlong", "keep_from_writes", "listen_for_writes"]


class _RefusingTable(Table):
    """Raises NotExpressible when a write of it is about to run."""

    inherit_cache = False
    record: str

    @property
    def _annotations(self) -> Any:  # type: ignore[override]  # nobody may set it either
        """Read first of all of an UPDATE and a DELETE."""
        _refuse(self.record)

    @property
    def schema(self) -> str | None:
        """Read to write the table's name, first of all of an INSERT; and while the table is made."""
        if hasattr(self, "record"):
            _refuse(self.record)
        return None

    @schema.setter
    def schema(self, value: str | None) -> None: ...

    def _gen_cache_key(self, anon_map: Any, bindparams: Any) -> Any:
        # A SELECT of the class has it among its annotations, and must not ask for this one's.
        return (self,)


class _RecordMapper(Mapper[Any]):
    refusing: _RefusingTable

    @HasMemoized.memoized_instancemethod
    def __clause_element__(self) -> Any:
        element: Any = super().__clause_element__()  # type: ignore[no-untyped-call]  # SQLAlchemy's memoized ones are
        return element._annotate({"dml_table": self.refusing})  # noqa: SLF001  (how SQLAlchemy itself says it)

    @property
    def _sorted_tables(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        # As EventSourcedMapper's: bulk operations fire no event of the mapper.
        if sys._getframe(1).f_code.co_name.startswith("_bulk_"):  # noqa: SLF001
            _refuse(self.refusing.record)
        return {self.local_table: self}

    @property
    def _single_table_criterion(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        # As EventSourcedMapper's: of an alias SQLAlchemy asks for no dml_table.
        if is_bulk_write(sys._getframe(1)):  # noqa: SLF001
            _refuse(self.refusing.record)
        return None


def keep_from_writes(record: type[Any], name: str) -> None:
    """Have every write of these rows through the ORM refused: flushes, bulk operations and ORM-enabled statements."""
    mapper: Any = record.__mapper__
    columns = [Column(column.name, column.type, key=column.key) for column in mapper.local_table.c]
    # The mapper was made by the registry, which makes plain ones.
    mapper.__class__ = _RecordMapper
    mapper.refusing = _RefusingTable(mapper.local_table.name, MetaData(), *columns)
    mapper.refusing.record = name

    listen_for_writes(record, lambda *_: _refuse(name))


def listen_for_writes(mapped: type[Any], refuse: Callable[..., NoReturn]) -> None:
    """Have a flush of a new, changed or deleted object refused."""
    for moment in ("before_insert", "before_update", "before_delete"):
        event.listen(mapped, moment, refuse)


def _refuse(name: str) -> NoReturn:
    model = name.partition(".")[0]
    raise NotExpressible(
        f"{name} rows are written by the library alone: the log is append-only. Change {model} objects, or append an event. "
        f"A Core statement of {name}.__table__ is not kept from you; afterwards verify() says what no longer fits."
    )


class BoundAlong(type):
    """The metaclass of a class that is bound where its model, ``__of__``, is."""

    @property
    def __mro__(cls) -> tuple[type[Any], ...]:
        """Its own bases; for ``get_bind`` the model and the model's follow. Attributes are not looked up by it."""
        own: tuple[type[Any], ...] = type.__dict__["__mro__"].__get__(cls)
        model = cls.__dict__.get("__of__")
        if model is None or sys._getframe(1).f_code.co_name != "get_bind":  # noqa: SLF001  (nothing else says who asks)
            return own
        return (*own[:-1], *model.__mro__)
