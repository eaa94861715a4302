#!/usr/bin/env bash
# Alembic 1.20.1 with SQLAlchemy 2.1.9, on a connection with a schema_translate_map; SQLite with an attached file stands for a
# database with two schemas.
#
# Guessed: all operations of a migration go to the schema that the connection's map says.
# Seen: create_table does. add_column writes the table's name without a schema (Alembic's issue 555, open since 2019), and
# so does bulk_insert with the table() of Alembic's manual: SQLAlchemy maps a Table, not a table(). Where the default schema
# has a table of that name, that one gets the column and the rows, and nothing is said.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sqlalchemy==2.1.9 alembic==1.20.1

"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys

import alembic
import sqlalchemy
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, Integer, String, create_engine, event, inspect, text
from sqlalchemy.sql import column, table

engine = create_engine(f"sqlite:///{sys.argv[1]}/main.db")


@event.listens_for(engine, "connect")
def attach(connection, _record):
    connection.execute("ATTACH ? AS acme", (f"{sys.argv[1]}/acme.db",))


with engine.begin() as connection:
    connection.execute(text("CREATE TABLE person (id INTEGER PRIMARY KEY)"))
with engine.connect().execution_options(schema_translate_map={None: "acme"}) as connection:
    op = Operations(MigrationContext.configure(connection))
    op.create_table("person", Column("id", Integer, primary_key=True))
    op.add_column("person", Column("name", String(20)))
    op.bulk_insert(table("person", column("id", Integer)), [{"id": 1}])
    connection.commit()

found = {}
with engine.connect() as connection:
    for schema in ("main", "acme"):
        columns = [each["name"] for each in inspect(connection).get_columns("person", schema=schema)]
        found[schema] = columns, connection.scalar(text(f"SELECT count(*) FROM {schema}.person"))
print(f"Alembic {alembic.__version__}, SQLAlchemy {sqlalchemy.__version__}, schema_translate_map={{None: 'acme'}}:")
for schema, (columns, rows) in found.items():
    print(f"  {schema}.person has the columns {columns} and {rows} rows")
if found != {"main": (["id", "name"], 1), "acme": (["id"], 0)}:
    sys.exit("CHANGED: other operations go where the map says")
PYTHON
