"""Does the installed wheel import alone, carry its types, fold, and check its laws?"""

import sys
from importlib.resources import files

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


def main() -> None:
    assert "site-packages" in (sqla_osiris.__file__ or ""), sqla_osiris.__file__
    assert (files("sqla_osiris") / "py.typed").is_file(), "py.typed is not in the wheel"
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
    print(
        f"sqla_osiris {sys.version_info.major}.{sys.version_info.minor}: imported, appended, folded, its laws checked"
    )


if __name__ == "__main__":
    main()
