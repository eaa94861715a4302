#!/usr/bin/env bash
# SQLAlchemy 2.1.9, the SQL type UUID (not the generic Uuid), on SQLite.
#
# Guessed: create_all() makes a column that keeps what is inserted, as the generic Uuid's CHAR(32) does.
# Seen: the column is declared as "UUID", which to SQLite is a name without CHAR, TEXT or BLOB in it: numeric affinity. The
# 32 hexadecimal digits are stored as text as long as a letter is among them. An identifier of decimal digits alone becomes
# an integer or a floating-point number: leading zeros and all digits behind the sixteenth are gone, and reading it fails.
# One in some three million random identifiers is of that shape; numbered ones, as tests and imports make, all are.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sqlalchemy==2.1.9

"$folder/venv/bin/python" - <<'PYTHON'
import sqlite3
import sys
from uuid import UUID as Identifier

import sqlalchemy
from sqlalchemy import UUID, Column, MetaData, Table, Uuid, create_engine, insert, select, text

things = Table("things", MetaData(), Column("upper", UUID()), Column("generic", Uuid()))
engine = create_engine("sqlite://")
things.metadata.create_all(engine)
given = [Identifier(int=5), Identifier("12345678901234567890123456789012"), Identifier("1234567890123456789012345678901f")]
with engine.begin() as connection:
    for each in given:
        connection.execute(insert(things).values(upper=each, generic=each))
    rows = connection.execute(text("SELECT typeof(upper), upper, typeof(generic) FROM things")).all()
    print(f"SQLAlchemy {sqlalchemy.__version__}, SQLite {sqlite3.sqlite_version}:")
    for each, row in zip(given, rows):
        print(f"  {each.hex} is stored as {row[0]} {row[1]!r} in UUID, as {row[2]} in Uuid")
    try:
        connection.execute(select(things.c.upper)).all()
    except AttributeError as error:
        print(f"  reading it raises {type(error).__name__}: {error}")
    else:
        sys.exit("CHANGED: the column can be read")
expected = [("integer", 5, "text"), ("real", 1.2345678901234567e31, "text"), ("text", given[2].hex, "text")]
if [tuple(row) for row in rows] != expected:
    sys.exit("CHANGED: other values are stored")
PYTHON
