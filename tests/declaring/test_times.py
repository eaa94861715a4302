"""How ``CreatedAt`` and ``UpdatedAt`` are declared: what they take, and what tools see of them."""

from datetime import datetime

import pytest
from sqlalchemy import DateTime, ForeignKey, Index, Integer, String, UniqueConstraint, inspect
from sqlalchemy.orm import Mapped, MappedAsDataclass

from sqla_osiris import Aggregate, Context, CreatedAt, DeclarationError, EventSourced, UpdatedAt


def declared(base, made, *table_args):
    class Ware(EventSourced, base):
        __tablename__ = "ware"
        __table_args__ = table_args
        id = Context(String(9))
        stock = Aggregate(Integer)
        created_at = made()

    return Ware


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("primary_key", True),
        ("default", datetime.now),
        ("server_default", "now"),
        ("onupdate", datetime.now),
        ("index", True),
        ("unique", True),
        ("key", "other"),
        ("postgresql_tablespace", "x"),
    ],
)
@pytest.mark.parametrize("kind", [CreatedAt, UpdatedAt])
def test_what_would_have_to_be_stored_is_refused(base, kind, option, value):
    with pytest.raises(DeclarationError):
        declared(base, lambda: kind(**{option: value}))


def test_so_is_a_type_and_a_foreign_key(base):
    words = (
        r"\): its type is DateTime\(timezone=True\)\. It takes a column's name, and keywords of mapped_column\(\) that say "
        r"nothing of what is stored, such as comment=\.$"
    )
    with pytest.raises(DeclarationError, match=rf"^CreatedAt\('at', <class .*{words}"):
        declared(base, lambda: CreatedAt("at", DateTime))
    with pytest.raises(DeclarationError, match=rf"^UpdatedAt\(ForeignKey\('x\.y'\){words}"):
        declared(base, lambda: UpdatedAt(ForeignKey("x.y")))


@pytest.mark.parametrize(
    "constraint", [lambda: UniqueConstraint("created_at"), lambda: Index("ix_created", "created_at")]
)
def test_no_constraint_of_the_head_can_hold_of_them(base, constraint):
    with pytest.raises(DeclarationError, match="created_at is read from the events, and no column stores it"):
        declared(base, CreatedAt, constraint())


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("recorded_at", "the name is taken by every event's own columns"),
        ("Stock", "two fields of the column name"),
    ],
)
def test_a_name_that_is_taken_is_refused(base, name, reason):
    with pytest.raises(DeclarationError, match=reason):
        declared(base, lambda: CreatedAt(name))


def test_a_model_needs_a_field_of_its_own_beside_them(base):
    with pytest.raises(DeclarationError, match="declares no field"):

        class Ware(EventSourced, base):
            __tablename__ = "ware"
            id = Context(String(9))
            created_at = CreatedAt()


def test_tools_see_a_generated_moment(base):
    model = declared(base, lambda: CreatedAt("made_at", comment="when", info={"label": "Made"}))
    column = inspect(model).columns.created_at

    assert isinstance(column.type, DateTime)
    assert column.type.python_type is datetime
    assert (column.name, column.comment, column.info["label"]) == ("made_at", "when", "Made")
    assert column.type.timezone
    assert str(column.computed.sqltext) == "recorded_at"
    assert column.nullable  # a form's empty input is none, as for seq


def test_a_dataclass_leaves_them_out_of_its_constructor(base):
    class Ware(MappedAsDataclass, EventSourced, base, kw_only=True):
        __tablename__ = "ware"
        id: Mapped[str] = Context(String(9))
        stock: Mapped[int] = Aggregate(default=0)
        created_at: Mapped[datetime] = CreatedAt(init=False)
        updated_at: Mapped[datetime] = UpdatedAt(init=False)

    assert Ware(id="a", stock=1).stock == 1
