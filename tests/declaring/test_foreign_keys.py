"""Does a foreign key to a model's own table mean its heads, wherever and whenever it is declared?"""

import pytest
import sqlalchemy
from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    String,
    Table,
    inspect,
    select,
)
from sqlalchemy.exc import NoReferencedColumnError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    configure_mappers,
    declared_attr,
    mapped_column,
    relationship,
)
from sqlalchemy.schema import CreateTable

from sqla_osiris import (
    Aggregate,
    Context,
    CreatedAt,
    DeclarationError,
    EventSourced,
    Every,
    Inline,
    Latest,
    Mean,
    Never,
)
from sqla_osiris.databases.identifiers import is_unreadable

NAMED = {"fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s"}
NAMED_BY_COLUMN = {"fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_column_0_name)s"}


@pytest.fixture(params=[None, "hr"], ids=["no schema", "schema"])
def company_base(request):
    class OwnBase(DeclarativeBase):
        metadata = MetaData(schema=request.param)

    return OwnBase


def declared(base, name="user", policy=None, *, called="", **more):
    attributes = {
        "__tablename__": name,
        "__snapshot__": policy or Inline(),
        "id": Context(String(8)),
        "x": Latest(Integer),
    }
    return type(called or name.title().replace(" ", ""), (EventSourced, base), {**attributes, **more})


def targets(table):
    """By column, what its key refers to, as Alembic and the DDL have it."""
    return {key.parent.name: full_name(key.column) for key in table.foreign_keys}


def full_name(column):
    return f"{column.table.fullname}.{column.name}"


# Each order of declaration


@pytest.mark.parametrize("policy", [Inline(), Every(2), Never()])
def test_a_models_key_to_its_own_table_means_its_heads(company_base, policy):
    user = declared(company_base, policy=policy, boss_id=Latest(String(8), ForeignKey("user.id")))
    heads = user.Snapshot.__table__

    assert targets(user.__table__) == {"boss_id": full_name(heads.c.id)}
    assert targets(heads) == ({"boss_id": full_name(heads.c.id)} if isinstance(policy, Inline) else {})


@pytest.mark.parametrize("policy", [Inline(), Every(2), Never()])
@pytest.mark.parametrize("user_first", [True, False])
def test_a_models_key_to_another_models_table_means_its_heads(company_base, policy, user_first):
    def post():
        return declared(company_base, "post", user_id=Latest(String(8), ForeignKey("user.id")))

    if user_first:
        user = declared(company_base, policy=policy)
        model = post()
    else:
        model = post()
        user = declared(company_base, policy=policy)

    expected = {"user_id": full_name(user.Snapshot.__table__.c.id)}
    assert targets(model.Snapshot.__table__) == expected
    assert targets(model.__table__) == expected


@pytest.mark.parametrize("user_first", [True, False])
def test_the_key_of_a_class_that_is_no_model_means_the_heads(company_base, user_first):
    if user_first:
        declared(company_base)

    class Laptop(company_base):
        __tablename__ = "laptop"
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[str] = mapped_column(ForeignKey("user.id"))

    user = company_base.metadata.tables.get("user_snapshot")
    if not user_first:
        user = declared(company_base).Snapshot.__table__
    else:
        user = next(t for t in company_base.metadata.tables.values() if t.name == "user_snapshot")

    assert targets(Laptop.__table__) == {"owner_id": full_name(user.c.id)}
    assert isinstance(Laptop.__table__.c.owner_id.type, String)


def _by_column(metadata: MetaData) -> Table:
    return Table("likes", metadata, Column("user_id", String(8), ForeignKey("user.id"), primary_key=True))


def _by_constraint(metadata: MetaData) -> Table:
    key = ForeignKeyConstraint(["user_id"], ["user.id"])
    return Table("likes", metadata, Column("user_id", String(8), primary_key=True), key)


def _without_type(metadata: MetaData) -> Table:
    return Table("likes", metadata, Column("user_id", ForeignKey("user.id"), primary_key=True))


def _by_table_alone(metadata: MetaData) -> Table:
    return Table("likes", metadata, Column("id", ForeignKey("user"), primary_key=True))


def _appended(metadata: MetaData) -> Table:
    table = Table("likes", metadata, Column("n", Integer, primary_key=True))
    table.append_column(Column("user_id", ForeignKey("user.id")))
    return table


TABLES = [_by_column, _by_constraint, _without_type, _by_table_alone, _appended]


@pytest.mark.parametrize("make", TABLES)
@pytest.mark.parametrize("user_first", [True, False])
def test_a_plain_tables_key_means_the_heads(company_base, make, user_first):
    if user_first:
        declared(company_base)
    likes = make(company_base.metadata)
    if not user_first:
        declared(company_base)

    (key,) = likes.foreign_keys
    assert (key.column.table.name, key.column.name) == ("user_snapshot", "id")
    assert isinstance(key.parent.type, String)
    assert key.target_fullname.split(".")[-1 if make is _by_table_alone else -2] == "user_snapshot"


@pytest.mark.parametrize("make", TABLES)
@pytest.mark.parametrize("user_first", [True, False])
def test_tables_are_sorted_created_and_dropped_with_their_keys(engine, make, user_first):
    class OwnBase(DeclarativeBase):
        pass

    if user_first:
        declared(OwnBase)
    likes = make(OwnBase.metadata)
    if not user_first:
        declared(OwnBase)
    names = [table.name for table in OwnBase.metadata.sorted_tables]

    OwnBase.metadata.create_all(engine)
    found = inspect(engine).get_foreign_keys("likes")

    assert names.index("user_snapshot") < names.index(likes.name)
    assert [(key["referred_table"], key["referred_columns"]) for key in found] == [("user_snapshot", ["id"])]
    OwnBase.metadata.drop_all(engine)
    assert inspect(engine).get_table_names() == []


# How a target is written


def test_the_name_of_the_heads_goes_on_to_work(company_base):
    user = declared(company_base, boss_id=Latest(String(8), ForeignKey("user_snapshot.id")))
    likes = Table("likes", company_base.metadata, Column("user_id", ForeignKey("user_snapshot.id")))

    assert targets(likes) == {"user_id": full_name(user.Snapshot.__table__.c.id)}
    assert targets(user.__table__) == {"boss_id": full_name(user.Snapshot.__table__.c.id)}


def test_an_attribute_of_the_model_means_the_heads_in_another_metadata_too(company_base):
    user = declared(company_base)
    heads = user.Snapshot.__table__
    post = declared(company_base, "post", user_id=Latest(ForeignKey(user.id)))
    column = Table("likes", MetaData(), Column("user_id", ForeignKey(user.__table__.c.id)))
    constraint = Table(
        "views", MetaData(), Column("user_id", String(8)), ForeignKeyConstraint(["user_id"], [user.id])
    )

    assert post.Snapshot.__table__.c.user_id.foreign_keys.pop().column is heads.c.id
    assert column.c.user_id.foreign_keys.pop().column is heads.c.id
    assert constraint.c.user_id.foreign_keys.pop().column is heads.c.id


def test_a_class_body_may_refer_to_its_own_column(company_base):
    class Employee(EventSourced, company_base):
        __tablename__ = "employee"
        id: Mapped[int] = mapped_column(primary_key=True)
        boss_id: Mapped[int | None] = mapped_column(ForeignKey(id))  # noqa: A003
        boss: Mapped["Employee | None"] = relationship(remote_side=id)  # noqa: A003

    configure_mappers()

    heads = Employee.Snapshot.__table__
    assert heads.c.boss_id.foreign_keys.pop().column is heads.c.id


def test_a_mixin_brings_keys_along(company_base):
    user = declared(company_base)

    class Owned:
        owner_id: Mapped[str] = mapped_column(ForeignKey("user.id"))

        @declared_attr
        def parent_id(cls) -> Mapped[str | None]:  # noqa: N805
            return mapped_column(ForeignKey(f"{cls.__tablename__}.id"))

    class Post(Owned, EventSourced, company_base):
        __tablename__ = "post"
        id: Mapped[str] = Context(String(8))

    class Note(Owned, company_base):
        __tablename__ = "note"
        id: Mapped[str] = mapped_column(String(8), primary_key=True)

    users, posts = user.Snapshot.__table__, Post.Snapshot.__table__
    assert targets(posts) == {"owner_id": full_name(users.c.id), "parent_id": full_name(posts.c.id)}
    assert targets(Note.__table__) == {
        "owner_id": full_name(users.c.id),
        "parent_id": full_name(Note.__table__.c.id),
    }


def test_the_schema_of_a_model_is_named_as_that_of_any_table():
    class OwnBase(DeclarativeBase):
        pass

    user = declared(OwnBase, __table_args__={"schema": "hr"})
    likes = Table("likes", OwnBase.metadata, Column("user_id", ForeignKey("hr.user.id")))
    other = Table("other", OwnBase.metadata, Column("user_id", String(8), ForeignKey("user.id")))

    assert targets(likes) == {"user_id": "hr.user_snapshot.id"}
    assert targets(user.__table__) == {}
    with pytest.raises(sqlalchemy.exc.NoReferencedTableError, match="'user'"):
        targets(other)


@pytest.mark.parametrize("name", ["Order Line", "order", "Ünïcode", "sel'ect"])
def test_a_name_that_must_be_quoted_is_written_as_it_is(engine, name):
    class OwnBase(DeclarativeBase):
        pass

    assert not is_unreadable(name)
    likes = Table("likes", OwnBase.metadata, Column("line", ForeignKey(f"{name}.id"), primary_key=True))
    line = declared(OwnBase, name, up=Latest(String(8), ForeignKey(f"{name}.id")))
    OwnBase.metadata.create_all(engine)

    with Session(engine) as session:
        session.add(line(id="a", up="a"))
        session.flush()
        session.execute(likes.insert().values(line="a"))
        joined = session.execute(select(line.id, likes.c.line).join(likes)).all()
    assert joined == [("a", "a")]


def test_a_target_may_be_given_by_its_names(company_base):
    """From SQLAlchemy 2.1 on, where a dot in a name is a dot."""
    if not hasattr(ForeignKey, "target_tokens"):
        return
    user = declared(company_base)
    likes = Table("likes", company_base.metadata, Column("user_id", ForeignKey(("user", "id"))))
    other = Table("o.ther", company_base.metadata, Column("id", Integer, primary_key=True))
    dotted = Table("dotted", company_base.metadata, Column("other_id", ForeignKey(("o.ther", "id"))))

    assert targets(likes) == {"user_id": full_name(user.Snapshot.__table__.c.id)}
    assert dotted.c.other_id.foreign_keys.pop().column is other.c.id


def test_a_composite_context_is_referred_to_by_all_its_columns(company_base):
    key = ForeignKeyConstraint(["house", "article"], ["stock.house", "stock.article"])
    columns = [Column("house", String(8)), Column("article", Integer), Column("n", Integer, primary_key=True)]
    before = Table("reserved", company_base.metadata, *columns, key)

    class Stock(EventSourced, company_base):
        __tablename__ = "stock"
        house: Mapped[str] = Context(String(8))
        article: Mapped[int] = Context()
        pieces: Mapped[int] = Aggregate()

    class Order(EventSourced, company_base):
        __tablename__ = "ordered"
        id: Mapped[int] = Context()
        house: Mapped[str | None] = Latest(String(8))
        article: Mapped[int | None] = Latest()
        stock: Mapped[Stock] = relationship()
        __table_args__ = (
            ForeignKeyConstraint(["house", "article"], ["stock.house", "stock.article"], name="fk_stock"),
        )

    configure_mappers()
    heads = Stock.Snapshot.__table__
    expected = {"house": full_name(heads.c.house), "article": full_name(heads.c.article)}
    assert targets(before) == targets(Order.Snapshot.__table__) == expected


def test_a_field_that_is_unique_is_referred_to_as_any_unique_column(engine):
    class OwnBase(DeclarativeBase):
        pass

    class Post(OwnBase):
        __tablename__ = "post"
        id: Mapped[int] = mapped_column(primary_key=True)
        author_email: Mapped[str] = mapped_column(ForeignKey("user.email"))
        author: Mapped["User"] = relationship(back_populates="posts")

    class User(EventSourced, OwnBase):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)
        email: Mapped[str | None] = mapped_column(String(20), unique=True)
        posts: Mapped[list[Post]] = relationship(back_populates="author")

    OwnBase.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Post(id=1, author=User(id=7, email="bob@x")))
        session.commit()
        joined = select(User.id, Post.id, User.Snapshot.email).join(User.posts)
        found = session.execute(joined.join(User.Snapshot, User.Snapshot.id == User.id))

        assert found.all() == [(7, 1, "bob@x")]
        assert session.get(Post, 1).author.email == "bob@x"


# Names by convention


@pytest.mark.parametrize("make", [make for make in TABLES if make is not _by_table_alone])
def test_a_name_by_convention_is_the_same_in_either_order(make):
    def name(*, user_first):
        class OwnBase(DeclarativeBase):
            metadata = MetaData(naming_convention=NAMED)

        if user_first:
            declared(OwnBase)
        likes = make(OwnBase.metadata)
        if not user_first:
            declared(OwnBase)
        (key,) = likes.foreign_keys
        return str(key.constraint.name)

    assert name(user_first=True) == name(user_first=False) == "fk_likes_user_id_user_snapshot"


def test_a_convention_may_name_the_column_that_is_referred_to():
    class OwnBase(DeclarativeBase):
        metadata = MetaData(naming_convention=NAMED_BY_COLUMN)

    user = declared(OwnBase, boss_id=Latest(String(8), ForeignKey("user.id")))
    likes = Table("likes", OwnBase.metadata, Column("user_id", ForeignKey("user.id")))

    names = {key.constraint.name for key in (*user.Snapshot.__table__.foreign_keys, *likes.foreign_keys)}
    assert names == {"fk_user_snapshot_boss_id_id", "fk_likes_user_id_id"}


@pytest.mark.parametrize("convention", [None, NAMED])
@pytest.mark.parametrize("name", ["fk_mine", "fk_likes_user_id_user"])
def test_a_name_that_was_given_stays(convention, name):
    class OwnBase(DeclarativeBase):
        metadata = MetaData(naming_convention=convention)

    likes = Table("likes", OwnBase.metadata, Column("user_id", ForeignKey("user.id", name=name)))
    declared(OwnBase)

    assert [key.constraint.name for key in likes.foreign_keys] == [name]


# What is not a model's


def test_a_foreign_key_to_an_ordinary_table_of_a_models_name_is_the_tables(company_base):
    class Old(company_base):
        __tablename__ = "user"
        id: Mapped[str] = mapped_column(String(8), primary_key=True)

    post = declared(company_base, "post", owner_id=Latest(String(8), ForeignKey("user.id")))

    assert declared(company_base).Snapshot
    later = Table("likes", company_base.metadata, Column("user_id", ForeignKey("user.id")))
    assert [key.column.table for key in post.Snapshot.__table__.foreign_keys] == [Old.__table__]
    assert [key.column.table for key in later.foreign_keys] == [Old.__table__]


def test_a_copy_of_a_table_refers_to_the_copy_of_the_heads(company_base):
    likes = Table("likes", company_base.metadata, Column("user_id", ForeignKey("user.id"), primary_key=True))
    heads = declared(company_base, boss=Latest(String(8), ForeignKey("user.id"))).Snapshot.__table__
    elsewhere = MetaData(schema=company_base.metadata.schema)
    copies = [table.to_metadata(elsewhere) for table in (likes, heads)]

    assert [key.column for key in copies[0].foreign_keys] == [copies[1].c.id]
    assert [key.column for key in copies[1].foreign_keys] == [copies[1].c.id]


def test_a_table_that_is_removed_leaves_no_key_behind():
    class OwnBase(DeclarativeBase):
        pass

    likes = Table("likes", OwnBase.metadata, Column("user_id", ForeignKey("user.id")))
    declared(OwnBase)
    OwnBase.metadata.remove(likes)

    assert [key for keys in OwnBase.metadata._fk_memos.values() for key in keys] == []


def test_a_reflected_table_refers_to_the_heads(engine):
    class OwnBase(DeclarativeBase):
        pass

    _by_column(OwnBase.metadata)
    declared(OwnBase)
    OwnBase.metadata.create_all(engine)
    reflected, within = MetaData(), OwnBase.metadata
    reflected.reflect(engine)
    within.remove(within.tables["likes"])
    again = Table("likes", within, autoload_with=engine)

    assert targets(reflected.tables["likes"]) == {"user_id": "user_snapshot.id"}
    assert [key.column for key in again.foreign_keys] == [within.tables["user_snapshot"].c.id]


# What is refused


def refused(base, match, **more):
    Table("likes", base.metadata, Column("user_id", String(8), ForeignKey("user.x")))
    before = set(base.metadata.tables)
    with pytest.raises(DeclarationError, match=match):
        declared(base, **more)
    assert set(base.metadata.tables) == before
    # Nor does it stand in the way of the next try.
    assert declared(base, called="Again", x=Latest(String(8), unique=True)).Snapshot


@pytest.mark.parametrize("policy", [Every(2), Never()])
def test_a_field_that_stands_in_no_row_is_not_referred_to(company_base, policy):
    refused(company_base, r"likes\.user_id: .*user\.x.*Inline\(\)", policy=policy)


def test_a_mean_is_not_referred_to(company_base):
    refused(company_base, r"likes\.user_id: .*user\.x.*mean", x=Aggregate(Integer, reducer=Mean()))


def test_what_is_read_from_the_log_is_not_referred_to(company_base):
    user = declared(company_base, began=CreatedAt())

    with pytest.raises(DeclarationError, match=r"likes.*user\.began.*events"):
        Table("likes", company_base.metadata, Column("x", Integer, ForeignKey(user.began)))


def test_a_key_that_comes_after_the_model_is_refused_likewise(company_base):
    user = declared(company_base, policy=Every(2))

    with pytest.raises(DeclarationError, match=r"likes.*user\.x"):
        Table("likes", company_base.metadata, Column("x", Integer, ForeignKey("user.x")))
    with pytest.raises(DeclarationError, match=r"likes.*user\.x"):
        Table("likes", company_base.metadata, Column("x", Integer, ForeignKey(user.x)))


def test_a_column_that_is_not_there_is_sqlalchemys_error(company_base):
    declared(company_base)
    likes = Table("likes", company_base.metadata, Column("user_id", Integer, ForeignKey("user.nothing")))

    with pytest.raises(NoReferencedColumnError, match=r"user_snapshot.*nothing"):
        targets(likes)


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL"])
def test_an_action_by_which_the_database_would_change_a_log_is_refused(company_base, action):
    declared(company_base)

    with pytest.raises(DeclarationError, match=f"user.id.*{action}"):
        declared(company_base, "post", user_id=Latest(String(8), ForeignKey("user.id", ondelete=action)))


# Types


def test_a_key_has_the_type_of_what_it_refers_to(company_base):
    """Of the model's own context, of a model's, and of an attribute's."""
    attributes = {"id": Context(sqlalchemy.Date()), "up": Latest(ForeignKey("node.id"))}
    node = type("Node", (EventSourced, company_base), {"__tablename__": "node", **attributes})
    leaf = declared(
        company_base, "leaf", node_id=Latest(ForeignKey("node.id")), also=Latest(ForeignKey(node.id))
    )

    for column in (node.__table__.c.up, leaf.__table__.c.node_id, leaf.Event.__table__.c.also):
        assert isinstance(column.type, sqlalchemy.Date)


@pytest.mark.parametrize("make", [_by_column, _by_constraint])
@pytest.mark.parametrize("user_first", [True, False])
def test_a_text_of_a_plain_table_compares_as_the_context_that_it_refers_to(engine, make, user_first):
    """MariaDB takes no foreign key between two collations."""

    class OwnBase(DeclarativeBase):
        pass

    if user_first:
        declared(OwnBase)
    likes = make(OwnBase.metadata)
    user = declared(OwnBase) if not user_first else None
    OwnBase.metadata.create_all(engine)
    heads = OwnBase.metadata.tables["user_snapshot"]

    def form(table, name):
        ddl = str(CreateTable(table).compile(engine))
        return next(line for line in ddl.splitlines() if line.strip().startswith(f"{name} ")).split()[1:]

    assert user is None or user.Snapshot.__table__ is heads
    assert form(likes, "user_id") == form(heads, "id")
