"""From Python 3.14 on, annotations are read when somebody asks for them. This module has no import from __future__."""

from typing import TYPE_CHECKING, ClassVar

import pytest
from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, configure_mappers, mapped_column, relationship

from sqla_osiris import Aggregate, Context, DeclarationError, EventSourced, Latest, repository

if TYPE_CHECKING:
    from decimal import Decimal


def test_a_relationship_may_name_a_class_that_comes_later(base):
    class Shelf(EventSourced, base):
        __tablename__ = "shelf"
        id: Mapped[str] = Context(String(20))
        places: Mapped[int] = Aggregate()
        labels: Mapped[list[Label]] = relationship(  # noqa: F821  (it comes later)
            primaryjoin="foreign(Label.shelf_id) == Shelf.id"
        )

    class Label(base):
        __tablename__ = "label"
        id: Mapped[int] = mapped_column(primary_key=True)
        shelf_id: Mapped[str] = mapped_column(ForeignKey("shelf_snapshot.id"))

    configure_mappers()
    assert repository(Shelf, "memory://").append("a", places=3).seq == 1


def test_a_class_variable_may_name_what_type_checkers_alone_see(base):
    class Shelf(EventSourced, base):
        __tablename__ = "shelf"
        id: Mapped[str] = Context(String(20))
        places: Mapped[int] = Aggregate()
        prices: ClassVar[dict[str, Decimal]] = {}

    configure_mappers()
    assert repository(Shelf, "memory://").append("a", places=3).seq == 1


def test_a_mixin_may_name_what_comes_later(base):
    class Labelled:
        places: Mapped[int] = Aggregate()
        label: ClassVar[Later | None] = None  # noqa: F821  (it comes later)

    class Shelf(EventSourced, Labelled, base):
        __tablename__ = "shelf"
        id: Mapped[str] = Context(String(20))

    assert repository(Shelf, "memory://").append("a", places=3).seq == 1


def test_a_reserved_name_is_refused_whatever_its_annotation_names(base):
    with pytest.raises(DeclarationError, match="position"):

        class Shelf(EventSourced, base):
            __tablename__ = "shelf"
            places: Mapped[int] = Aggregate()
            position: Mapped[Later] = relationship()  # noqa: F821


def test_a_foreign_keys_type_is_read_from_its_annotation(base):
    class Shelf(EventSourced, base):
        __tablename__ = "shelf"
        id: Mapped[str] = Context(String(20))
        room_id: Mapped[int | None] = Latest(ForeignKey("room.id"))
        room: Mapped[Room | None] = relationship()  # noqa: F821  (it comes later)

    class Room(base):
        __tablename__ = "room"
        id: Mapped[int] = mapped_column(primary_key=True)

    configure_mappers()
    assert isinstance(Shelf.__mapper__.columns.room_id.type, Integer)
