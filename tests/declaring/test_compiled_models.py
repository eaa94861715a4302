"""What a declaration compiles to, beside its tables: its past, its columns' types, its class and its metadata. SQLite alone.

Each model is declared inside its test: mutation testing changes what happens then (docs/mutation.md).
"""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import ClassVar

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    inspect,
    select,
)
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped

from sqla_osiris import (
    Aggregate,
    Context,
    DeclarationError,
    EventSourced,
    Every,
    InvalidValue,
    Latest,
    as_of,
    repository,
)
from sqla_osiris.databases.plan import NewKey
from sqla_osiris.reducers import Reducer
from sqla_osiris.schema.log import log_of, logs_of
from tests.declaring.test_compiled import own_base


def declared(base, name="Account", **attributes):
    said = {"__tablename__": "account", "__module__": __name__, "id": Context(String(40))}
    said |= {"title": Latest(String(64)), "salary": Aggregate(Integer)}
    return type(name, (EventSourced, base), said | attributes)


def opened(model):
    log = repository(model, "sqlite://")
    log.create()
    return log


def test_a_model_has_a_past():
    log = opened(declared(own_base()))
    for salary in (1, 2, 4):
        log.append("a", salary=salary)

    assert [log.state("a", at=seq).salary for seq in (1, 2, 3)] == [1, 3, 7]
    assert log.state("a", at=datetime.now(UTC) - timedelta(days=1)) is None


def test_a_past_is_another_query_on_each_database_and_at_each_moment():
    model = declared(own_base())
    query = select(as_of(model, datetime(2026, 1, 1, tzinfo=UTC)))

    texts = [
        str(query.compile(dialect=dialect))
        for dialect in (postgresql.dialect(), mysql.dialect(is_mariadb=True))
    ]

    assert "LATERAL" in texts[0]
    assert texts[0] != texts[1]
    assert all("recorded_at" in text for text in texts)


class Longest(Reducer):
    """Folded in Python on every database: the longest text."""

    def identity(self):
        return ""

    def lift(self, touch):
        return touch

    def merge(self, left, right):
        return max(left, right, key=len)

    def present(self, accumulator):
        return accumulator


def test_the_past_of_a_field_that_python_folds_is_folded():
    log = opened(declared(own_base(), longest=Aggregate(String(40), reducer=Longest())))
    for text in ("long", "longest", "x"):
        log.append("a", longest=text)

    assert [log.state("a", at=seq).longest for seq in (1, 2, 3)] == ["long", "longest", "longest"]


def test_a_query_of_states_alone_is_another_one_on_postgresql():
    model = declared(own_base())
    alone = str(select(model).compile(dialect=postgresql.dialect()))
    joined = str(
        select(model, model.__osiris__.heads.c.id)
        .join(model.__osiris__.heads, model.id == model.__osiris__.heads.c.id)
        .compile(dialect=postgresql.dialect())
    )

    assert "UNION ALL" in alone
    assert "UNION ALL" not in joined


def test_the_seq_of_a_state_is_a_property_of_its_own():
    model = declared(own_base())

    assert "seq" in inspect(model).attrs
    assert {attribute.key for attribute in inspect(model).column_attrs} == {"id", "title", "salary", "seq"}
    seq = model.__osiris__.folded.c.seq
    assert isinstance(seq.type, BigInteger)
    assert seq.nullable  # a form's empty input is none, and no state is without it


def test_a_metadata_knows_the_declarations_whose_tables_it_has():
    base = own_base()
    assert logs_of(base.metadata) == []

    model = declared(base)
    assert logs_of(base.metadata) == [log_of(model)]
    other = MetaData()
    for table in base.metadata.tables.values():
        table.to_metadata(other)
    assert logs_of(other) == []
    base.metadata.remove(model.__osiris__.events)
    assert logs_of(base.metadata) == []


@pytest.mark.parametrize("says", [True, False])
def test_a_log_that_the_database_protects_says_so(says):
    assert log_of(declared(own_base(), __append_only__=says)).append_only is says
    assert log_of(declared(own_base())).append_only is False


def test_an_abstract_class_without_a_base_is_not_mapped_and_its_subclass_is():
    class AbstractPart(EventSourced):
        __abstract__ = True
        salary: Mapped[int] = Aggregate(Integer)

    class OfAnAbstractPart(AbstractPart):
        id: Mapped[str] = Context(String(40))

    assert inspect(AbstractPart, raiseerr=False) is None
    assert inspect(OfAnAbstractPart).local_table is OfAnAbstractPart.__osiris__.folded


def test_a_reserved_name_is_refused_by_its_annotation_alone():
    base = own_base()
    with pytest.raises(DeclarationError, match=r"^Taken\.Event: the name is the generated class's"):

        class Taken(EventSourced, base):
            __tablename__ = "taken"
            id: Mapped[str] = Context(String(40))
            salary: Mapped[int] = Aggregate(Integer)
            Event: Mapped[int]


def test_an_annotation_that_maps_nothing_may_have_any_name():
    class Kept(EventSourced, own_base()):
        __tablename__ = "kept"
        Event: ClassVar[type]
        id: Mapped[str] = Context(String(40))
        salary: Mapped[int] = Aggregate(Integer)

    assert Kept.Event.__name__ == "KeptEvent"


def test_an_event_is_identified_by_its_context_and_seq():
    model = declared(own_base(), branch=Context(Integer))
    events, heads = model.__osiris__.events.c, model.__osiris__.heads.c

    assert list(inspect(model.Event).primary_key) == [events.id, events.branch, events.seq]
    assert list(inspect(model.Snapshot).primary_key) == [heads.id, heads.branch]


def test_keys_are_stored_as_keys():
    base = own_base()
    Table("team", base.metadata, Column("name", String(40), primary_key=True))
    model = declared(base, team=Latest(String(40), ForeignKey("team.name")))
    mariadb = mysql.dialect(is_mariadb=True)

    def text(column):
        return column.type.compile(dialect=mariadb)

    folded, events = model.__osiris__.folded.c, model.__osiris__.events.c
    assert text(folded.id) == text(events.id) == text(model.__osiris__.heads.c.id)
    assert text(folded.id) != text(folded.title)
    assert text(events.team) != text(events.title)


def test_documents_are_null_where_there_is_none():
    log = log_of(declared(own_base(), __archive__=True))

    for table in (log.events, log.archive):
        assert table.c.event_meta.type.none_as_null is True


def test_a_foreign_key_keeps_what_it_was_declared_with():
    base = own_base()
    Table("team", base.metadata, Column("name", String(40), primary_key=True))
    key = ForeignKey("team.name", name="fk_team", use_alter=True)

    (kept,) = declared(base, team=Latest(String(40), key)).__osiris__.heads.c.team.foreign_keys

    assert (kept.name, kept.use_alter) == ("fk_team", True)


@pytest.mark.parametrize(
    ("option", "said"), [(Computed("1"), "Computed"), (Identity(), "Identity")], ids=["computed", "identity"]
)
def test_a_column_that_the_database_fills_is_refused_by_its_name(option, said):
    with pytest.raises(DeclarationError, match=rf"^Account\.rank: {said} needs a row"):
        declared(own_base(), rank=Latest(Integer, option))


def test_a_foreign_key_takes_the_type_of_a_table_in_a_schema():
    base = own_base()
    Table("team", base.metadata, Column("id", Numeric(8, 2), primary_key=True), schema="hr")

    model = declared(base, team_id=Latest(ForeignKey("hr.team.id")))

    assert model.__osiris__.events.c.team_id.type.scale == 2


def test_a_foreign_key_to_its_own_table_in_a_schema_means_its_heads():
    boss = Latest(String(40), ForeignKey("hr.account.id"))
    heads = declared(own_base(), __table_args__={"schema": "hr"}, boss=boss).Snapshot.__table__

    assert [key.column for key in heads.c.boss.foreign_keys] == [heads.c.id]


def test_where_a_reducer_has_no_form_the_error_says_of_which_field():
    with pytest.raises(DeclarationError, match=r"Account\.longest"):
        declared(own_base(), longest=Aggregate(Numeric(8, 2), reducer="sum"))


def test_the_contexts_of_a_batch_are_checked_as_one_is():
    single = log_of(declared(own_base()))
    pair = log_of(declared(own_base(), branch=Context(Integer)))

    assert single.keys_of(["a", "b"]) == [("a",), ("b",)]
    assert pair.keys_of([("a", 1), ("b", 2)]) == [("a", 1), ("b", 2)]
    with pytest.raises(InvalidValue, match=r"Account"):
        single.keys_of(["a", "x" * 41])
    with pytest.raises(InvalidValue, match=r"Account"):
        pair.keys_of([("a", "1")])


MISSING = r"the context is missing \(None\)\. Every event needs the key of its stream\."
GIVEN = (
    r" An SQL database gives a new one to an object that a session adds, and to append\(None, \.\.\.\) and "
    r"NewEvent\(None, \.\.\.\)\."
)


@pytest.mark.parametrize(
    ("contexts", "given", "words"),
    [
        ({"branch": Context(Integer)}, "a", r": the context 'a' has 1 parts, expected 2 \(id, branch\)\."),
        ({"branch": Context(Integer)}, ("a", None), rf"\.branch: {MISSING}"),
        ({"branch": Context(Integer)}, ("a", "x"), r"\.id, branch: an integer was expected, 'x' found\."),
        ({"id": Context(Integer)}, None, rf"\.id: {MISSING}{GIVEN}"),
    ],
    ids=["parts", "none", "wrong", "none of a key that a database gives"],
)
def test_a_context_is_refused_with_its_names(contexts, given, words):
    log = log_of(declared(own_base(), **contexts))

    with pytest.raises(InvalidValue, match=rf"^Account{words}$"):
        log.key_of(given)


def test_a_new_key_is_the_databases_where_none_is_given():
    counted = log_of(declared(own_base(), id=Context(Integer)))

    assert [type(counted.new_key(given)[0]) for given in (None, (None,))] == [NewKey, NewKey]
    assert [counted.new_key(given) for given in (7, (7,))] == [(7,), (7,)]
    with pytest.raises(InvalidValue, match=rf"^Account\.id: {MISSING}$"):
        log_of(declared(own_base())).new_key(None)


def test_a_model_that_declares_no_context_has_one_of_255_characters():
    base = own_base()
    body = {"__tablename__": "plain", "__module__": __name__, "salary": Aggregate(Integer)}
    (context,) = log_of(type("Plain", (EventSourced, base), body)).contexts

    assert (context.name, context.type.length) == ("context", 255)


def test_touches_that_are_no_dict_are_refused():
    with pytest.raises(
        InvalidValue, match=r"^NewEvent\(fields=7\): a dict of the fields' touches was expected\.$"
    ):
        log_of(declared(own_base())).touches(7)


def test_a_time_is_kept_as_one_of_utc():
    check = log_of(declared(own_base(), at=Latest(DateTime(timezone=True)))).fields["at"].check
    moment = datetime(2026, 11, 25, 12, tzinfo=UTC)

    assert check(moment) is moment
    east = check(datetime(2026, 11, 25, 14, tzinfo=timezone(timedelta(hours=2))))
    assert (east, east.tzinfo) == (moment, UTC)
    folded = check(moment.replace(fold=1))
    assert (folded, folded.fold) == (moment, 0)


def test_decimals_are_typed_by_what_their_fold_gives():
    model = declared(own_base(), hours=Aggregate(Numeric(8, 2)), __snapshot__=Every(10))
    log = opened(model)
    log.append("a", hours=Decimal("1.50"))

    assert log.state("a").hours == Decimal("1.50")
    assert isinstance(log.state("a").hours, Decimal)


def test_a_base_of_the_app_keeps_its_metadata():
    class Base(DeclarativeBase):
        metadata = MetaData(schema="hr")

    assert declared(Base).__osiris__.events.schema == "hr"
