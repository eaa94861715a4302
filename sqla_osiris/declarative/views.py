"""``EventView`` and ``grouped_by``: the events of a model folded by another key than their context.

Both are mapped classes, read-only, queried as a model is. A query folds the log in one pass; of a view that declares
snapshots it folds what came after them.
"""

from collections.abc import Mapping
from functools import cache
from types import new_class
from typing import Any, ClassVar, Final, NoReturn, cast
from weakref import WeakKeyDictionary

from sqlalchemy import ARRAY, JSON, Column, MetaData, Table, inspect
from sqlalchemy.orm import declared_attr
from sqlalchemy.orm.attributes import QueryableAttribute
from sqlalchemy.orm.decl_api import DeclarativeAttributeIntercept

from sqla_osiris.databases.leaf_types import plain_type
from sqla_osiris.declarative.model import snake_case
from sqla_osiris.declarative.record_mapper import BoundAlong, listen_for_writes
from sqla_osiris.errors import DeclarationError, NotExpressible
from sqla_osiris.reading.past_sessions import SeqProperty
from sqla_osiris.reducers import Last
from sqla_osiris.schema.field import DERIVED, REDUCER, compile_field
from sqla_osiris.schema.fold_table import fold_table, tables_undone
from sqla_osiris.schema.log import Field, Log, whole_log_of
from sqla_osiris.schema.options import (
    refuse_mapper_arguments,
    refuse_stored_options,
    refuse_view_arguments,
    refuse_view_options,
)
from sqla_osiris.schema.policies import Never, SnapshotPolicy
from sqla_osiris.types.accepted import refuse_collation
from sqla_osiris.types.encrypted import Encrypted
from sqla_osiris.views.folding import query_with_snapshots
from sqla_osiris.views.grouping import Grouping, grouped_query
from sqla_osiris.views.stored import stored_groups, view_tables
from sqla_osiris.writing.unit_of_work import EventSourcedMapper

__all__ = ["EventView", "grouped_by"]

_KEY: Final = "sqla_osiris.key"


class _ViewClass(BoundAlong, DeclarativeAttributeIntercept):
    """The class of views."""


class EventView(metaclass=_ViewClass):
    """A model's events folded by a column of theirs: ``class Payroll(EventView, of=Employee, by="company")``.

    ``by`` names a field or a part of the context, or is a tuple of names: the view's primary key. Its fields are
    declared as a model's, with reducers of their own, and fold the touches of the model's field, or the part of the
    context, of the same name; ``__from__ = {"headcount": "id"}`` says where the name differs. With
    ``__snapshot__ = Every(n)`` groups are stored, and ``repository(of, engine).snapshots()`` keeps them up to date.

    An event belongs to the group that its own value says; one that does not touch the column, or with None, belongs to
    none. Raises DeclarationError.
    """

    __grouping__: ClassVar[Grouping]
    __keys__: ClassVar[Mapping[str, str]]
    __from__: ClassVar[Mapping[str, str]] = {}
    __snapshot__: ClassVar[SnapshotPolicy] = Never()

    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805  (declared_attr gives the class)
        return snake_case(cast(type, cls).__name__)

    def __init_subclass__(
        cls, *, of: type[Any] | None = None, by: str | tuple[str, ...] | None = None, **kw: Any
    ) -> None:
        super().__init_subclass__(**kw)
        if of is None or not by:
            raise DeclarationError(
                f"{cls.__name__} is a view of nothing: say whose events, and by which column: "
                f'class {cls.__name__}(EventView, of=Employee, by="company").'
            )
        log = whole_log_of(of)
        given: Any = by
        names = (by,) if isinstance(by, str) else tuple(given) if isinstance(given, tuple | list) else ()
        if not all(isinstance(name, str) for name in names) or not names:
            raise DeclarationError(f"{cls.__name__}: by={by!r}: a name, or a tuple of names, was expected.")
        if not isinstance(cls.__from__, Mapping):
            raise DeclarationError(
                f"{cls.__name__}.__from__ is {cls.__from__!r}; a dict was expected, such as {{'headcount': 'id'}}."
            )
        cls.__keys__ = {name: _source(cls.__name__, log, name, "by") for name in names}
        cls.__log__ = log
        cls.__of__ = of
        cast(Any, inspect(of)).registry.mapped(cls)

    @classmethod
    def __table_cls__(cls, name: str, metadata: MetaData, *args: Any, **options: Any) -> Table:
        with tables_undone(metadata):
            return cls.__folded_table(name, metadata, args, options)

    @classmethod
    def __folded_table(
        cls, name: str, metadata: MetaData, args: tuple[Any, ...], options: Mapping[str, Any]
    ) -> Table:
        log, keys = cast(Any, cls).__log__, cast(Any, cls).__keys__
        declared = [item for item in args if isinstance(item, Column)]
        refuse_view_arguments(cls.__name__, [item for item in args if not isinstance(item, Column)], options)
        columns = [_key_column(cls.__name__, log, key, source) for key, source in keys.items()]
        fields: dict[str, Field] = {}
        for column in declared:
            if column.name in keys:
                raise DeclarationError(
                    f"{cls.__name__}.{column.name} is what the view is grouped by: leave the field out."
                )
            source = _source_of(cls, log, column)
            fields[column.name] = _field(cls.__name__, log, column, source)
            column.type = fields[column.name].sql.state_type
        if not fields:
            raise DeclarationError(
                f"{cls.__name__} declares no field: add an Aggregate(...) or a Latest(...)."
            )
        table = fold_table(cls.__name__, name, metadata, [*columns, *declared])
        stored = stored_groups(cls.__snapshot__, log, table, fields)
        grouping = cls.__grouping__ = Grouping(log, keys, fields, stored)
        if stored is not None:
            log.views.append(grouping)
        present = grouped_query if stored is None else query_with_snapshots
        table.folding_query = cache(lambda database, _alone: present(grouping, database))
        table.past_query = lambda database, moment, _handing: grouped_query(grouping, database, moment)
        return table

    @classmethod
    def __mapper_cls__(cls, mapped: type[Any], table: Table, **kw: Any) -> EventSourcedMapper:
        refuse_mapper_arguments(cls.__name__, kw)
        first = next(iter(table.primary_key))
        kw["properties"] = {**kw.get("properties", {}), first.key: SeqProperty(first)}
        mapper = EventSourcedMapper(mapped, table, **kw)
        model: Any = inspect(cast(Any, cls).__of__)
        model.bind_along(table, *view_tables(cls.__grouping__.log))

        def refuse(*_: Any) -> NoReturn:
            raise NotExpressible(
                f"{cls.__name__} is a view of {cls.__grouping__.log.model}'s events and is read-only. "
                f"Change {cls.__grouping__.log.model} objects, or append an event."
            )

        listen_for_writes(cls, refuse)
        return mapper


def _source(view: str, log: Log, name: str, where: str) -> str:
    """The event's column of a field's or a context's name."""
    contexts = dict(zip(log.context_keys, log.context_names, strict=True))
    field = log.by_key.get(name)
    source = field.name if field is not None else contexts.get(name)
    if source is None:
        raise DeclarationError(
            f"{view}: {where}={name!r}: {log.model} has neither a field nor a context of that name. "
            f"It has: {', '.join([*contexts, *log.by_key])}."
        )
    return source


def _source_of(cls: Any, log: Log, column: Column[Any]) -> str:
    """The event's column that a field folds."""
    if DERIVED in column.info:
        return log.events.c.recorded_at.name
    return _source(cls.__name__, log, cls.__from__.get(column.name, column.name), column.name)


def _key_column(view: str, log: Log, key: str, source: str) -> Column[Any]:
    type_ = log.events.c[source].type
    refuse_collation(f"{view}.{key}", type_, "groups are told apart as")
    if isinstance(type_, Encrypted):
        raise DeclarationError(
            f"{view}: by={key!r}: the same encrypted value is another text each time. Group by a column of plain values."
        )
    if isinstance(plain_type(type_), ARRAY | JSON):
        raise DeclarationError(
            f"{view}: by={key!r}: a JSON document or an array is no key. Group by a column of plain values."
        )
    return Column(key, type_, primary_key=True)


def _field(view: str, log: Log, column: Column[Any], source: str) -> Field:
    of_model = log.fields.get(source)
    if source in log.encrypted:
        raise DeclarationError(
            f"{view}.{column.key}: {log.model}.{column.key} is encrypted, with another key in each context of a group. "
            "Leave it out."
        )
    nullable = bool(column.nullable) if of_model is None else of_model.nullable
    refuse = refuse_stored_options if DERIVED in column.info else refuse_view_options
    refuse(f"{view}.{column.key}", column)
    touched = Column(source, log.events.c[source].type, nullable=nullable, info=column.info)
    return compile_field(view, touched, inline=False)


_grouped: WeakKeyDictionary[type[Any], dict[tuple[str, ...], type[Any]]] = WeakKeyDictionary()


def grouped_by(model: type[Any], *columns: Any) -> Any:
    """The model's events folded by columns of theirs (``Model.Event.company``) instead of by their context.

    A read-only mapped class, the same one for the same columns: its primary key is the columns, its fields are the
    model's others with their reducers, and the parts of the context, of which it has the last. The rules are those of
    :class:`EventView`. Raises DeclarationError for anything but columns of ``Model.Event`` that an event touches.
    """
    log = whole_log_of(model)
    keys = tuple(_key_of(model, log, column) for column in columns)
    if not keys:
        raise DeclarationError(f"grouped_by({log.model}): by which column? Give {log.model}.Event.<field>.")
    known = _grouped.setdefault(model, {})
    if keys not in known:
        known[keys] = _view(model, log, keys)
    return known[keys]


def _key_of(model: type[Any], log: Log, column: Any) -> str:
    of_log = isinstance(column, QueryableAttribute) and column.class_ is model.Event
    key = column.key if of_log else None
    if key not in {*log.context_keys, *log.by_key}:
        raise DeclarationError(
            f"grouped_by({log.model}, {column!s}): no column that {log.model}'s events touch. "
            f"Give one of {log.model}.Event's: {', '.join([*log.context_keys, *log.by_key])}."
        )
    return cast(str, key)


def _view(model: type[Any], log: Log, keys: tuple[str, ...]) -> type[Any]:
    columns: dict[str, Any] = {}
    for key, name in zip(log.context_keys, log.context_names, strict=True):
        columns[key] = Column(key, log.events.c[name].type, info={REDUCER: Last()})
    for key, field in log.by_key.items():
        if field.encrypted is not None:
            continue  # its values are of many keys
        columns[key] = Column(key, field.sql.declared, info={REDUCER: field.reducer})
    for field in log.derived.values():
        columns[field.key] = Column(
            field.key, field.sql.declared, nullable=False, info={REDUCER: field.reducer, DERIVED: True}
        )
    name = "".join([log.model, "By", *(key.title().replace("_", "") for key in keys)])
    declared = {key: column for key, column in columns.items() if key not in keys}
    namespace = {"__module__": model.__module__, "__doc__": f"{log.model} grouped by {', '.join(keys)}."}
    arguments = {"of": model, "by": keys}
    return new_class(name, (EventView,), arguments, lambda body: body.update({**namespace, **declared}))
