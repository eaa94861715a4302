#!/usr/bin/env bash
# polyfactory 3.5.0 with SQLAlchemy 2.1.9, a model that has a generated column (Computed).
#
# Guessed: create_batch_sync(2) stores two objects as create_sync() stores one.
# Seen: create_sync() leaves the generated column to the database. create_batch_sync() gives it a random value, and the
# database refuses the INSERT. `twice = Ignore()` in the factory's class is the way around.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "sqlalchemy[asyncio]==2.1.9" polyfactory==3.5.0

"$folder/venv/bin/python" - <<'PYTHON'
import sys

from polyfactory.factories.sqlalchemy_factory import SQLAlchemyFactory
from sqlalchemy import Computed, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Number(Base):
    __tablename__ = "number"
    id: Mapped[int] = mapped_column(primary_key=True)
    once: Mapped[int]
    twice: Mapped[int] = mapped_column(Computed("once * 2"))


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:

    class NumberFactory(SQLAlchemyFactory[Number]):
        __session__ = session

    number = NumberFactory.create_sync()
    print(f"create_sync(): once {number.once}, twice {number.twice}")
    if number.twice != 2 * number.once:
        sys.exit("CHANGED: create_sync() writes the generated column")
    try:
        NumberFactory.create_batch_sync(2)
    except OperationalError as error:
        print(f"create_batch_sync(2): {error.orig}")
    else:
        sys.exit("CHANGED: create_batch_sync() leaves the generated column out")
PYTHON
