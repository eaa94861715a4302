"""A database that the library does not know: SQLite's files under another name, as a package of its own would bring it."""

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from sqla_osiris.databases.sqlite import SQLite


class CellarDialect(SQLiteDialect_pysqlite):
    """What SQLAlchemy is told of it, by the entry point ``sqlalchemy.dialects``."""

    name = "cellar"
    supports_statement_cache = True


class Cellar(SQLite):
    """What the library is told of it, by the entry point ``sqla_osiris.databases``."""

    name = "cellar"
    names = ("cellar",)
    compiler = CellarDialect()
