"""Single-table inheritance: how subclasses of a model are declared, and which ones are refused."""

import pytest
from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Integer,
    String,
    create_engine,
    func,
    inspect,
    select,
)
from sqlalchemy.orm import Mapped, MappedAsDataclass, mapped_column

from sqla_osiris import (
    Aggregate,
    Context,
    CreatedAt,
    DeclarationError,
    Encrypted,
    EventSourced,
    EventView,
    Inline,
    InvalidValue,
    Latest,
    MemoryRepository,
    Merge,
    repository,
)
from sqla_osiris.testing import check_model


@pytest.fixture
def person(base):
    class Person(EventSourced, base):
        __tablename__ = "person"
        __archive__ = True
        id: Mapped[str] = Context(String(9))
        kind: Mapped[str] = Latest(String(9))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}  # noqa: RUF012

    return Person


def derived(base, identity="manager", **body):
    arguments = {"polymorphic_identity": identity}
    return type(identity.title(), (base,), {"__mapper_args__": arguments, **body})


def test_a_subclasss_fields_are_nullable_columns_of_the_one_log_and_head(person, base):
    manager = derived(person, level=Latest(Integer, index=True), done=Aggregate(Integer))

    assert set(base.metadata.tables) == {"person_event", "person_event_archive", "person_snapshot"}
    for table in base.metadata.tables.values():
        assert table.c.level.nullable
        assert table.c.done.nullable
    assert "ix_person_snapshot_level" in {index.name for index in person.Snapshot.__table__.indexes}
    assert manager.Event is person.Event
    assert {"level", "done"} <= set(inspect(person.Event).columns.keys())
    assert not hasattr(person, "level")


def test_without_subclasses_nothing_is_another_sql(person, base):
    plain = type(
        "Plain",
        (EventSourced, base),
        {
            "__tablename__": "plain",
            "__archive__": True,
            "id": Context(String(9)),
            "kind": Latest(String(9), nullable=False),
        },
    )

    assert str(select(plain)).replace("plain", "person") == str(select(person)).replace(
        str(person.__osiris__.fingerprint), str(plain.__osiris__.fingerprint)
    )


def test_siblings_share_a_column_that_they_say(person):
    first = derived(person, "first", level=mapped_column(Integer, use_existing_column=True, nullable=True))
    second = derived(person, "second", level=mapped_column(Integer, use_existing_column=True, nullable=True))

    memory = MemoryRepository(person)
    memory.append("a", kind="first", level=1)
    memory.append("b", kind="second", level=2)

    assert isinstance(memory.state("a"), first)
    assert (type(memory.state("b")), memory.state("b").level) == (second, 2)


def test_a_subclass_has_subclasses(person):
    manager = derived(person, level=Latest(Integer))
    chief = derived(manager, "chief", car=Latest(String(9)))

    memory = MemoryRepository(person)
    memory.append("a", kind="chief", level=1, car="red")

    assert isinstance(memory.state("a"), chief)
    assert (memory.state("a").level, memory.state("a").car) == (1, "red")


def test_dataclasses_derive_as_well(base):
    class Item(MappedAsDataclass, EventSourced, base, kw_only=True):
        __tablename__ = "item"
        id: Mapped[str] = Context(String(9))
        kind: Mapped[str] = Latest(String(9), init=False)
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "item"}  # noqa: RUF012

    class Book(Item, kw_only=True):
        pages: Mapped[int | None] = Latest(default=None)
        __mapper_args__ = {"polymorphic_identity": "book"}  # noqa: RUF012

    assert Book(id="a", pages=3).kind == "book"


def test_an_identity_that_no_class_has_is_refused_before_it_is_written(person):
    derived(person, level=Latest(Integer))

    with pytest.raises(InvalidValue, match="one of 'person', 'manager' was expected, 'chef' found"):
        MemoryRepository(person).append("a", kind="chef")


def test_the_kit_draws_each_class(person):
    derived(person, level=Latest(Integer), data=Aggregate(JSON, reducer=Merge()))

    check_model(person)


OF_ALL = r"is refused in a subclass: it would hold of the streams of all classes\. Declare it in the base\.$"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"osiris_seq": Latest(Integer)}, r"\.osiris_seq: "),
        ({"level": Latest(ForeignKey("nowhere.id"))}, r"\.level has no type"),
        ({"level": Latest(Integer, unique=True)}, rf"\.level: unique=True {OF_ALL}"),
    ],
    ids=["taken", "untyped", "unique"],
)
def test_a_refusal_names_the_subclass_and_the_field(person, body, words):
    with pytest.raises(DeclarationError, match=rf"^Manager{words}"):
        derived(person, **body)


@pytest.mark.parametrize("ask", [MemoryRepository, lambda model: repository(model, "sqlite://")])
def test_a_subclass_has_no_repository_of_its_own(person, ask):
    manager = derived(person, level=Latest(Integer))

    with pytest.raises(
        DeclarationError, match="Manager has no log of its own: its streams are in that of Person"
    ):
        ask(manager)


def test_nor_has_it_a_view(person):
    manager = derived(person, level=Latest(Integer))

    with pytest.raises(
        DeclarationError,
        match=r"^Manager has no log of its own: its streams are in that of Person\. Ask for Person's, whose states are of "
        r"the class that each stream says\.$",
    ):

        class ByLevel(EventView, of=manager, by="level"):
            kind = Latest(String(9))


def test_joined_table_inheritance_is_refused(person):
    with pytest.raises(DeclarationError, match=r"has a table of its own.*Leave __tablename__ out"):
        derived(person, __tablename__="manager", level=Latest(Integer))


def test_so_is_concrete_inheritance(person):
    with pytest.raises(DeclarationError, match="concrete"):
        type("Manager", (person,), {"__mapper_args__": {"concrete": True}, "level": Latest(Integer)})

    assert "level" not in person.Event.__table__.c


def test_and_a_base_without_a_discriminator(base):
    plain = type("Plain", (EventSourced, base), {"id": Context(String(9)), "n": Latest(Integer)})

    with pytest.raises(DeclarationError, match=r"a log cannot be shared by inheritance.*polymorphic_on"):
        derived(plain, level=Latest(Integer))


@pytest.mark.parametrize("discriminator", ["total", "secret", func.lower("kind")])
def test_what_cannot_tell_classes_apart_is_no_discriminator(base, discriminator):
    body = {
        "id": Context(String(9)),
        "kind": Latest(String(9)),
        "total": Aggregate(Integer),
        "secret": Latest(Encrypted(String(9))),
        "__mapper_args__": {"polymorphic_on": discriminator, "polymorphic_identity": "person"},
    }

    with pytest.raises(DeclarationError, match=r"Person\.__mapper_args__: polymorphic_on="):
        type("Person", (EventSourced, base), body)


REFUSED = {
    "Mapped[… | None]": lambda: {"level": Latest(Integer, nullable=False)},
    "default=": lambda: {"level": Latest(Integer, default=1)},
    "unique=True": lambda: {"level": Latest(Integer, unique=True)},
    "a constraint": lambda: {"level": Latest(Integer, CheckConstraint("level > 0"))},
    "CreatedAt": lambda: {"level": CreatedAt()},
    "Encrypted": lambda: {"level": Latest(Encrypted(String(9)))},
    "no type": lambda: {"level": Latest(ForeignKey("nowhere.id"))},
    "two fields": lambda: {"level": Latest("KIND", Integer)},
    "the name is taken": lambda: {"level": Latest("osiris_x", Integer)},
}


@pytest.mark.parametrize("words", REFUSED)
def test_a_field_that_the_base_alone_can_have_is_refused_and_nothing_is_left(person, words):
    columns = {table.name: table.c.keys() for table in person.metadata.tables.values()}

    with pytest.raises(DeclarationError) as refused:
        derived(person, fine=Latest(Integer), **REFUSED[words]())

    assert words in str(refused.value)
    assert {table.name: table.c.keys() for table in person.metadata.tables.values()} == columns
    assert set(person.__osiris__.fields) == {"kind"}


def test_one_attribute_in_two_columns_is_refused(person):
    derived(person, "first", level=Latest("level_1", Integer))

    with pytest.raises(DeclarationError, match="another subclass of Person has a field of that name"):
        derived(person, "second", level=Latest("level_2", Integer))


def read_the_feed(person):
    engine = create_engine("sqlite://")
    person.metadata.create_all(engine)
    repository(person, engine).feed()


@pytest.mark.parametrize("use", [lambda person: str(select(person)), read_the_feed], ids=["query", "feed"])
def test_a_subclass_that_comes_after_the_first_statement_is_refused(person, use):
    use(person)

    with pytest.raises(DeclarationError, match="Import all subclasses before Person is used"):
        derived(person, level=Latest(Integer))


def test_an_abstract_class_between_brings_fields_to_its_own(base):
    class Person(EventSourced, base):
        __tablename__ = "person"
        __snapshot__ = Inline()
        id: Mapped[str] = Context(String(9))
        kind: Mapped[str] = Latest(String(9))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}  # noqa: RUF012

    class Paid(Person):
        __abstract__ = True
        wage: Mapped[int] = Aggregate()

    class Manager(Paid):
        __mapper_args__ = {"polymorphic_identity": "manager"}  # noqa: RUF012

    assert "wage" in Person.Event.__table__.c
    assert hasattr(Manager, "wage")
