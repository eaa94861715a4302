"""``EventSourced``: the class that a model derives from, alone or beside an application's declarative base."""

import inspect
import re
import sys
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, cast

from sqlalchemy import Column, Integer, MetaData, String, Table, Uuid
from sqlalchemy.orm import Mapped, MappedColumn, declared_attr, registry
from sqlalchemy.orm.decl_api import DeclarativeAttributeIntercept
from sqlalchemy.types import TypeEngine

from sqla_osiris.declarative.inheritance import base_of, check_identities, inheriting, settle_subclass
from sqla_osiris.declarative.record_mapper import BoundAlong, keep_from_writes
from sqla_osiris.errors import DeclarationError
from sqla_osiris.keeping.triggers import listen_for_tables
from sqla_osiris.reading.folding import folding_query
from sqla_osiris.reading.past import past_query
from sqla_osiris.reading.past_sessions import SeqProperty
from sqla_osiris.schema.compiling import compile_log, refuse_reserved
from sqla_osiris.schema.defaults import give_factories
from sqla_osiris.schema.field import Field, earlier_columns
from sqla_osiris.schema.fold_table import tables_undone
from sqla_osiris.schema.log import LOGS, Log, log_of, settle_keys
from sqla_osiris.schema.options import refuse_mapper_arguments
from sqla_osiris.schema.policies import SnapshotPolicy
from sqla_osiris.writing.bulk_statements import execute_bulk_statements
from sqla_osiris.writing.changes_in_place import listen_for_changes_in_place
from sqla_osiris.writing.mutable import TRACKED
from sqla_osiris.writing.unit_of_work import EventSourcedMapper, listen_for_flushes

__all__ = ["EventSourced", "snake_case"]

_own_registry = registry()


class _Metadata:
    """``EventSourced.metadata``: its own, unless an application's base brings one."""

    def __get__(self, instance: Any, owner: type[Any]) -> MetaData:
        found = getattr(super(EventSourced, cast(Any, owner)), "metadata", None)
        return found if found is not None else _own_registry.metadata


class EventSourced(metaclass=DeclarativeAttributeIntercept):
    """A model whose state is the fold of an append-only log of events, one stream per context.

    Class attributes: ``__snapshot__`` (``Inline()``, ``Every(n)`` or ``Never()``); ``__snapshot_table__`` (the name of the
    table of heads, which may be the model's own; by default ``<table>_snapshot``); ``__archive__`` (True for an archive
    table beside the log); ``__append_only__`` (True to have the database refuse every change of the log that is not the
    library's own, and of heads whose table is named); ``__notify__`` (True to have PostgreSQL wake subscriptions up);
    ``__constraints__`` ("sql_only" to let other stores keep the model, which enforce none of its constraints);
    ``__tablename__`` as usual (by default from the class name). Generated: ``Event`` and ``Snapshot``, mapped to
    ``<table>_event`` and to the heads. Raises DeclarationError where a declaration cannot work.
    """

    if TYPE_CHECKING:
        metadata: ClassVar[MetaData]
        registry: ClassVar[registry]
        Event: ClassVar[Any]
        Snapshot: ClassVar[Any]
        __osiris__: ClassVar[Log]
        __snapshot__: ClassVar[SnapshotPolicy]
        __snapshot_table__: ClassVar[str]
        __archive__: ClassVar[bool]
        __append_only__: ClassVar[bool]
        __notify__: ClassVar[bool]
        __constraints__: ClassVar[Literal["sql_only"] | None]
        seq: Mapped[int]
        __tablename__: Any

        def __init__(self, **fields: Any) -> None: ...

    else:
        metadata = _Metadata()

        @declared_attr.directive
        def __tablename__(cls) -> str:  # noqa: N805  (declared_attr gives the class)
            """The application's own rule where its base has one, else the class name in snake case."""
            inherited = getattr(super(), "__tablename__", None)
            return inherited or snake_case(cast(type, cls).__name__)

    @classmethod
    def __table_cls__(cls, name: Any, metadata: MetaData, *args: Any, **kw: Any) -> Table:
        _refuse_inheritance(cls)
        if not isinstance(name, str) or not name:
            raise DeclarationError(f"{cls.__name__}.__tablename__ is {name!r}: a name was expected.")
        _refuse_versioning(cls)
        _refuse_lost_columns(cls)
        policy = getattr(cls, "__snapshot__", None)
        log = compile_log(
            cls.__name__,
            name,
            metadata,
            *args,
            policy=policy,
            heads=getattr(cls, "__snapshot_table__", None),
            hints=_annotated_types(cls),
            archive=_declares(cls, "__archive__"),
            append_only=_declares(cls, "__append_only__"),
            notify=_declares(cls, "__notify__"),
            sql_only=_constrains_sql_only(cls),
            **kw,
        )
        log.folded.folding_query = cache(lambda database, alone: folding_query(log, database, alone=alone))
        log.folded.locking_query = lambda database, lock: folding_query(log, database, alone=False, lock=lock)
        log.folded.heads = log.heads
        log.folded.past_query = lambda database, moment, handing: past_query(
            log, database, moment, handing=handing
        )
        listen_for_tables(log)
        metadata.info.setdefault(LOGS, {})[log.events.key] = log
        cls.__osiris__ = log
        return log.folded

    @classmethod
    def __mapper_cls__(cls, *args: Any, **kw: Any) -> EventSourcedMapper:
        if base_of(cls) is not None:
            return _mapped_subclass(cls, *args, **kw)
        with tables_undone(cls.metadata, *log_of(cls).tables, log_of(cls).folded):
            return _mapped(cls, *args, **kw)

    def __init_subclass__(cls, **kw: Any) -> None:
        with inheriting(cls, lambda: _annotated_types(cls)):
            super().__init_subclass__(**kw)
            # SQLModel's base has but the other.
            if getattr(cls, "registry", None) is None and getattr(cls, "_sa_registry", None) is None:
                _own_registry.mapped(cls)


_WHOLE: Final = {"with_polymorphic": "*"}
"""A row of the one table has the fields of all classes: an object is loaded whole, as it may leave its session."""


def _mapped(cls: type[Any], *args: Any, **kw: Any) -> EventSourcedMapper:
    log = log_of(cls)
    refuse_mapper_arguments(log.model, kw)
    kw["properties"] = {**kw.get("properties", {}), "seq": SeqProperty(log.folded.c.seq)}
    mapper = EventSourcedMapper(*args, **(_WHOLE if "polymorphic_on" in kw else {}), **kw)
    mapper.bind_along(log.folded, *log.tables)
    settle_keys(log, {c.name: mapper.get_property_by_column(c).key for c in log.folded.c})
    if mapper.polymorphic_on is not None:
        check_identities(log, mapper)
    give_factories(log, getattr(cls, "__dataclass_fields__", {}))
    cls.Event = _map_record(cls, mapper, log, "Event", log.events)
    cls.Snapshot = _map_record(cls, mapper, log, "Snapshot", log.heads)
    _listen(cls, log, log.fields.values())
    return mapper


def _mapped_subclass(cls: type[Any], *args: Any, **kw: Any) -> EventSourcedMapper:
    """Map a class without a table of its own to its base's."""
    _refuse_names(cls)
    log = log_of(cls)
    refuse_mapper_arguments(cls.__name__, kw, subclass=True)
    mapper = EventSourcedMapper(*args, **_WHOLE, **kw)
    added = settle_subclass(cls, log, mapper)
    _listen(cls, log, added)
    return mapper


def _listen(cls: type[Any], log: Log, fields: Iterable[Field]) -> None:
    listen_for_flushes(cls, log)
    execute_bulk_statements()
    listen_for_changes_in_place(cls, log)
    for field in fields:
        for kind, tracked in TRACKED.items():
            if isinstance(field.reducer, kind):
                # Python folds it, so its plain value can be changed in place: have that noticed.
                value: Any = type(tracked.__name__, (tracked,), {"model": log.model})
                value.associate_with_attribute(getattr(cls, field.key))
                log.mutables[field.key] = value


def _declares(cls: type[Any], name: str) -> bool:
    declared = getattr(cls, name, False)
    if not isinstance(declared, bool):
        raise DeclarationError(f"{cls.__name__}.{name} is {declared!r}; it takes True or False.")
    return declared


def _constrains_sql_only(cls: type[Any]) -> bool:
    declared = getattr(cls, "__constraints__", None)
    if declared not in {None, "sql_only"}:
        raise DeclarationError(
            f'{cls.__name__}.__constraints__ is {declared!r}; it takes "sql_only": SQL databases alone enforce the '
            "constraints of the model, and other stores keep it without them."
        )
    return declared is not None


def _refuse_inheritance(cls: type[Any]) -> None:
    for base in cls.__mro__:
        if base is not cls and "__mapper__" in base.__dict__:
            raise DeclarationError(
                f"{cls.__name__} derives from the mapped class {base.__name__}, and has a table of its own: a stream is in "
                "one log, and no event is in two tables. Leave __tablename__ out, and the classes share a log (single-table "
                "inheritance), or put what they share into a mixin or an __abstract__ base."
            )
    _refuse_names(cls)


def _refuse_names(cls: type[Any]) -> None:
    for base in cls.__mro__:
        for name, value in vars(base).items():
            _refuse_name(cls.__name__, name, declared=isinstance(value, MappedColumn | Column))
        for name, annotation in _annotations(base).items():
            _refuse_name(cls.__name__, name, declared="Mapped" in str(annotation))


def _refuse_versioning(cls: type[Any]) -> None:
    """A versioning library would follow the rows of a table, and there is none."""
    if hasattr(cls, "__versioned__"):
        raise DeclarationError(
            f"{cls.__name__}.__versioned__ asks another library to keep versions of its rows: it has none, and its log is "
            f"its history. Leave it out, and read repository({cls.__name__}, ...).history(...) or as_of(...)."
        )


def _refuse_lost_columns(cls: type[Any]) -> None:
    """SQLModel takes a Column, and makes one of its own, without a word, where it is given something else."""
    for name, field in getattr(cls, "model_fields", {}).items():
        given = getattr(field, "sa_column", None)
        if isinstance(given, MappedColumn):
            kind = type(given).__name__
            raise DeclarationError(
                f"{cls.__name__}.{name}: Field(sa_column=) takes a Column: give it {kind}(...).column."
            )


def _refuse_name(model: str, name: str, *, declared: bool) -> None:
    if not declared:
        return
    refuse_reserved(model, name)
    if name in {"metadata", "registry"}:
        raise DeclarationError(
            f"{model}.{name}: the name is SQLAlchemy's. Choose another attribute: data = Latest({name!r}, ...)."
        )
    if name in {"Event", "Snapshot"}:
        raise DeclarationError(f"{model}.{name}: the name is the generated class's. Choose another.")


def _annotated_types(cls: type[Any]) -> dict[str, TypeEngine[Any]]:
    """The types of attributes annotated ``Mapped[int]`` or the like: SQLAlchemy leaves a foreign key's to its target."""
    hints: dict[str, TypeEngine[Any]] = {}
    for base in reversed(cls.__mro__):
        for name, annotation in _annotations(base).items():
            words = set(re.findall(r"\w+", str(annotation)))
            for kind, type_ in _KEY_TYPES.items():
                if kind in words:
                    hints[name] = type_()
    return hints


def _annotations(cls: type[Any]) -> dict[str, Any]:
    """A class's own annotations. From Python 3.14 on one may name what is not there yet, or for type checkers alone."""
    if sys.version_info >= (3, 14):
        from annotationlib import Format, get_annotations  # noqa: PLC0415  (new there)

        return get_annotations(cls, format=Format.FORWARDREF)
    return inspect.get_annotations(cls)


_KEY_TYPES: dict[str, type[TypeEngine[Any]]] = {"int": Integer, "str": String, "UUID": Uuid}


def snake_case(name: str) -> str:
    """The name of a class as that of a table: ``HRPerson`` is hr_person."""
    return re.sub(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))", r"_\1", name).lower()


class _Record(BoundAlong, type):
    """The class of the classes of rows."""

    def __setattr__(cls, name: str, value: Any) -> None:
        if isinstance(value, Column | MappedColumn):
            raise DeclarationError(
                f"{cls.__name__}.{name}: a column was assigned to the class of rows, whose table is made of the model's. "
                "Declare a field in the model's class body."
            )
        super().__setattr__(name, value)


def _map_record(cls: type[Any], mapper: Any, log: Log, name: str, table: Table) -> type[Any]:
    """A class for the rows of the event or the head table; read it, never write it."""
    namespace = {"__module__": cls.__module__, "__doc__": f"A row of {table.name}.", "__of__": cls}
    record = _Record(f"{cls.__name__}{name}", (), namespace)
    # A statement may read both a model and its heads, whose table may have the model's own name.
    rows = table if table.name != log.folded.name else table.alias(f"{table.name}_snapshot")
    keys = {field.key: rows.c[field.name] for field in log.fields.values()}
    keys |= {key: rows.c[name] for key, name in zip(log.context_keys, log.context_names, strict=True)}
    earlier = earlier_columns(log.fields.values())
    keys |= {f"earlier_{name}": rows.c[name] for name in earlier if name in rows.c}
    identity = log.context_columns(rows)
    if "position" in rows.c:
        identity.append(rows.c.seq)
    mapper.registry.map_imperatively(record, rows, properties=keys, primary_key=identity)
    record.__table__ = table
    keep_from_writes(record, f"{cls.__name__}.{name}")
    return record
