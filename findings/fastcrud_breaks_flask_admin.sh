#!/usr/bin/env bash
# FastCRUD 0.23.0 and Flask-Admin 2.2.1 in one environment with SQLAlchemy 2.1.9.
#
# Guessed: FastCRUD, which allows SQLAlchemy 2.1, changes nothing for its neighbours.
# Seen: it asks for SQLAlchemy-Utils below 0.42, which it does not import, and no such release can be imported with
# SQLAlchemy 2.1. Flask-Admin imports it where it is installed, and expects an ImportError where it is not: the
# AttributeError goes through, and Flask-Admin's views for SQLAlchemy cannot be imported any more.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip=("$folder/venv/bin/pip" install --quiet --disable-pip-version-check)
attempt() { "$folder/venv/bin/python" -W ignore -c "import flask_admin.contrib.sqla" 2>&1 | tail -n 1 || true; }

"${pip[@]}" sqlalchemy==2.1.9 flask-admin==2.2.1 flask-sqlalchemy==3.1.1
alone=$(attempt)
"${pip[@]}" sqlalchemy==2.1.9 fastcrud==0.23.0
beside=$(attempt)
"$folder/venv/bin/pip" list --disable-pip-version-check 2>/dev/null | grep -i -E "^(fastcrud|flask-admin|sqlalchemy)"
echo "import flask_admin.contrib.sqla, without FastCRUD: ${alone:-works}"
echo "import flask_admin.contrib.sqla, with FastCRUD: ${beside:-works}"
[ -z "$alone" ] || { echo "CHANGED: it cannot be imported alone"; exit 1; }
[[ $beside == AttributeError* ]] || { echo "CHANGED: it can be imported, or fails otherwise"; exit 1; }
if grep -rq sqlalchemy_utils "$folder"/venv/lib/python*/site-packages/fastcrud --include='*.py'; then
    echo "CHANGED: FastCRUD imports SQLAlchemy-Utils"
    exit 1
fi
