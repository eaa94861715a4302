"""Rows of the census: what a model is declared with: relationships, attributes that are no columns, and types."""

from typing import Any

from sqlalchemy import Column, ForeignKey, String, Table, TypeDecorator, func, literal, select, text
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    Mapped,
    column_property,
    composite,
    load_only,
    query_expression,
    relationship,
    synonym,
    validates,
)

from sqla_osiris import Context, DeclarationError, EventSourced, Latest, NewEvent, repository
from tests.seams.census import Bench, expects, seam, works


def with_parts(bench: Bench, **arguments: Any) -> Any:
    """Declare the model anew with ``parts``, a relationship with these arguments; the parts' class."""
    given = {"back_populates": "whole", **arguments}
    item = bench.again(
        parts=relationship("Part", **{key: value for key, value in given.items() if value is not None})
    )
    back = "parts" if given["back_populates"] else None

    class Part(EventSourced, bench.base):
        __tablename__ = "part"
        id: Mapped[str] = Context(String(9))
        whole_id: Mapped[str | None] = Latest(ForeignKey("item_snapshot.id"))
        whole = relationship(item, foreign_keys="Part.whole_id", **({"back_populates": back} if back else {}))

    bench.create()
    return Part


def written(bench: Bench, model: Any, context: str) -> list[dict[str, Any]]:
    return [each.fields for each in repository(model, bench.engine).history(context)]


def relates(bench: Bench, part: Any) -> None:
    """Set, clear and set the reference again through the collection."""
    with bench.session() as session:
        session.add_all([one := bench.item(id="a"), other := part(id="p")])
        session.commit()
        one.parts = [other]
        session.commit()
        one.parts = []
        session.commit()
    assert written(bench, part, "p") == [{}, {"whole_id": "a"}, {"whole_id": None}]


VALUES: dict[str, Any] = {
    "argument": "Part",
    "uselist": True,
    "collection_class": list,
    "primaryjoin": "Part.whole_id == Item.id",
    "order_by": "Part.id",
    "overlaps": "whole",
    "init": True,
    "repr": True,
    "compare": True,
    "kw_only": False,
    "hash": None,
    "lazy": "selectin",
    "active_history": True,
    "enable_typechecks": True,
    "foreign_keys": "Part.whole_id",
    "remote_side": "Part.whole_id",
    "join_depth": 1,
    "comparator_factory": relationship.__globals__["RelationshipProperty"].Comparator,
    "innerjoin": True,
    "distinct_target_key": True,
    "load_on_pending": True,
    "query_class": None,
    "info": {"a": 1},
    "omit_join": None,
    "sync_backref": None,
    "passive_updates": False,
    "back_populates": "whole",
    "cascade": "save-update, merge",
    "dataclass_metadata": None,
    "default": None,
    "default_factory": None,
}
UNSAID = {
    "argument",
    "init",
    "repr",
    "compare",
    "kw_only",
    "hash",
    "dataclass_metadata",
    "default",
    "default_factory",
}
"""What is the target, or belongs to dataclasses alone."""


@seam(
    "relationship argument",
    *VALUES,
    outcome="works: the reference that it sets is in the event of its holder",
)
def relates_with(bench: Bench, name: str) -> None:
    relates(bench, with_parts(bench, **({} if name in UNSAID else {name: VALUES[name]})))


@seam("relationship argument", "backref", outcome="works: as `back_populates`")
def relates_back(bench: Bench, _: str) -> None:
    relates(bench, with_parts(bench, back_populates=None, overlaps="whole"))


@seam("relationship argument", "viewonly", outcome="works: it writes nothing, as in SQLAlchemy")
def views_only(bench: Bench, _: str) -> None:
    part = with_parts(bench, back_populates=None, viewonly=True)
    with bench.session() as session:
        session.add(one := bench.item(id="a"))
        session.add(part(id="p"))
        session.commit()
        one.parts.append(session.get(part, "p"))
        session.commit()
    assert written(bench, part, "p") == [{}]


@seam(
    "relationship argument", "single_parent", outcome="works: with `delete-orphan`, a part that is left ends"
)
def leaves_no_orphan(bench: Bench, _: str) -> None:
    part = with_parts(bench, cascade="all, delete-orphan", single_parent=True)
    with bench.session() as session:
        session.add(one := bench.item(id="a", parts=[part(id="p")]))
        session.commit()
        one.parts = []
        session.commit()
        assert session.get(part, "p") is None


@seam(
    "relationship argument",
    "passive_deletes",
    outcome="works: the ORM loads and deletes the children; without a delete cascade, or with `'all'`, a `SAWarning`",
)
def deletes_children(bench: Bench, _: str) -> None:
    part = with_parts(bench, cascade="all, delete-orphan", passive_deletes=True)
    with bench.session() as session:
        session.add(bench.item(id="a", parts=[part(id="p")]))
        session.commit()
        session.expunge_all()
        session.delete(session.get(bench.item, "a"))
        session.commit()
        assert session.get(part, "p") is None


@seam(
    "relationship argument",
    "post_update",
    outcome="refused: `NotExpressible` at the flush, where it would set a field",
)
def updates_after(bench: Bench, _: str) -> None:
    part = with_parts(bench, post_update=True)
    with bench.session() as session:
        session.add(bench.item(id="a", parts=[part(id="p")]))
        expects(session.commit)


@seam(
    "relationship argument", "secondary", "secondaryjoin", outcome="works: its rows are an ordinary table's"
)
def relates_by_rows(bench: Bench, name: str) -> None:
    item = bench.again(friends=relationship("Friend", secondary="item_friend"))
    Table(
        "item_friend",
        bench.base.metadata,
        Column("item_id", ForeignKey("item_snapshot.id"), primary_key=True),
        Column("friend_id", ForeignKey("friend_snapshot.id"), primary_key=True),
    )

    class Friend(EventSourced, bench.base):
        __tablename__ = "friend"
        id: Mapped[str] = Context(String(9))
        name: Mapped[str | None] = Latest(String(9))

    bench.create()
    with bench.session() as session:
        session.add(item(id="a", friends=[Friend(id="f")]))
        session.commit()
        assert session.scalar(text("SELECT count(*) FROM item_friend")) == 1
        session.delete(session.get(item, "a"))
        session.commit()
        assert session.scalar(text("SELECT count(*) FROM item_friend")) == 0


# --- attributes that are no columns of their own --------------------------------------------------

ATTRIBUTES: dict[str, Any] = {
    "hybrid_property": lambda: hybrid_property(lambda one: one.stock + 1),
    "synonym": lambda: synonym("stock"),
    "query_expression": query_expression,
    "association_proxy": lambda: association_proxy("parts", "id"),
    "validates": lambda: validates("name")(lambda _one, _key, value: value),
    "column_property": lambda: column_property(
        select(func.count()).select_from(text("item_event")).scalar_subquery()
    ),
}


@seam(
    "attribute", *ATTRIBUTES, outcome="works: it writes through the field that it stands for, or reads alone"
)
def has_attribute(bench: Bench, name: str) -> None:
    bench.again(extra=ATTRIBUTES[name]())
    bench.create()
    works(bench)


@seam("attribute", "composite", outcome="works: what is assigned to it is in its fields' touches")
def has_composite(bench: Bench, _: str) -> None:
    item = bench.again()
    item.both = composite(lambda name, stock: (name, stock), item.name, item.stock)
    bench.create()
    works(bench)


@seam(
    "attribute",
    "deferred",
    outcome="works: a field that is not loaded is compared with the database when it is assigned",
)
def has_deferred(bench: Bench, _: str) -> None:
    with bench.session() as session:
        session.add(bench.item(id="a", name="n"))
        session.commit()
        session.expunge_all()
        one = session.scalars(select(bench.item).options(load_only(bench.item.id))).one()
        one.name = "n"
        session.commit()
    assert bench.log() == [{"name": "n"}]


@seam(
    "attribute",
    "inheritance",
    outcome="single-table inheritance works; any other is refused: `DeclarationError`, as no event is in two logs",
)
def inherits(bench: Bench, _: str) -> None:
    expects(lambda: type("Special", (bench.item,), {}), DeclarationError)


@seam(
    "attribute",
    "primary key change",
    outcome="refused: `NotExpressible`, as the context is the key of the stream",
)
def changes_key(bench: Bench, _: str) -> None:
    with bench.session() as session:
        session.add(one := bench.item(id="a"))
        session.commit()
        one.id = "b"
        expects(session.commit)


@seam(
    "attribute",
    "SQL expression",
    outcome="works where it is a difference, an event without an expected seq; else `NotExpressible`",
)
def assigns_expressions(bench: Bench, _: str) -> None:
    with bench.session() as session:
        session.add(one := bench.item(id="a", stock=1))
        session.commit()
        one.stock = bench.item.stock + 5
        session.commit()
        assert one.stock == 6
        one.stock = literal(5)
        expects(session.commit)


# --- types ----------------------------------------------------------------------------------------


class Reversed(TypeDecorator[str]):
    """Stores a text backwards, by each of the hooks that a value passes."""

    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Any) -> Any:
        return value if value is None else value[::-1]

    def process_result_value(self, value: Any, _dialect: Any) -> Any:
        return value if value is None else value[::-1]

    def process_literal_param(self, value: Any, _dialect: Any) -> Any:
        return value if value is None else f"'{value[::-1]}'"


class Varied(TypeDecorator[str]):
    impl = String(20)
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(String(19))


class Bound(TypeDecorator[str]):
    """Stores a text in capitals, by an expression around the bind."""

    impl = String(20)
    cache_ok = True

    def bind_expression(self, bindvalue: Any) -> Any:
        return func.upper(bindvalue)

    def column_expression(self, column: Any) -> Any:
        return func.lower(column)


def writes_type(bench: Bench, type_: Any) -> list[Any]:
    """What the log's column holds after a flush, an append and a batch of "ab", once they all read as that."""
    item = bench.again(word=Latest(type_, nullable=True))
    bench.create()
    items = repository(item, bench.engine)
    with bench.session() as session:
        session.add_all([item(id="a", word="ab"), item(id="b", word="ab")])
        session.commit()
        session.add(item(id="c", word="ab"))
        session.commit()
    items.append("d", word="ab")
    items.append_many([NewEvent(key, {"word": "ab"}) for key in "ef"])
    assert [one.word for one in items.states()] == ["ab"] * 6
    assert [each.fields["word"] for each in items.feed()] == ["ab"] * 6
    with bench.engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT word FROM item_event UNION SELECT word FROM item_snapshot"
        ).all()
    return [row[0] for row in found]


VALUE_HOOKS = (
    "process_bind_param",
    "process_result_value",
    "process_literal_param",
    "bind_processor",
    "result_processor",
    "literal_processor",
    "impl_instance",
    "type_engine",
    "cache_ok",
    "coerce_to_is_types",
)


@seam("type hook", *VALUE_HOOKS, outcome="works: each value passes it, in a flush, an append and a batch")
def hooks_values(bench: Bench, _: str) -> None:
    assert writes_type(bench, Reversed()) == ["ba"]


@seam(
    "type hook",
    "load_dialect_impl",
    "dialect_impl",
    "with_variant",
    "adapt",
    "copy",
    "as_generic",
    "compile",
    "get_dbapi_type",
    "render_bind_cast",
    "render_literal_cast",
    outcome="works: the type is the database's own, in log and heads",
)
def hooks_databases(bench: Bench, name: str) -> None:
    type_ = String(20).with_variant(String(19), "sqlite") if name == "with_variant" else Varied()
    assert writes_type(bench, type_) == ["ab"]


@seam(
    "type hook",
    "bind_expression",
    "column_expression",
    outcome="works in every write, or is a `DeclarationError`",
)
def hooks_expressions(bench: Bench, _: str) -> None:
    try:
        found = writes_type(bench, Bound())
    except DeclarationError:
        return
    assert found == ["AB"]


@seam(
    "type hook",
    "compare_values",
    "copy_value",
    "coerce_compared_value",
    "comparator_factory",
    "operator_classes",
    "sort_key_function",
    "hashable",
    "python_type",
    "repr_struct",
    "should_evaluate_none",
    "evaluates_none",
    outcome="works: what a type takes for equal is no change",
)
def hooks_comparison(bench: Bench, _: str) -> None:
    class Loose(TypeDecorator[str]):
        impl = String(20)
        cache_ok = True

        def compare_values(self, x: Any, y: Any) -> bool:
            return str(x).lower() == str(y).lower()

    item = bench.again(word=Latest(Loose(), nullable=True))
    bench.create()
    with bench.session() as session:
        session.add(one := item(id="a", word="ab"))
        session.commit()
        for expired in (True, False):
            if not expired:
                assert one.word == "ab"
            one.word = "AB"
            session.commit()
    assert bench.log() == [{"word": "ab"}]
