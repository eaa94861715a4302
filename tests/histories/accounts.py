"""The model whose log is written: once for each snapshot policy, with a view, a ledger and what a subscription handled."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Column, Integer, String, Table
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import (
    Aggregate,
    Context,
    EventSourced,
    EventView,
    Every,
    Inline,
    Latest,
    Never,
    subscription_table,
)

__all__ = ["POLICIES", "Schema", "schema"]

POLICIES = {"every": Every(5), "inline": Inline(), "never": Never()}


@dataclass(frozen=True)
class Schema:
    """The model, and two ordinary tables: what sessions write beside events, and what a subscription's handler writes."""

    account: type[Any]
    ledger: Table
    handled: Table
    view: type[Any]


@cache
def schema(policy: str) -> Schema:
    class Base(DeclarativeBase):
        pass

    class Account(EventSourced, Base):
        __tablename__ = "account"
        __archive__ = True
        __snapshot__ = POLICIES[policy]
        id = Context(String(40))
        mark = Latest(String(80))
        """Another one in each event: it tells which call wrote it."""
        total = Aggregate(Integer)
        note = Latest(String(20))
        """What is redacted."""
        bucket = Latest(String(1))

    class Bucket(EventView, of=Account, by="bucket"):
        __snapshot__ = Every(20)
        total = Aggregate(Integer)

    subscription_table(Base.metadata)
    ledger = Table("ledger", Base.metadata, Column("mark", String(80)))
    handled = Table(
        "handled",
        Base.metadata,
        Column("number", Integer, primary_key=True),
        Column("context", String(40)),
        Column("seq", Integer),
    )
    return Schema(Account, ledger, handled, Bucket)
