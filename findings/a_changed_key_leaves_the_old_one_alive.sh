#!/usr/bin/env bash
# SQLAlchemy-Continuum 2.0.0 and sqlalchemy-history 2.2.1 with SQLAlchemy 2.1.9 (SQLite, in memory).
#
# Guessed: an object whose primary key is changed ends its versions under the old key and begins new ones under the new key: the
# row of the old key is gone, as after a deletion.
# Seen: the new key gets one version, of type "update", with no insertion before it. The old key gets none: its last version is still
# the present one (end_transaction_id is NULL, no deletion), so that whoever asks the versions which rows there are finds two
# where there is one.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/tried.py" <<'PYTHON'
import importlib
import importlib.metadata
import sys

from sqlalchemy import Column, Integer, String, create_engine, select
from sqlalchemy.orm import Session, configure_mappers, declarative_base

versioning = importlib.import_module(sys.argv[1])
versioning.make_versioned(user_cls=None)
Base = declarative_base()


class Desk(Base):
    __versioned__ = {}
    __tablename__ = "desk"
    number = Column(Integer, primary_key=True)
    of = Column(String)


configure_mappers()
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add(Desk(number=1, of="Ann"))
    session.commit()
    session.get(Desk, 1).number = 2
    session.commit()
    rows = session.scalars(select(Desk.number)).all()
    Version = versioning.version_class(Desk)
    found = session.execute(
        select(Version.number, Version.operation_type, Version.end_transaction_id).order_by(Version.transaction_id)
    ).all()

print(f"{sys.argv[2]} {importlib.metadata.version(sys.argv[2])}, SQLAlchemy {importlib.metadata.version('sqlalchemy')}:")
print(f"  rows: {rows}")
for number, operation, end in found:
    print(f"  a version of {number}: {('insert', 'update', 'delete')[operation]}, ended by transaction {end}")
if rows != [2] or [tuple(each) for each in found] != [(1, 0, None), (2, 1, None)]:
    sys.exit("CHANGED: the versions are others")
PYTHON

for each in "sqlalchemy_continuum SQLAlchemy-Continuum==2.0.0" "sqlalchemy_history SQLAlchemy-History==2.2.1"; do
    module=${each% *} package=${each#* }
    python3 -m venv "$folder/$module"
    "$folder/$module/bin/pip" install --quiet --disable-pip-version-check sqlalchemy==2.1.9 greenlet "$package"
    "$folder/$module/bin/python" -W ignore "$folder/tried.py" "$module" "${package%==*}"
done
