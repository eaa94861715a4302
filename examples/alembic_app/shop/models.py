"""The models as they are now. How they came to be so is in ../history.py, and in the migrations."""

from sqlalchemy import Integer, MetaData, Numeric, String
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import Aggregate, Context, EventSourced, Latest, Max


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Employee(EventSourced, Base):
    __append_only__ = True
    id = Context(String(40))
    name = Latest(String(80))
    role = Latest(String(80), index=True)
    overtime = Aggregate(Integer)
    bonus = Aggregate(Integer, reducer=Max())


class Customer(EventSourced, Base):
    id = Context(String(40))
    name = Latest(String(80))
    credit = Aggregate(Numeric(10, 2))
