"""A model whose log has positions without an event, on the databases that give them before a commit."""

from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase, Session

from sqla_osiris import Aggregate, Context, EventSourced, SQLRepository

__all__ = ["Clerk", "contexts", "leave_a_hole"]


class Base(DeclarativeBase):
    pass


class Clerk(EventSourced, Base):
    __tablename__ = "clerk"
    __archive__ = True
    id = Context(String(40))
    overtime = Aggregate(Integer)


def contexts(events):
    return [each.context for each in events]


def leave_a_hole(engine):
    """Take a position for ever."""
    with Session(engine) as session:
        SQLRepository(Clerk, session).append("nobody", overtime=1)
        session.rollback()
