#!/usr/bin/env bash
# SQLAlchemy 2.1.9 with SQLite (Python's sqlite3, a file, the default journal and the default pool).
#
# Guessed: where Session.commit() raises "database is locked", nothing of the session is written: the Session and its
# connection are closed, and the pool rolls a connection back when it is returned.
# Seen: SQLite keeps a transaction whose COMMIT found a reader. SQLAlchemy takes the transaction for ended, gives the
# connection back without a ROLLBACK, and the pool's next user goes on in it: his commit writes the row whose commit had
# raised. A program that tries again writes it twice.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sqlalchemy==2.1.9

"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sqlite3
import sys

import sqlalchemy
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

file = f"{sys.argv[1]}/ledger.db"
engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": 0.2})
with engine.begin() as connection:
    connection.execute(text("CREATE TABLE ledger (entry TEXT)"))

reader = sqlite3.connect(file, isolation_level=None)
reader.execute("BEGIN")
reader.execute("SELECT * FROM ledger").fetchall()
try:
    with Session(engine) as session:
        session.execute(text("INSERT INTO ledger VALUES ('its commit raised')"))
        session.commit()
except OperationalError as error:
    print(f"the first session's commit raised: {error.orig}")
else:
    sys.exit("CHANGED: the commit did not raise")
reader.execute("COMMIT")

with Session(engine) as session:
    session.execute(text("INSERT INTO ledger VALUES ('somebody else')"))
    session.commit()
found = [entry for (entry,) in reader.execute("SELECT entry FROM ledger")]
print(f"SQLAlchemy {sqlalchemy.__version__}, SQLite {sqlite3.sqlite_version}: the table holds {found}")
if found != ["its commit raised", "somebody else"]:
    sys.exit("CHANGED: the first session's row is not there")
PYTHON
