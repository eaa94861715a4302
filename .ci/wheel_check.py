"""Does the installed wheel import alone, carry its types, fold, and check its laws?"""

import sys
import tempfile
from importlib.metadata import files as files_of
from importlib.resources import files
from pathlib import Path

from sqlalchemy import Integer, String, create_engine
from sqlalchemy.orm import Session

import sqla_osiris
from sqla_osiris import Aggregate, EventSourced, Latest

UNWANTED = {"psycopg", "asyncpg", "aiosqlite", "pymongo", "boto3", "alembic", "hypothesis", "rich", "typer"}


class Employee(EventSourced):
    company = Latest(String)
    salary = Aggregate(Integer)


def check_the_laws() -> None:
    """As an application's test file does it: from the wheel and its `testing` extra, with nothing but SQLite."""
    from sqla_osiris.testing import check_model  # noqa: PLC0415  (not before the imports were looked at)

    check_model(Employee)


def check_the_migrations() -> None:
    """The `alembic` and `cli` extras: the plugin, and an environment out of the wheel's own templates."""
    from alembic.runtime.plugins import _all_plugins  # noqa: PLC0415
    from typer.testing import CliRunner  # noqa: PLC0415

    from sqla_osiris.alembic import template_directory  # noqa: PLC0415
    from sqla_osiris.cli import app  # noqa: PLC0415

    assert "sqla_osiris" in _all_plugins, "Alembic does not find the plugin's entry point"
    assert "site-packages" in str(template_directory()), template_directory()
    with tempfile.TemporaryDirectory() as folder:
        ini = f"{folder}/alembic.ini"
        made = CliRunner().invoke(app, ["init", f"{folder}/migrations", "--config", ini])
        assert made.exit_code == 0, made.output
        assert (Path(folder) / "migrations" / "env.py").is_file()


def main() -> None:
    assert "site-packages" in (sqla_osiris.__file__ or ""), sqla_osiris.__file__
    assert (files("sqla_osiris") / "py.typed").is_file(), "py.typed is not in the wheel"
    assert any("dist-info/sboms" in str(file) for file in files_of("sqla_osiris") or ()), (
        "the SBOM is not in the wheel"
    )
    assert not UNWANTED & set(sys.modules), UNWANTED & set(sys.modules)

    engine = create_engine("sqlite://")
    EventSourced.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Employee(context="bob", company="Hooly", salary=3))
        session.commit()
        bob = session.get_one(Employee, "bob")
        bob.salary += 4
        session.commit()
    with Session(engine) as session:
        bob = session.get_one(Employee, "bob")
        assert (bob.company, bob.salary, bob.seq) == ("Hooly", 7, 2)
    check_the_laws()
    check_the_migrations()
    print(
        f"sqla_osiris {sys.version_info.major}.{sys.version_info.minor}: imported, appended, folded, its laws checked, "
        "migrations begun"
    )


if __name__ == "__main__":
    main()
