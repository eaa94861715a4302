"""A foreign key to a model's own table, enforced by the database: an app's relationships need nothing but their words."""

from datetime import datetime

import pytest
from sqlalchemy import Column, ForeignKey, String, Table, event, func, or_, select
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    WriteOnlyMapped,
    aliased,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    subqueryload,
)

from sqla_osiris import Context, EventSourced, Latest, NewEvent, repository


class Base(DeclarativeBase):
    pass


followers = Table(
    "followers",
    Base.metadata,
    Column("follower_id", String(20), ForeignKey("user.id"), primary_key=True),
    Column("followed_id", String(20), ForeignKey("user.id"), primary_key=True),
)


class User(EventSourced, Base):
    """Between a plain table that is declared before it and one that is declared after it, and with keys to itself."""

    __tablename__ = "user"
    id: Mapped[str] = Context(String(20))
    name: Mapped[str | None] = mapped_column(String(20), unique=True)
    boss_id: Mapped[str | None] = mapped_column(String(20), ForeignKey("user.id"))
    boss: Mapped["User | None"] = relationship(remote_side="User.id", back_populates="reports")
    reports: Mapped[list["User"]] = relationship(back_populates="boss", order_by="User.id")
    posts: WriteOnlyMapped["Post"] = relationship(
        back_populates="author", cascade="all, delete-orphan", passive_deletes=True
    )
    notes: Mapped[list["Note"]] = relationship(back_populates="user", cascade="all, delete-orphan")
    following: WriteOnlyMapped["User"] = relationship(
        secondary=followers,
        primaryjoin=(followers.c.follower_id == id),  # noqa: A003
        secondaryjoin=(followers.c.followed_id == id),  # noqa: A003
        back_populates="followers",
        passive_deletes=True,
    )
    followers: WriteOnlyMapped["User"] = relationship(
        secondary="followers",
        primaryjoin="followers.c.followed_id == User.id",
        secondaryjoin=lambda: followers.c.follower_id == User.id,
        back_populates="following",
        passive_deletes=True,
    )
    tags: Mapped[list["Tag"]] = relationship(secondary="user_tag", back_populates="users", order_by="Tag.id")


class Post(EventSourced, Base):
    __tablename__ = "post"
    id: Mapped[int] = Context()
    user_id: Mapped[str] = Latest(ForeignKey(User.id), index=True)
    at: Mapped[datetime | None]
    author: Mapped[User] = relationship(back_populates="posts")
    links: Mapped[list["Link"]] = relationship(cascade="all, delete-orphan")


class Note(Base):
    """An ordinary class."""

    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    user: Mapped[User] = relationship(back_populates="notes")


class Tag(EventSourced, Base):
    __tablename__ = "tag"
    id: Mapped[int] = Context()
    word: Mapped[str | None]
    users: Mapped[list[User]] = relationship(secondary="user_tag", back_populates="tags")
    remarks: WriteOnlyMapped["Remark"] = relationship()


class Link(Base):
    __tablename__ = "link"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))


class Remark(EventSourced, Base):
    __tablename__ = "remark"
    id: Mapped[int] = Context()
    tag_id: Mapped[int] = Latest(ForeignKey("tag.id"))


badges = Table("badge", Base.metadata, Column("name", String(20), ForeignKey("user.name"), primary_key=True))

user_tag = Table(
    "user_tag",
    Base.metadata,
    Column("user_id", ForeignKey(User.id), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
)


pairs = Table(
    "pair",
    Base.metadata,
    Column("left_id", ForeignKey("node.id"), primary_key=True),
    Column("right_id", ForeignKey("node.id"), primary_key=True),
)


class Node(EventSourced, Base):
    """One whose key the database gives."""

    __tablename__ = "node"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    parent: Mapped["Node | None"] = relationship(remote_side="Node.id", back_populates="children")
    children: Mapped[list["Node"]] = relationship(back_populates="parent")
    partners: Mapped[list["Node"]] = relationship(
        secondary=pairs,
        primaryjoin=lambda: Node.id == pairs.c.left_id,
        secondaryjoin=lambda: Node.id == pairs.c.right_id,
    )


@pytest.fixture
def engine(engine):
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def enforce_keys(connection, _record):
            connection.execute("PRAGMA foreign_keys = ON")

    Base.metadata.create_all(engine)
    return engine


@pytest.fixture
def session(engine):
    with Session(engine) as session:
        yield session


@pytest.fixture
def staffed(session):
    """Ann follows Bob and Cid, and Bob follows Cid. Ann is their boss."""
    ann, bob, cid = User(id="ann"), User(id="bob"), User(id="cid")
    bob.boss = cid.boss = ann
    session.add_all([cid, bob, ann])
    ann.following.add_all([bob, cid])
    cid.followers.add(bob)
    session.add_all([Post(id=n, author=user) for n, user in enumerate([ann, bob, cid, cid], 1)])
    session.commit()
    return session


def ids(session, statement):
    return [found.id for found in session.scalars(statement)]


# Written together


def test_two_new_users_one_of_whom_follows_the_other_are_written_in_one_flush(session):
    zoe, abe = User(id="zoe"), User(id="abe")
    abe.following.add(zoe)
    session.add_all([abe, zoe])
    session.commit()

    assert session.execute(select(followers)).all() == [("abe", "zoe")]


@pytest.mark.parametrize("order", ["parents first", "children first"])
def test_a_parent_is_written_before_its_children_whatever_their_order(session, order):
    """Of a model, of the same model, of an ordinary class, and of the other side of a table between them."""
    boss = User(id="zoe")
    user = User(id="bob", boss=boss)
    objects = [boss, user, Post(id=1, author=user), Note(id=1, user=user), Tag(id=1, users=[user, boss])]
    session.add_all(objects if order == "parents first" else reversed(objects))
    session.commit()

    assert session.get(User, "bob").boss is boss
    assert ids(session, user.posts.select()) == [1]
    assert [tag.id for tag in boss.tags] == [1]


def test_keys_that_the_database_gives_reach_those_that_refer_to_them(session):
    """Of new objects of one flush: a parent's child, its own child, and a partner."""
    leaf = Node()
    leaf.parent = Node(parent=Node(partners=[leaf]))
    session.add(leaf)
    session.commit()
    root = session.get_one(Node, leaf.parent.parent_id)

    assert (root.children, root.partners) == ([leaf.parent], [leaf])
    assert session.execute(select(pairs)).all() == [(root.id, leaf.id)]


def test_without_a_relationship_the_order_of_one_class_is_that_of_adding(session):
    """As SQLAlchemy inserts the rows of a table."""
    session.add_all([User(id="zoe"), User(id="abe", boss_id="zoe"), User(id="aaa", boss_id="abe")])
    session.commit()

    assert ids(session, select(User).where(User.boss_id == "zoe")) == ["abe"]


def test_a_batch_begins_parents_before_those_that_refer_to_them(engine):
    users = repository(User, engine)
    users.append_many(
        [NewEvent("zoe", {}), NewEvent("abe", {"boss_id": "zoe"}), NewEvent("aaa", {"boss_id": "abe"})]
    )

    assert users.state("aaa").boss_id == "abe"


# Read


def test_an_association_of_users_with_users_is_read_both_ways(staffed):
    ann, cid = staffed.get(User, "ann"), staffed.get(User, "cid")

    assert sorted(ids(staffed, ann.following.select())) == ["bob", "cid"]
    assert sorted(ids(staffed, cid.followers.select())) == ["ann", "bob"]
    assert staffed.scalar(select(func.count()).select_from(cid.followers.select().subquery())) == 2
    cid.followers.remove(ann)
    staffed.commit()
    assert ids(staffed, ann.following.select()) == ["bob"]


def test_joins_over_aliases_and_an_association_read_states(staffed):
    """The posts of those whom somebody follows, and its own."""
    author, follower = aliased(User), aliased(User)
    statement = (
        select(Post)
        .join(Post.author.of_type(author))
        .join(author.followers.of_type(follower), isouter=True)
        .where(or_(follower.id == "bob", author.id == "bob"))
        .group_by(Post)
        .order_by(Post.id)
    )

    assert ids(staffed, statement) == [2, 3, 4]


@pytest.mark.parametrize("load", [selectinload, joinedload, subqueryload])
def test_each_way_to_load_finds_parents_and_children(staffed, load):
    staffed.expunge_all()
    statement = select(User).options(load(User.boss), load(User.reports)).order_by(User.id)
    ann, bob, _ = staffed.scalars(statement).unique()

    assert [user.id for user in ann.reports] == ["bob", "cid"]
    assert bob.boss is ann


def test_the_heads_join_by_the_same_keys(staffed):
    heads, other = User.Snapshot.__table__, Post.Snapshot.__table__
    joined = select(heads.c.id, other.c.id).join_from(heads, other).order_by(other.c.id)
    by_class = select(User.id, followers.c.followed_id).join(followers, followers.c.follower_id == User.id)

    assert staffed.execute(joined).all() == [("ann", 1), ("bob", 2), ("cid", 3), ("cid", 4)]
    assert sorted(staffed.execute(by_class).all()) == [("ann", "bob"), ("ann", "cid"), ("bob", "cid")]


# Enforced


def orphans(engine):
    users, posts = repository(User, engine), repository(Post, engine)
    with Session(engine) as session:
        yield lambda: users.append("bob", boss_id="nobody")
        yield lambda: posts.append(1, user_id="nobody")
        yield lambda: posts.append_many([NewEvent(1, {"user_id": "nobody"}), NewEvent(2, {"user_id": "ann"})])
        for row in (Post(id=1, user_id="nobody"), Note(id=1, user_id="nobody")):
            session.add(row)
            yield session.flush
            session.rollback()
        yield lambda: session.execute(followers.insert().values(follower_id="ann", followed_id="nobody"))


def test_a_key_that_refers_to_nothing_is_refused_in_each_way(engine):
    repository(User, engine).append("ann")
    for write in orphans(engine):
        with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
            write()
    assert list(repository(Post, engine).states()) == []
    assert repository(User, engine).state("bob") is None


# A parent that ended


@pytest.fixture
def without_cid(staffed):
    """A session over the same, after the stream of Cid has ended past the ORM."""
    staffed.expunge_all()
    repository(User, staffed).append_many([NewEvent("cid", {}, ends=True)])
    return staffed


def test_the_keys_to_a_parent_that_ended_hold(without_cid):
    post = without_cid.get(Post, 3)

    assert (post.user_id, post.author) == ("cid", None)
    assert without_cid.scalar(select(func.count()).where(followers.c.followed_id == "cid")) == 2
    without_cid.add_all([Post(id=9, user_id="cid"), Note(id=9, user_id="cid")])
    without_cid.flush()
    assert ids(without_cid, select(Note)) == [9]


def test_joins_to_a_parent_that_ended_find_no_state(without_cid):
    inner, outer = select(Post.id, User.id).join(User), select(Post.id, User.id).join(User, isouter=True)
    ann = without_cid.get(User, "ann")

    assert without_cid.execute(inner.order_by(Post.id)).all() == [(1, "ann"), (2, "bob")]
    assert without_cid.execute(outer.order_by(Post.id)).all() == [
        (1, "ann"),
        (2, "bob"),
        (3, None),
        (4, None),
    ]
    assert ids(without_cid, ann.following.select()) == ["bob"]


def test_a_parent_that_is_deleted_takes_its_children_along_by_the_orm(session):
    """Loaded or not, of a collection that is never loaded, too, and the rows of a table between."""
    zoe, abe = User(id="zoe", notes=[Note(id=1)], tags=[Tag(id=1)]), User(id="abe")
    zoe.following.add(abe)
    zoe.posts.add_all([Post(id=1, links=[Link(id=7)]), Post(id=2)])
    abe.posts.add(Post(id=3))
    session.add(zoe)
    session.commit()
    session.expunge_all()
    session.delete(session.get(User, "zoe"))
    session.commit()

    assert (ids(session, select(User)), ids(session, select(Tag))) == (["abe"], [1])
    assert (ids(session, select(Note)), ids(session, select(Post)), ids(session, select(Link))) == (
        [],
        [3],
        [],
    )
    assert session.execute(select(followers)).all() == session.execute(select(user_tag)).all() == []


def test_children_that_are_left_to_the_database_are_refused_as_sqlalchemy_does(session):
    """A write-only collection without ``passive_deletes``."""
    session.add(Tag(id=1))
    session.commit()
    session.delete(session.get(Tag, 1))

    with pytest.raises(InvalidRequestError, match=r"Tag\.remarks can't load"):
        session.flush()


def test_a_state_that_is_referred_to_can_neither_change_nor_end(engine):
    """As a row's unique column."""
    users = repository(User, engine)
    users.append("bob", name="Bob")
    with Session(engine) as session:
        session.execute(badges.insert().values(name="Bob"))
        session.commit()

    for change in ({"fields": {"name": "Rob"}}, {"fields": {}, "ends": True}):
        with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
            users.append_many([NewEvent("bob", **change)])
    assert users.state("bob").name == "Bob"
