#!/usr/bin/env bash
# SQLAlchemy-Continuum 2.0.0 and sqlalchemy-history 2.2.1 with SQLAlchemy 2.1.9 (SQLite, in memory, with SQLAlchemy's own
# recipe for savepoints).
#
# Guessed: after a savepoint is rolled back, the session goes on, as it does without versions: that is what a savepoint is for.
# Seen: if the transaction's first versioned change was inside the savepoint, the next flush fails, in both. They keep, in
# Python, the version object that the savepoint's rollback removed from the database, and go on with it: sqlalchemy-history ends
# in a StaleDataError of its version table, Continuum in an OperationalError of a savepoint that is gone. The
# transaction cannot be committed. Where a change was flushed before the savepoint, both go on as guessed.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/tried.py" <<'PYTHON'
import importlib
import importlib.metadata
import sys

from sqlalchemy import Column, Integer, create_engine, event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, configure_mappers, declarative_base
from sqlalchemy.orm.exc import StaleDataError

versioning = importlib.import_module(sys.argv[1])
versioning.make_versioned(user_cls=None)
Base = declarative_base()


class Stock(Base):
    __versioned__ = {}
    __tablename__ = "stock"
    id = Column(Integer, primary_key=True)
    pieces = Column(Integer)


class Plain(Base):
    __tablename__ = "plain"
    id = Column(Integer, primary_key=True)
    pieces = Column(Integer)


configure_mappers()


def tried(model, *, first):
    """Change, roll a savepoint back, change again, commit; what came of it."""
    engine = create_engine("sqlite://")
    event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(model(id=1, pieces=9))
        session.commit()
        stock = session.get(model, 1)
        if first:
            stock.pieces = 8
            session.flush()
        savepoint = session.begin_nested()
        stock.pieces = 7
        session.flush()
        savepoint.rollback()
        stock.pieces = 6
        try:
            session.commit()
        except (OperationalError, StaleDataError) as error:
            return type(error).__name__
    with Session(engine) as session:
        return session.scalar(select(model.pieces))


error = sys.argv[3]
print(f"{sys.argv[2]} {importlib.metadata.version(sys.argv[2])}, SQLAlchemy {importlib.metadata.version('sqlalchemy')}:")
seen = (tried(Plain, first=False), tried(Stock, first=True), tried(Stock, first=False))
print(f"  without versions: {seen[0]}; a change before the savepoint: {seen[1]}; none before it: {seen[2]}")
if seen != (6, 6, error):
    sys.exit("CHANGED: a session goes on after a savepoint's rollback, or fails otherwise")
PYTHON

for each in "sqlalchemy_continuum SQLAlchemy-Continuum==2.0.0 OperationalError" "sqlalchemy_history SQLAlchemy-History==2.2.1 StaleDataError"; do
    read -r module package error <<< "$each"
    python3 -m venv "$folder/$module"
    "$folder/$module/bin/pip" install --quiet --disable-pip-version-check sqlalchemy==2.1.9 greenlet "$package"
    "$folder/$module/bin/python" -W ignore "$folder/tried.py" "$module" "${package%==*}" "$error" 2>/dev/null
done
