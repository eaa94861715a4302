#!/usr/bin/env bash
# aiomysql 0.3.2 with PyMySQL 1.2.4, which it requires without a bound (the newest of both); no server is needed to see it.
#
# Guessed: aiomysql writes the bytes of a BLOB, as it did with every PyMySQL before.
# Seen: aiomysql takes its converter of bytes from PyMySQL, which removed that function in 1.2.1 (aiomysql cannot be imported)
# and put a text of the same name in its place in 1.2.3. Importing goes well, numbers and texts go well; the first
# parameter of type bytes raises TypeError: 'str' object is not callable, in every statement, through SQLAlchemy's
# dialect too. A bytearray has raised nothing before or since: what is written is its repr, the text bytearray(b'...'). asyncmy, which has converters of its own, is not concerned.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/tried.py" <<'PYTHON'
import importlib.metadata
import sys

from aiomysql.connection import Connection

print(f"aiomysql {importlib.metadata.version('aiomysql')}, PyMySQL {importlib.metadata.version('pymysql')}:")
connection = Connection(host="127.0.0.1")  # not connected: a parameter is written into the statement by the client
seen = []
for value in (7, bytearray(b"ab"), b"ab"):
    try:
        seen.append(connection.escape(value))
    except TypeError as error:
        seen.append(f"TypeError: {error}")
    print(f"  {value!r} becomes {seen[-1]}")
newest = sys.argv[1] == "newest"
expected = "TypeError: 'str' object is not callable" if newest else "_binary'ab'"
if seen[-1] != expected or (newest and seen[1] != "'bytearray(b\\'ab\\')'"):
    sys.exit("CHANGED: bytes are written otherwise")
PYTHON

for each in "before 1.2.0" "newest 1.2.4"; do
    python3 -m venv "$folder/${each% *}"
    "$folder/${each% *}/bin/pip" install --quiet --disable-pip-version-check aiomysql==0.3.2 "pymysql==${each#* }"
    "$folder/${each% *}/bin/python" "$folder/tried.py" "${each% *}"
done
