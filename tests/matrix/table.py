"""Which cells are there: with which Python and SQLAlchemy is which server tried, and by which tests?

The servers and most Pythons are Debian's (tests/install_debian.py). Each server meets the oldest and the newest of
Python and SQLAlchemy; each Python meets each SQLAlchemy on SQLite. `--all` runs every cell of the product.
"""

from dataclasses import dataclass, replace
from itertools import product

__all__ = ["CELLS", "DIAGONAL", "EVERY", "PYTHONS", "SERVERS", "SQLALCHEMYS", "Cell", "Server"]

PYTHONS = ("3.11", "3.12", "3.13", "3.14", "3.15")
SQLALCHEMYS = {"2.0": "tests/requirements-sqlalchemy20.txt", "2.1": ""}
"""What each series installs over tests/requirements.txt."""


@dataclass(frozen=True)
class Server:
    """A database of OSIRIS_TEST_DATABASES, and where a version of it is named."""

    database: str
    variable: str = ""
    folder: str = ""
    """What the variable names, in the folder that the packages were unpacked into."""
    program: str = ""
    """What tells its version, in that folder."""


SERVERS = {
    "sqlite": Server("sqlite"),
    **{
        f"postgresql-{version}": Server(
            "postgresql", "OSIRIS_TEST_POSTGRESQL_BIN", f"usr/lib/postgresql/{version}/bin", "postgres"
        )
        for version in (13, 15, 17, 18)
    },
    **{
        f"mariadb-{version}": Server("mariadb", "OSIRIS_TEST_MARIADB_BASEDIR", "usr", "sbin/mariadbd")
        for version in ("10.5", "10.11", "11.8")
    },
    "mysql-9.7": Server("mysql", "OSIRIS_TEST_MYSQL_BASEDIR", "usr", "sbin/mysqld"),
}

OF_THE_WHEEL = Server("postgresql")

CONTRACT_AND_ORM = ("tests/stores", "tests/unit_of_work", "tests/past", "tests/examples")
NARROW = (
    "tests/stores/test_contract.py",
    "tests/stores/test_feed.py",
    "tests/stores/test_races.py",
    "tests/unit_of_work/test_flush.py",
    "tests/unit_of_work/test_concurrency.py",
    "tests/examples/test_payroll.py",
)
# What SQLAlchemy's version can change is where the package uses private names of it (`grep -r SLF001 sqla_osiris`).
PRIVATE_NAMES = (
    *("tests/unit_of_work", "tests/past", "tests/views"),
    *("tests/queries/test_folding_query.py", "tests/queries/test_locks.py"),
    *("tests/declaring/test_column_types.py", "tests/declaring/test_relationships.py"),
    *(
        "tests/declaring/test_styles.py",
        "tests/migrations/test_fields.py",
        "tests/migrations/test_upcasts.py",
    ),
    *("tests/reducers/test_registered.py", "tests/repositories/sql/test_append_many.py"),
    *("tests/repositories/sql/test_async.py", "tests/repositories/sql/test_binds.py"),
    *("tests/repositories/sql/test_direct_append.py", "tests/repositories/sql/test_feed.py"),
    *("tests/repositories/sql/test_tenants.py", "tests/stores/test_contract.py", "tests/stores/test_feed.py"),
)


@dataclass(frozen=True)
class Cell:
    """One run of some tests."""

    python: str
    sqlalchemy: str
    name: str
    """The server's, in SERVERS."""
    tests: tuple[str, ...] = CONTRACT_AND_ORM
    also: tuple[str, ...] = ()
    """Databases beside the server."""
    instead: "Cell | None" = None
    """What is run where this one cannot be had."""

    @property
    def server(self) -> Server:
        return SERVERS.get(self.name, OF_THE_WHEEL)

    def __str__(self) -> str:
        return f"Python {self.python}, SQLAlchemy {self.sqlalchemy}, {self.name}"


EVERY = [Cell(*names) for names in product(PYTHONS, SQLALCHEMYS, SERVERS)]
_OLDEST, _NEWEST = ("3.11", "2.0"), ("3.14", "2.1")
CELLS = [
    cell for cell in EVERY if cell.name == "sqlite" or (cell.python, cell.sqlalchemy) in {_OLDEST, _NEWEST}
]
_PRIVATE_NAMES = Cell(*_OLDEST, "postgresql", PRIVATE_NAMES, also=("sqlite",))
DIAGONAL = [
    replace(_PRIVATE_NAMES, name="postgresql-15", instead=_PRIVATE_NAMES),
    Cell(*_NEWEST, "mariadb-11.8", NARROW),
    Cell(*_NEWEST, "mysql-9.7", NARROW),
]
"""What `.ci/run` runs: narrow, for it shall be quick."""
