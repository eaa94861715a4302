"""A ledger: accounts that nobody can overdraw, and several processes that move money between them.

A transfer adds to one account and takes from another in one flush, whatever they hold by then. The database itself refuses
the one that would overdraw its payer: nothing is locked or read beforehand, and nothing is tried again.

    python examples/ledger.py                                    # an SQLite file, ledger.db
    python examples/ledger.py --url postgresql+psycopg://host/db --transfers 100000 --processes 8
    python examples/ledger.py --url mariadb+pymysql://host/db --beside

``--beside`` runs the same on ordinary rows under SELECT … FOR UPDATE as well, in turns, and prints both rates. SQLite locks
no rows, so that the ordinary way would lose money there.
"""

import random
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Annotated

import typer
from sqlalchemy import CheckConstraint, Engine, create_engine, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from sqla_osiris import Aggregate, Context, EventSourced, repository

ACCOUNTS, OPENING, MOST, TURNS = 100, 1_000, 200, 4
NUMBERS = range(1, ACCOUNTS + 1)


class Base(DeclarativeBase):
    pass


class Account(EventSourced, Base):
    __tablename__ = "ledger_account"
    __table_args__ = (CheckConstraint("balance >= 0", name="ck_solvent"),)

    id: Mapped[int] = Context()
    # A sum. What it was before is not loaded where a difference is assigned to it.
    balance: Mapped[int] = Aggregate(active_history=False)


class Row(Base):
    """The same without a history."""

    __tablename__ = "ledger_row"
    __table_args__ = (CheckConstraint("balance >= 0", name="ck_row_solvent"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    balance: Mapped[int]


class Teller:
    """A process's own session, in which the accounts are loaded once."""

    def __init__(self, engine: Engine) -> None:
        self.session = Session(engine, expire_on_commit=False)
        self.accounts = {account.id: account for account in self.session.scalars(select(Account))}

    def move(self, payer: int, payee: int, amount: int) -> bool:
        """Whether the payer had as much: then it is committed."""
        self.accounts[payer].balance = Account.balance - amount
        self.accounts[payee].balance = Account.balance + amount
        try:
            self.session.commit()
        except IntegrityError:
            self.session.rollback()
            return False
        return True


class LockingTeller:
    """One who locks both rows, in an order that all share, and looks before it changes them."""

    def __init__(self, engine: Engine) -> None:
        self.session = Session(engine)

    def move(self, payer: int, payee: int, amount: int) -> bool:
        both = select(Row).where(Row.id.in_([payer, payee])).order_by(Row.id).with_for_update()
        rows = {row.id: row for row in self.session.scalars(both)}
        if rows[payer].balance < amount:
            self.session.rollback()
            return False
        rows[payer].balance -= amount
        rows[payee].balance += amount
        self.session.commit()
        return True


def work(url: str, teller: type[Teller | LockingTeller], transfers: int, seed: int) -> Counter[str]:
    """So many transfers, drawn by this seed, in a process of their own."""
    drawn, engine, outcomes = random.Random(seed), connect(url), Counter[str]()  # noqa: S311  (no secret)
    at_work = teller(engine)
    for _ in range(transfers):
        payer, payee = drawn.sample(NUMBERS, 2)
        moved = at_work.move(payer, payee, drawn.randint(1, MOST))
        outcomes["moved" if moved else "refused"] += 1
    at_work.session.close()
    engine.dispose()
    return outcomes


def connect(url: str) -> Engine:
    # SQLite's writers wait for each other in no order, five seconds at most if not told otherwise.
    return create_engine(url, connect_args={"timeout": 60} if url.startswith("sqlite") else {})


def open_accounts(engine: Engine) -> None:
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Account(id=number, balance=OPENING) for number in NUMBERS)
        session.add_all(Row(id=number, balance=OPENING) for number in NUMBERS)
        session.commit()


def check(engine: Engine, moved: int) -> None:
    """Money is conserved, no balance is below zero, and the log says how each came to be."""
    with Session(engine) as session:
        for model in (Account, Row):
            held = session.execute(select(func.sum(model.balance), func.min(model.balance))).one()
            assert held[0] == ACCOUNTS * OPENING
            assert held[1] >= 0
        balance = 0
        for event in repository(Account, session).history(1):
            balance += event.fields["balance"]
            assert balance >= 0
        assert balance == session.get_one(Account, 1).balance
        events = session.scalar(select(func.count()).select_from(Account.Event))
    assert events == ACCOUNTS + 2 * moved
    assert repository(Account, engine).verify()


def main(
    *,
    url: Annotated[str | None, typer.Option(help="A database URL; its ledger_ tables are recreated.")] = None,
    transfers: Annotated[int, typer.Option(help="How many, by all processes together.")] = 10_000,
    processes: Annotated[int, typer.Option(help="How many work at a time.")] = 8,
    beside: Annotated[bool, typer.Option("--beside", help="Also on ordinary rows, under locks.")] = False,
) -> None:
    url = url or "sqlite:///ledger.db"
    engine = connect(url)
    if beside and engine.dialect.name == "sqlite":
        raise typer.BadParameter("SQLite has no SELECT … FOR UPDATE: ordinary rows would lose money there.")
    open_accounts(engine)
    engine.dispose()
    ways = {"ledger": Teller, "ordinary rows": LockingTeller} if beside else {"ledger": Teller}
    seconds, outcomes = Counter[str](), {way: Counter[str]() for way in ways}
    with ProcessPoolExecutor(processes) as pool:
        for turn in range(TURNS):  # in turns, so that what else the machine does hits both
            seeds = range(turn * processes, (turn + 1) * processes)
            for way, teller in ways.items():
                start = time.perf_counter()
                for done in pool.map(partial(work, url, teller, transfers // TURNS // processes), seeds):
                    outcomes[way] += done
                seconds[way] += time.perf_counter() - start
    for way, counted in outcomes.items():
        rate = counted.total() / seconds[way]
        print(f"{way}: {counted['moved']:,} moved, {counted['refused']:,} refused, {rate:,.0f} a second")
    check(engine, outcomes["ledger"]["moved"])
    print("money is conserved, and no account was ever overdrawn")
    engine.dispose()


if __name__ == "__main__":
    typer.run(main)
