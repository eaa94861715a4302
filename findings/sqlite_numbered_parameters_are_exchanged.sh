#!/usr/bin/env bash
# SQLAlchemy 2.1.9, Python's sqlite3, create_engine(paramstyle="numeric") or "numeric_dollar".
#
# Guessed: the parameters :1, :2, ... get the values of these numbers, as of any style that create_engine() accepts.
# Seen: SQLite takes ":2" for a name, and Python's sqlite3 gives the n-th value of a tuple to the n-th name in the text.
# SQLAlchemy numbers the values of an IN behind all others, when the statement runs. Where the IN stands before another
# parameter, the text has :2, :3, :4 and then :1, and their values are exchanged. No error: a SELECT, an UPDATE and a DELETE
# find other rows. (Python 3.12 and 3.13 give a DeprecationWarning, which is not shown by default.) SQLAlchemy has a dialect
# for its own tests that hands the values over by name; create_engine() does not.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sqlalchemy==2.1.9

"$folder/venv/bin/python" -W ignore::DeprecationWarning - <<'PYTHON'
import sqlite3
import sys

import sqlalchemy
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, delete, insert, select

goods = Table("goods", MetaData(), Column("id", Integer, primary_key=True), Column("price", Integer))
query = select(goods.c.id).where(goods.c.id.in_([1, 2, 3]), goods.c.price < 5)
removal = delete(goods).where(goods.c.id.in_([1, 2, 3]), goods.c.price < 5)
print(f"SQLAlchemy {sqlalchemy.__version__}, SQLite {sqlite3.sqlite_version}, Python {sys.version.split()[0]}:")
seen = {}
for style in ("qmark", "named", "numeric", "numeric_dollar"):
    engine = create_engine("sqlite://", paramstyle=style)
    goods.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(goods), [{"id": number, "price": 4} for number in (1, 2, 3, 5)])
        found = connection.scalars(query).all()
        removed = connection.execute(removal).rowcount
    seen[style] = (found, removed)
    print(f"  {style}: id IN (1, 2, 3) AND price < 5 finds {found}, a DELETE removes {removed}")
right, wrong = ([1, 2, 3], 3), ([], 0)
if seen != {"qmark": right, "named": right, "numeric": wrong, "numeric_dollar": wrong}:
    sys.exit("CHANGED: other rows are found")
PYTHON
