#!/usr/bin/env bash
# SQLAlchemy 2.1.9's dialect of MySQL and MariaDB with PyMySQL 1.2.4; no server is needed to see it.
#
# Guessed: insert(table).on_duplicate_key_update({"share%": statement.inserted["share%"]}) names one column, twice.
# Seen: a percent sign in a column's name is doubled for the driver, which halves it again. Within VALUES(...), which is what
# `inserted` becomes, it is doubled twice: the driver sends VALUES(`share%%`), a column that is not there (error 1054). INSERT,
# SELECT and UPDATE of the same column are right.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sqlalchemy==2.1.9 pymysql==1.2.4

"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import re
import sys

import sqlalchemy
from pymysql.connections import Connection
from sqlalchemy import Column, Integer, MetaData, Table, create_engine
from sqlalchemy.dialects.mysql import insert

holding = Table(
    "holding", MetaData(), Column("id", Integer, primary_key=True), Column("share%", Integer, key="share")
)
dialect = create_engine("mysql+pymysql://127.0.0.1/none").dialect
driver = Connection(defer_connect=True).cursor()  # not connected: it writes the parameters into the statement


def sent(statement):
    compiled = statement.compile(dialect=dialect)
    return driver.mogrify(str(compiled), compiled.params)


statement = insert(holding).values(id=1, share=5)
for each in (
    statement,
    holding.update().where(holding.c.id == 1).values(share=5),
    statement.on_duplicate_key_update(share=statement.inserted.share),
):
    print(f"PyMySQL sends: {sent(each)}".replace("\n", " "))
names = re.findall("`(.*?)`", sent(each))
print(f"SQLAlchemy {sqlalchemy.__version__}, PyMySQL {importlib.metadata.version('pymysql')}: the upsert names {names}")
if names != ["share%", "share%", "share%%"]:
    sys.exit("CHANGED: the names of the upsert are others")
PYTHON
