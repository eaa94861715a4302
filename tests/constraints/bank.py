"""A bank: accounts with a constraint of each kind."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from sqla_osiris import Aggregate, Context, EventSourced, Latest


class Base(DeclarativeBase):
    pass


class Branch(Base):
    __tablename__ = "branch"
    bank: Mapped[str] = mapped_column(String(9), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Account(EventSourced, Base):
    id: Mapped[str] = Context(String(20))
    iban: Mapped[str | None] = Latest(String(34), unique=True)
    email: Mapped[str | None] = Latest(String(50), unique=True, index=True)
    owner: Mapped[str | None] = Latest(String(50), CheckConstraint("owner <> ''", name="ck_owner"))
    nickname: Mapped[str | None] = Latest(String(50))
    balance: Mapped[int] = Aggregate()
    bank: Mapped[str | None] = Latest(String(9))
    branch: Mapped[int | None] = Latest()

    __table_args__ = (
        CheckConstraint("balance >= 0", name="ck_solvent"),
        UniqueConstraint("bank", "nickname", name="uq_nickname"),
        ForeignKeyConstraint(["bank", "branch"], ["branch.bank", "branch.number"], name="fk_branch"),
        Index("ix_owner", "owner"),
    )


class Handle(EventSourced, Base):
    """A name that is unique whatever the case, on the databases that index an expression."""

    id: Mapped[int] = Context()
    name: Mapped[str | None] = Latest(String(50))
    archived: Mapped[bool | None] = Latest()

    __table_args__ = (
        Index(
            "uq_handle",
            func.lower(name.column),
            unique=True,
            postgresql_where=archived.column.is_(None),
            sqlite_where=archived.column.is_(None),
        ).ddl_if(callable_=lambda *_, dialect, **__: dialect.name in {"postgresql", "sqlite"}),
    )


class Wallet(EventSourced, Base):
    """Uniques and checks without a foreign key, whose column takes its target's texts alone."""

    id: Mapped[int] = Context()
    owner: Mapped[str | None] = Latest(String(9), unique=True)
    code: Mapped[int | None] = Latest()
    kind: Mapped[bool | None] = Latest()
    balance: Mapped[int] = Aggregate()

    __table_args__ = (
        CheckConstraint("balance >= 0", name="ck_wallet"),
        UniqueConstraint("code", "kind", name="uq_wallet"),
    )
