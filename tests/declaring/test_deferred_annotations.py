"""From Python 3.14 on, annotations are read when somebody asks for them. This module has no import from __future__."""

from typing import TYPE_CHECKING, ClassVar

import pytest
from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, MappedAsDataclass, configure_mappers, mapped_column, relationship

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


def test_a_dataclass_may_name_what_comes_later(base):
    class Shelf(MappedAsDataclass, EventSourced, base):
        __tablename__ = "shelf"
        id: Mapped[str] = Context(String(20))
        places: Mapped[int] = Aggregate(default=0)
        prices: ClassVar[dict[str, Decimal]] = {}
        labels: Mapped[list[Label]] = relationship(  # noqa: F821  (it comes later)
            primaryjoin="foreign(Label.shelf_id) == Shelf.id", viewonly=True, default_factory=list
        )

    class Label(base):
        __tablename__ = "label"
        id: Mapped[int] = mapped_column(primary_key=True)
        shelf_id: Mapped[str] = mapped_column(ForeignKey("shelf_snapshot.id"))

    configure_mappers()
    assert (Shelf(id="a").places, Shelf("b", 3).places, Shelf("c").labels) == (0, 3, [])


def test_a_subclass_may_name_what_comes_later(base):
    class Shelf(EventSourced, base):
        __tablename__ = "shelf"
        id: Mapped[str] = Context(String(20))
        kind: Mapped[str] = Latest(String(9))
        __mapper_args__: ClassVar[dict[str, Later]] = {  # noqa: F821
            "polymorphic_on": "kind",
            "polymorphic_identity": "shelf",
        }

    class Tall(Shelf):
        places: Mapped[int | None] = Aggregate(nullable=True)
        label: ClassVar[Later | None] = None  # noqa: F821
        boxes: Mapped[list[Box]] = relationship(  # noqa: F821
            primaryjoin="foreign(Box.shelf_id) == Tall.id", viewonly=True
        )
        __mapper_args__: ClassVar[dict[str, Later]] = {"polymorphic_identity": "tall"}  # noqa: F821

    class Box(base):
        __tablename__ = "box"
        id: Mapped[int] = mapped_column(primary_key=True)
        shelf_id: Mapped[str] = mapped_column(ForeignKey("shelf_snapshot.id"))

    configure_mappers()
    shelves = repository(Shelf, "memory://")
    shelves.append("a", kind="tall", places=3)
    assert type(shelves.state("a")) is Tall
