"""What becomes of each argument of SQLAlchemy's that a declaration can be given: it is kept, or refused by its name.

Each table below lists a signature's parameters with one value each. One that SQLAlchemy adds fails until it is listed.
"""

import inspect
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Computed,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Sequence,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column

from sqla_osiris import (
    Aggregate,
    Append,
    Context,
    DeclarationError,
    EventSourced,
    EventView,
    Every,
    Latest,
    Never,
    repository,
)

REFUSED = object()
OWN = object()
"""Another argument's value, or SQLAlchemy's alone: nobody gives it here."""


def parameters(function: Any) -> set[str]:
    """The names of a signature, those of SQLAlchemy's insides left out."""
    found = {name.removeprefix("_Column").lstrip("_") for name in inspect.signature(function).parameters}
    return found - {"self", "args", "kw", "dialect_kwargs", "dialect_kw"}


@pytest.fixture
def sqlite():
    engine = create_engine("sqlite://")
    yield engine
    engine.dispose()


@pytest.fixture
def declare(base):
    """Declares Item with these attributes, and leaves no table behind where that is refused."""

    def declare_item(**attributes: Any) -> Any:
        body = {"__tablename__": "item", "id": Context(Integer), "n": Latest(Integer), **attributes}
        try:
            return type("Item", (EventSourced, base), body)
        except DeclarationError:
            assert not base.metadata.tables
            raise

    return declare_item


def in_all_tables(name: str, expected: Any) -> Any:
    """Whether the log's and the heads' column has it."""
    return lambda model: all(
        getattr(table.c.x, name) == expected for table in (model.Event.__table__, model.Snapshot.__table__)
    )


def as_a_field(model: Any) -> bool:
    return "x" in model.__osiris__.by_key


# A column's arguments: a value, and what holds of the model; or REFUSED.
FIELD: dict[str, tuple[Any, Any]] = {
    "name_pos": OWN,
    "type_pos": OWN,
    "name": ("column_x", lambda model: "column_x" in model.Event.__table__.c),
    "type_": (String(7), lambda model: model.Event.__table__.c.x.type.length == 7),
    "nullable": (False, lambda model: not model.__osiris__.by_key["x"].nullable),
    "comment": ("said", in_all_tables("comment", "said")),
    "doc": ("said", in_all_tables("doc", "said")),
    "info": ({"asked": 1}, in_all_tables("info", {"asked": 1})),
    "quote": ({"name": "column_x", "quote": True}, lambda model: model.Event.__table__.c.column_x.name.quote),
    "index": (True, lambda model: ["x"] in [index.columns.keys() for index in model.Snapshot.__table__.indexes]),
    "default": (7, as_a_field),
    "insert_default": (7, as_a_field),
    "sort_order": (-7, lambda model: next(iter(model.__osiris__.fields)) == "x"),
    "deferred": (True, lambda model: model.__mapper__.attrs.x.deferred),
    "deferred_group": ("later", lambda model: model.__mapper__.attrs.x.group == "later"),
    "deferred_raiseload": (True, lambda model: model.__mapper__.attrs.x.raiseload),
    "active_history": (True, lambda model: model.__mapper__.attrs.x.active_history),
    "use_existing_column": (True, as_a_field),  # of a mapped superclass, which no model has
    "autoincrement": (True, REFUSED),
    "key": ("k", REFUSED),
    "unique": (
        True,
        lambda model: any(
            isinstance(each, UniqueConstraint) and each.columns.keys() == ["x"]
            for each in model.Snapshot.__table__.constraints
        ),
    ),
    "onupdate": (7, REFUSED),
    "primary_key": (True, REFUSED),
    "server_default": ("7", REFUSED),
    "server_onupdate": (FetchedValue(), REFUSED),
    "system": (True, REFUSED),
    "insert_sentinel": (True, REFUSED),
    "omit_from_statements": OWN,
    "proxies": OWN,
    # A dataclass's.
    **dict.fromkeys(["init", "repr", "compare", "kw_only", "hash", "default_factory", "dataclass_metadata"], OWN),
}  # fmt: skip

WHERE_REFUSED = {
    "primary_key": "Item.x: a part of the key",
    "key": "Item.*key='k'",
}


def test_each_argument_of_a_column_is_listed():
    assert parameters(mapped_column) | parameters(Column.__init__) <= set(FIELD)


GIVEN = [(name, *given) for name, given in FIELD.items() if given is not OWN]


@pytest.mark.parametrize(("name", "value", "outcome"), GIVEN, ids=[name for name, *_ in GIVEN])
def test_a_fields_argument_is_kept_or_refused(declare, name, value, outcome):
    given = value if isinstance(value, dict) and name in value else {name: value}
    field = {"x": Latest(**{"type_": Integer, **given})}
    if outcome is REFUSED:
        with pytest.raises(
            DeclarationError, match=WHERE_REFUSED.get(name, rf"Item\.x.*{name.split('_')[-1]}")
        ):
            declare(**field)
    else:
        assert outcome(declare(**field))


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, value, outcome in GIVEN if outcome is REFUSED],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_contexts_argument_is_refused_as_a_fields_is(declare, name, value):
    if name == "primary_key":
        with pytest.raises(DeclarationError, match="primary_key=False"):
            declare(x=Context(Integer, primary_key=False))
        return
    with pytest.raises(DeclarationError, match=rf"Item\.\w.*{name.split('_')[-1]}"):
        declare(x=Context(Integer, **{name: value}))


def test_what_a_context_says_is_kept_in_all_tables(declare):
    item = declare(
        id=Context(Integer, comment="number", doc="its number", info={"asked": 1}), __archive__=True
    )

    for table in (*item.__osiris__.tables,):
        column = table.c.id
        assert (column.comment, column.doc, column.info) == ("number", "its number", {"asked": 1})


def test_an_index_on_a_part_of_a_context_is_kept(declare):
    item = declare(x=Context(Integer, index=True))

    assert ["x"] in [index.columns.keys() for index in item.Snapshot.__table__.indexes]


def test_one_part_of_a_context_is_not_unique(declare):
    with pytest.raises(DeclarationError, match=r"Item\.x: unique"):
        declare(x=Context(Integer, unique=True))


def test_a_whole_context_is_unique_anyway(declare):
    assert declare(id=Context(Integer, unique=True)).Snapshot.__table__.primary_key.columns.keys() == ["id"]


@pytest.mark.parametrize("policy", [Every(3), Never()])
def test_an_index_is_kept_where_snapshots_alone_are_in_rows(declare, policy):
    item = declare(x=Latest(Integer, index=True), y=Aggregate(JSON, reducer=Append()), __snapshot__=policy)

    assert ["x"] in [index.columns.keys() for index in item.Snapshot.__table__.indexes]


def of_the_context(context: Any) -> int:
    return context.get_current_parameters()["n"]


class OfTheContext:
    def __call__(self, context: Any) -> int:
        return 7


ITEMS = [
    pytest.param("Sequence", Sequence("counted"), id="Sequence"),
    pytest.param("Computed", Computed("1 + 1"), id="Computed"),
    pytest.param("Identity", Identity(), id="Identity"),
    pytest.param("server_default", FetchedValue(), id="FetchedValue"),
]


@pytest.mark.parametrize("kind", [Latest, Aggregate, Context])
@pytest.mark.parametrize(("word", "item"), ITEMS)
def test_what_a_database_gives_or_checks_is_refused(declare, kind, word, item):
    with pytest.raises(DeclarationError, match=rf"Item\.x.*{word}"):
        declare(x=kind(Integer, item._copy() if hasattr(item, "_copy") else item))


@pytest.mark.parametrize("kind", [Latest, Aggregate, Context])
@pytest.mark.parametrize(
    ("word", "default"),
    [
        ("default=<SQL>", func.abs(-7)),
        ("default=<SQL>", select(func.max(1)).scalar_subquery()),
        ("Sequence", Sequence("counted")),
    ],
    ids=["function", "subquery", "Sequence"],
)
def test_a_default_that_python_cannot_give_alone_is_refused(declare, kind, word, default):
    with pytest.raises(DeclarationError, match=rf"Item\.x: .*{word}"):
        declare(x=kind(Integer, default=default))


@pytest.mark.parametrize("kind", [Latest, Aggregate, Context])
@pytest.mark.parametrize(
    "default",
    [of_the_context, lambda context: context.current_parameters["n"], OfTheContext()],
    ids=["def", "lambda", "object"],
)
def test_a_default_may_ask_what_else_is_given(sqlite, declare, base, kind, default):
    item = declare(x=kind(Integer, default=default))
    base.metadata.create_all(sqlite)
    with Session(sqlite) as session:
        session.add(added := item(id=1, n=7))
        session.commit()

        assert added.x == 7


def test_a_default_of_a_context_is_a_value_or_a_function(sqlite, declare, base):
    item = declare(id=Context(Integer, default=lambda: 7), x=Context(Integer, default=8))
    base.metadata.create_all(sqlite)
    with Session(sqlite) as session:
        session.add(added := item(n=1))
        session.commit()

        assert (added.id, added.x) == (7, 8)


def test_a_mixins_default_is_a_function_still(sqlite, declare, base):
    class Numbered:
        x: Mapped[int] = Latest(Integer, default=lambda: 7)

    item = type("Item", (Numbered, EventSourced, base), {"__tablename__": "item", "id": Context(Integer)})
    base.metadata.create_all(sqlite)
    with Session(sqlite) as session:
        session.add(added := item(id=1))
        session.commit()

        assert added.x == 7


CONSTRAINED = [
    {"__table_args__": (UniqueConstraint("n"),)},
    {"x": Latest(Integer, unique=True)},
    {"x": Latest(Integer, CheckConstraint("x > 0"))},
    {"x": Context(Integer, CheckConstraint("x > 0"))},
]


@pytest.mark.parametrize("constrained", CONSTRAINED, ids=["table", "unique", "field", "context"])
@pytest.mark.parametrize("policy", [Every(3), Never()])
def test_a_constraint_is_refused_where_no_row_holds_the_present(declare, policy, constrained):
    with pytest.raises(DeclarationError, match=r"__snapshot__ = Inline\(\)"):
        declare(**constrained, __snapshot__=policy)


# Foreign keys

KEY: dict[str, Any] = {
    "column": OWN,
    "name": "fk_given",
    "use_alter": True,
    "deferrable": True,
    "initially": "DEFERRED",
    "link_to_name": True,
    "match": "FULL",
    "info": {"asked": 1},
    "comment": "said",
    "ondelete": "RESTRICT",
    "onupdate": "no  action",
    "constraint": OWN,
    "unresolvable": OWN,
}


def test_each_argument_of_a_foreign_key_is_listed():
    assert parameters(ForeignKey.__init__) <= set(KEY)


@pytest.mark.parametrize("kind", [Latest, Context])
@pytest.mark.parametrize("name", [name for name, value in KEY.items() if value is not OWN])
def test_a_foreign_keys_argument_is_kept_on_the_heads(declare, base, kind, name):
    Table("team", base.metadata, Column("id", Integer, primary_key=True))
    item = declare(x=kind(Integer, ForeignKey("team.id", **{name: KEY[name]})))
    (key,) = item.Snapshot.__table__.c.x.foreign_keys

    assert getattr(key, name) == KEY[name]


@pytest.mark.parametrize("kind", [Latest, Aggregate, Context])
@pytest.mark.parametrize("option", ["ondelete", "onupdate"])
@pytest.mark.parametrize("action", ["CASCADE", "set null", "SET  DEFAULT"])
def test_an_action_that_changes_heads_behind_the_log_is_refused(declare, kind, option, action):
    with pytest.raises(DeclarationError, match=rf"Item\.x: ForeignKey\('team\.id', {option}='{action}'\)"):
        declare(x=kind(Integer, ForeignKey("team.id", **{option: action})))


# The table's arguments


def listened(*_: Any, **__: Any) -> None: ...


TABLE: dict[str, Any] = {
    "schema": ("hr", lambda table: table.schema == "hr"),
    "comment": ("said", lambda table: table.comment == "said"),
    "info": ({"asked": 1}, lambda table: table.info["asked"] == 1),
    "prefixes": (["UNLOGGED"], lambda table: table._prefixes == ["UNLOGGED"]),
    "listeners": (
        [("after_parent_attach", listened)],
        lambda table: event.contains(table, "after_parent_attach", listened),
    ),
    "quote": (True, lambda table: table.name.quote is True),
    "quote_schema": (True, lambda table: table.name),
    "implicit_returning": (False, lambda table: table.implicit_returning is False),
    # No table of a model is there before it.
    "extend_existing": (True, lambda table: table is not None),
    "keep_existing": (True, lambda table: table is not None),
    "autoload_with": (object(), REFUSED),
    "autoload_replace": (True, REFUSED),
    "resolve_fks": (True, REFUSED),
    "include_columns": (["n"], REFUSED),
    "name": OWN,
    "metadata": OWN,
    "creator_ddl": OWN,
    "dropper_ddl": OWN,
    "extend_on": OWN,
    "no_init": OWN,
    "postgresql_tablespace": ("fast", lambda table: table.dialect_options["postgresql"]["tablespace"] == "fast"),
    "mysql_engine": ("innodb", lambda table: table.dialect_options["mysql"]["engine"] == "innodb"),
    "mariadb_engine": ("MyISAM", REFUSED),
    "sqlite_with_rowid": (True, REFUSED),
    "sqlite_autoincrement": (True, REFUSED),
    "mysql_auto_increment": (7, REFUSED),
    "mustexist": (True, REFUSED),
    "postgresql_nonsense": (7, REFUSED),
    "nonsense": (7, REFUSED),
}  # fmt: skip


def test_each_argument_of_a_table_is_listed():
    assert parameters(Table.__init__) <= set(TABLE)


GIVEN_TO_TABLES = [(name, *given) for name, given in TABLE.items() if given is not OWN]


@pytest.mark.parametrize(
    ("name", "value", "outcome"), GIVEN_TO_TABLES, ids=[name for name, *_ in GIVEN_TO_TABLES]
)
def test_a_tables_argument_is_kept_by_all_tables_or_refused(declare, name, value, outcome):
    if outcome is REFUSED:
        with pytest.raises(DeclarationError, match=rf"Item\.__table_args__: {name}"):
            declare(__table_args__={name: value})
    else:
        item = declare(__table_args__={name: value}, __archive__=True)
        assert all(outcome(table) for table in item.__osiris__.tables)


def test_a_table_option_leaves_the_heads_room_for_updates(declare):
    item = declare(__table_args__={"postgresql_tablespace": "fast"})

    assert item.Snapshot.__table__.dialect_options["postgresql"]["tablespace"] == "fast"


ARGUMENTS = [
    CheckConstraint("n > 0"),
    ForeignKeyConstraint(["n"], ["team.id"]),
    Index("ix_n", "n"),
    UniqueConstraint("n"),
    ExcludeConstraint(("n", "=")),
]


@pytest.mark.parametrize("argument", ARGUMENTS, ids=lambda each: type(each).__name__)
def test_a_constraint_is_refused_where_snapshots_alone_are_in_rows(declare, argument):
    with pytest.raises(DeclarationError, match=rf"has a {type(argument).__name__}, .*Inline\(\)"):
        declare(__table_args__=(argument,), __snapshot__=Every(3))


@pytest.mark.parametrize("argument", ARGUMENTS, ids=lambda each: type(each).__name__)
def test_a_constraint_goes_to_the_heads(declare, argument):
    heads = declare(__table_args__=(argument,)).Snapshot.__table__
    assert type(argument) in {type(each) for each in (*heads.constraints, *heads.indexes)}


@pytest.mark.parametrize(
    "argument", [PrimaryKeyConstraint("n"), Sequence("counted")], ids=lambda each: type(each).__name__
)
def test_whatever_else_is_in_the_tables_arguments_is_refused(declare, argument):
    with pytest.raises(DeclarationError, match=rf"Item\.__table_args__ has a {type(argument).__name__}"):
        declare(__table_args__=(argument,))


def test_a_key_of_many_columns_that_changes_heads_behind_the_log_is_refused(declare):
    with pytest.raises(DeclarationError, match=r"ForeignKey\('team\.id', ondelete='CASCADE'\)"):
        declare(__table_args__=(ForeignKeyConstraint(["n"], ["team.id"], ondelete="CASCADE"),))


# The mapper's arguments

MAPPER: dict[str, Any] = {
    "class_": OWN,
    "local_table": OWN,
    "properties": OWN,
    "compiled_cache_size": OWN,
    "polymorphic_map": OWN,
    "allow_partial_pks": False,
    "always_refresh": True,
    "batch": False,
    "confirm_deleted_rows": False,
    "eager_defaults": True,
    "legacy_is_orphan": True,
    "passive_deletes": True,
    "passive_updates": False,
    "column_prefix": "",
    "concrete": (REFUSED, True),
    "exclude_properties": (REFUSED, ["n"]),
    "include_properties": (REFUSED, ["n"]),
    "inherit_condition": (REFUSED, text("1 = 1")),
    "inherit_foreign_keys": (REFUSED, []),
    "inherits": (REFUSED, None),
    "non_primary": (REFUSED, True),
    "polymorphic_abstract": (REFUSED, True),
    "polymorphic_identity": (REFUSED, "item"),
    "polymorphic_load": (REFUSED, "inline"),
    "polymorphic_on": (REFUSED, func.lower("n")),
    "primary_key": (REFUSED, ["n"]),
    "version_id_col": (REFUSED, Column("v", Integer)),
    "version_id_generator": (REFUSED, False),
    "with_polymorphic": (REFUSED, "*"),
    "order_by": (REFUSED, "n"),
}


def test_each_argument_of_a_mapper_is_listed():
    assert parameters(Mapper.__init__) <= set(MAPPER)


@pytest.mark.parametrize("name", [name for name, value in MAPPER.items() if isinstance(value, tuple)])
def test_a_mappers_argument_that_a_fold_cannot_honour_is_refused(declare, name):
    with pytest.raises(DeclarationError, match=rf"Item\.__mapper_args__: {name}"):
        declare(__mapper_args__={name: MAPPER[name][1]})


@pytest.mark.parametrize(
    "name", [name for name, value in MAPPER.items() if value is not OWN and not isinstance(value, tuple)]
)
def test_a_mappers_argument_that_promises_nothing_of_rows_is_kept(sqlite, base, declare, name):
    item = declare(__mapper_args__={name: MAPPER[name]}, total=Aggregate(Integer))
    base.metadata.create_all(sqlite)
    with Session(sqlite) as session:
        session.add_all([item(id=1, n=1, total=1), item(id=2, n=2)])
        session.commit()
        one, two = session.get(item, 1), session.get(item, 2)
        one.n, one.total = 3, one.total + 1
        session.delete(two)
        session.commit()

        assert [(each.id, each.n, each.total, each.seq) for each in session.scalars(select(item))] == [
            (1, 3, 2, 2)
        ]
    assert repository(item, sqlite).state(2) is None


# Columns that come later


LATER = [
    pytest.param(lambda: mapped_column(Integer), id="mapped_column"),
    pytest.param(lambda: Latest(Integer), id="Latest"),
    pytest.param(lambda: Aggregate(Integer), id="Aggregate"),
    pytest.param(lambda: Context(Integer), id="Context"),
    pytest.param(lambda: Column(Integer), id="Column"),
]


@pytest.mark.parametrize("column", LATER)
def test_a_column_assigned_to_the_class_later_is_refused(declare, column):
    item = declare(__archive__=True)
    view = _view(item)
    for owner in (item, view, item.Event, item.Snapshot):
        with pytest.raises(DeclarationError, match=r"\.later: a column was assigned.*class body"):
            owner.later = column()


def _view(model: Any) -> Any:
    class ByNumber(EventView, of=model, by="n"):
        headcount: Mapped[int] = Aggregate(Integer)
        __from__ = {"headcount": "id"}  # noqa: RUF012

    return ByNumber


class LoneLate(EventSourced):
    n = Latest(Integer)


@pytest.mark.parametrize("column", LATER)
def test_a_column_assigned_to_a_model_without_a_base_is_refused(column):
    with pytest.raises(DeclarationError, match=r"LoneLate\.later"):
        LoneLate.later = column()


def test_a_prefix_of_attributes_is_kept(sqlite, declare, base):
    item = declare(__mapper_args__={"column_prefix": "the_"})
    base.metadata.create_all(sqlite)
    with Session(sqlite) as session:
        session.add(item(the_id=1, the_n=2))
        session.commit()

    assert [each.fields for each in repository(item, sqlite).history(1)] == [{"the_n": 2}]


def test_what_is_no_column_may_be_assigned_to_the_class(declare):
    item = declare()
    item.double = property(lambda self: self.n * 2)

    assert item(id=1, n=2).double == 4
