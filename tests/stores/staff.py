"""Classes that share a log by single-table inheritance, of each snapshot policy."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from sqla_osiris import Aggregate, Context, EventSourced, Every, Inline, Latest, Merge, Never

__all__ = ["MODELS", "Base", "Engineer", "Manager", "Person", "Team"]


class Base(DeclarativeBase):
    pass


class Team(Base):
    """An ordinary row that leads to staff."""

    __tablename__ = "staff_team"
    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[str | None] = mapped_column(ForeignKey("staff_person.id"))
    lead: Mapped["Manager | None"] = relationship(foreign_keys=lead_id)
    members: Mapped[list["Person"]] = relationship(back_populates="team", foreign_keys="Person.team_id")


class Person(EventSourced, Base):
    __tablename__ = "staff_person"
    __snapshot__ = Inline()
    __archive__ = True
    id: Mapped[str] = Context(String(20))
    kind: Mapped[str] = Latest(String(20))
    name: Mapped[str | None] = Latest(String(20))
    team_id: Mapped[int | None] = Latest(ForeignKey("staff_team.id"))
    team: Mapped[Team | None] = relationship(back_populates="members", foreign_keys=team_id)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}  # noqa: RUF012


class Manager(Person):
    level: Mapped[int | None] = Latest(index=True)
    __mapper_args__ = {"polymorphic_identity": "manager"}  # noqa: RUF012


class Engineer(Person):
    commits: Mapped[int] = Aggregate()
    skills: Mapped[dict[str, Any]] = Aggregate(JSON, reducer=Merge())
    tags: Mapped[list[str] | None] = Latest(JSON)
    __mapper_args__ = {"polymorphic_identity": "engineer"}  # noqa: RUF012


def _of(policy: Any, table: str) -> Any:
    """The same three classes with another policy."""
    base = type("Own", (DeclarativeBase,), {})
    body = {
        "__tablename__": table,
        "__snapshot__": policy,
        "__archive__": True,
        "id": Context(String(20)),
        "kind": Latest(String(20), nullable=False),
        "name": Latest(String(20)),
        "__mapper_args__": {"polymorphic_on": "kind", "polymorphic_identity": "person"},
    }
    person = type("Person", (EventSourced, base), body)
    type(
        "Manager",
        (person,),
        {"level": Latest(Integer), "__mapper_args__": {"polymorphic_identity": "manager"}},
    )
    fields = {"commits": Aggregate(Integer), "skills": Aggregate(JSON, reducer=Merge()), "tags": Latest(JSON)}
    type("Engineer", (person,), {**fields, "__mapper_args__": {"polymorphic_identity": "engineer"}})
    return person


MODELS = [_of(Inline(), "staff_inline"), _of(Every(2), "staff_every"), _of(Never(), "staff_never")]
