#!/usr/bin/env bash
# SQLAlchemy-Continuum 2.0.0 and sqlalchemy-history 2.2.1 with SQLAlchemy 2.1.9 (SQLite, in memory).
#
# Guessed: an attribute of an object that is set to an SQL expression (stock.pieces = Stock.pieces - 1, SQLAlchemy's own way
# of an atomic update) gets a version, as the object is flushed by the unit of work, like one that is set to a value.
# Seen: the row is changed and there is no version of it, in both. Bulk statements, which pass the unit of work by, are
# documented as not versioned; this is none. Set to a value in the same flush, another attribute's version appears.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/tried.py" <<'PYTHON'
import importlib
import importlib.metadata
import sys

from sqlalchemy import Column, Integer, create_engine, select
from sqlalchemy.orm import Session, configure_mappers, declarative_base

versioning = importlib.import_module(sys.argv[1])
versioning.make_versioned(user_cls=None)
Base = declarative_base()


class Stock(Base):
    __versioned__ = {}
    __tablename__ = "stock"
    id = Column(Integer, primary_key=True)
    pieces = Column(Integer)


configure_mappers()
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all([Stock(id=1, pieces=9), Stock(id=2, pieces=9)])
    session.commit()
    session.get(Stock, 1).pieces = 8
    session.commit()
    session.get(Stock, 2).pieces = Stock.pieces - 1
    session.commit()
    rows = session.execute(select(Stock.id, Stock.pieces).order_by(Stock.id)).all()
    Version = versioning.version_class(Stock)
    versions = session.execute(select(Version.id, Version.pieces).order_by(Version.id, Version.transaction_id)).all()

found = {key: [pieces for id, pieces in versions if id == key] for key in (1, 2)}
print(f"{sys.argv[2]} {importlib.metadata.version(sys.argv[2])}, SQLAlchemy {importlib.metadata.version('sqlalchemy')}:")
print(f"  set to 8: the row holds {rows[0].pieces}, the versions {found[1]}")
print(f"  set to pieces - 1: the row holds {rows[1].pieces}, the versions {found[2]}")
if (rows[0].pieces, rows[1].pieces, found) != (8, 8, {1: [9, 8], 2: [9]}):
    sys.exit("CHANGED: the versions are others")
PYTHON

for each in "sqlalchemy_continuum SQLAlchemy-Continuum==2.0.0" "sqlalchemy_history SQLAlchemy-History==2.2.1"; do
    module=${each% *} package=${each#* }
    python3 -m venv "$folder/$module"
    "$folder/$module/bin/pip" install --quiet --disable-pip-version-check sqlalchemy==2.1.9 greenlet "$package"
    "$folder/$module/bin/python" -W ignore "$folder/tried.py" "$module" "${package%==*}"
done
