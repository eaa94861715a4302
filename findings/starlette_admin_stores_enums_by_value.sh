#!/usr/bin/env bash
# starlette-admin 1.0.3 with SQLAlchemy 2.1.9, a column of the type Enum(Size), Size.SMALL = "s".
#
# Guessed: the form that starlette-admin makes of the column stores what was chosen in it.
# Seen: the form's choices send the members' values, "s", and SQLAlchemy's Enum takes and stores their names: saving the
# form that starlette-admin itself made ends in a LookupError and status 500. A class whose values are its names, or
# Enum(Size, values_callable=...), is the way around.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "sqlalchemy[asyncio]==2.1.9" starlette-admin==1.0.3 httpx2

cd "$folder"
venv/bin/python -W ignore - <<'PYTHON'
import enum
import re
import sys

from sqlalchemy import Enum, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette_admin.contrib.sqla import Admin, ModelView


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


class Base(DeclarativeBase):
    pass


class Ware(Base):
    __tablename__ = "ware"
    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[Size] = mapped_column(Enum(Size))


engine = create_engine("sqlite:///wares.db")
Base.metadata.create_all(engine)
app, admin = Starlette(), Admin(engine, secret_key="finding")
admin.add_view(ModelView(Ware))
admin.mount_to(app)
with TestClient(app) as client:
    page = client.get("/admin/ware/create").text
    token = re.search(r'name="csrftoken" value="([^"]*)"', page)[1]
    values = re.findall(r'<option value="([^"]+)"', page)
    print(f"the form's choices: {values}")
    if values != ["s", "l"]:
        sys.exit("CHANGED: the form sends something else")
    try:
        client.post("/admin/ware/create", data={"csrftoken": token, "size": values[0]})
    except Exception as error:
        print(f"saving the first one: {type(error).__name__}: {error}".splitlines()[0])
        if "is not among the defined enum values" not in str(error):
            sys.exit("CHANGED: another error")
    else:
        sys.exit("CHANGED: it is saved")
PYTHON
