"""What an SQL database does in its own way, and nothing else: the class that each of them derives from.

Shared code asks :func:`~sqla_osiris.databases.registry.database_of` for one, and calls a method or reads a capability; it
names no product. A database is handed tables, statements, a Plan or a Connection, never a model or a Session.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import Enum, auto
from functools import lru_cache
from typing import Any, ClassVar, Final

from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    Executable,
    Table,
    bindparam,
    insert,
    select,
    tuple_,
)
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.databases.definitions import Reshaping
from sqla_osiris.databases.expressions import Expressions
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.plan import (
    BatchColumns,
    FoldedBatch,
    Key,
    Plan,
    Shape,
    Write,
    Written,
    keys_to_bind,
)
from sqla_osiris.databases.positions import Counter, Settled, no_position
from sqla_osiris.databases.triggers import LogTable, RenderedDDL
from sqla_osiris.errors import OsirisError

__all__ = ["Advanced", "Database", "Refusal"]

CONTEXTS_A_STATEMENT = 500
"""How many contexts go into one statement that binds each of them."""

OF_ACCUMULATORS: Final = ("seq", "osiris_folded", "osiris_fingerprint")

Advanced = tuple[dict[Key, tuple[Any, ...]], dict[Key, int]]
"""Heads by context, as ``batch_statements.OF_HEADS`` names their columns; and the transaction ids that events carry."""


class Refusal(Enum):
    """What a driver's error says, as far as the library acts on it."""

    LOST_RACE = auto()
    """Another transaction came first, and this one can only be begun anew."""
    LOCKED = auto()
    """A lock was not granted: the same may work later."""
    OUT_OF_RANGE = auto()
    """A number has no room in its column, or an expression none in any."""
    CHECK_FAILED = auto()
    """A CHECK refused a row, and the driver does not call it an IntegrityError."""
    LIMIT_EXCEEDED = auto()
    """A limit of the server's own, such as the bytes that an index takes."""
    NO_SAVEPOINT = auto()
    """The savepoint's transaction is over."""
    UNEXPLAINED = auto()
    """An error without a code of its own, which may be that of a sum out of range."""


class Database(Expressions):
    """One object for each database, the same one for all its dialects."""

    name: ClassVar[str]
    """As users write it: ``register_sql(…, dialect="sqlite")``."""

    names: ClassVar[tuple[str, ...]]
    """What SQLAlchemy calls its dialects: types have their forms by these names."""

    behind: ClassVar[tuple[str, ...]] = ()
    """Another one's names, behind which this one may stand, as :meth:`answers` says of a dialect that has connected."""

    compiler: Dialect
    """A dialect without a driver: what asks a type for its column there, before there is an engine."""

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def answers(self, dialect: Dialect) -> bool:
        """Whether it is this database that a dialect of one of the names :attr:`behind` speaks to."""
        return False

    def refuse(self, dialect: Dialect) -> None:
        """Raise OsirisError for a dialect, or an engine's settings, with which it would not work."""

    def refusal(self, error: StatementError) -> Refusal | None:
        """Return what an error of its drivers says; None for any other."""
        raise NotImplementedError

    def undid(self, connection: Connection, error: DBAPIError) -> bool:
        """Whether this error, which no race was lost by, has left nothing of the transaction on the server."""
        raise NotImplementedError

    # Positions: the place of an event in the feed.

    def settle(
        self, engine: Engine, model: str, tables: Sequence[Table], settled: Settled, *, patient: bool
    ) -> bool:
        """Return whether all positions that are visible now could be settled, of these tables of events: then they are.

        ``patient``: with a wait. Raises OsirisError where it cannot be found out.
        """
        raise NotImplementedError

    def counter(self, connection: Connection, tables: Sequence[Table]) -> Counter | None:
        """Return how far a log's counter is, which has an event table and maybe an archive; None where nobody may know."""
        raise NotImplementedError

    def lowers_names(self, dialect: Dialect) -> bool:
        """Whether the server that has answered keeps tables' names in lower case alone."""
        return False

    def refuse_storage_engines(self, connection: Connection, model: str, tables: Sequence[Table]) -> None:
        """Raise OsirisError for a table of a model that keeps no transactions, where :attr:`has_storage_engines`."""

    def restored(self, log: str) -> OsirisError:
        """Return the error of a log that is beyond its counter."""
        return OsirisError(
            f"{log}_archive holds positions that {log} would give again: the log was restored without its counter, and its "
            f"feed would skip what is appended now. Have positions go on beyond them ({self.mending(log)}the repository's "
            "resume())."
        )

    def mending(self, log: str) -> str:
        """Return how else positions go on beyond all that are there, if there is a way."""
        return ""

    def reached(self, token: Any) -> int:
        """Return what a counter is compared with. Raises InvalidValue for a token of another store."""
        return self.position_parts(token)[1]

    def resume(self, connection: Connection, tables: Sequence[Table], reached: int) -> None:
        """Have the counter go on beyond all that these tables have, and beyond ``reached``."""
        raise NotImplementedError

    def positions_of(self, xids: Sequence[Any], places: Sequence[Any]) -> Sequence[Any]:
        """Return the tokens of these values: ints, or texts; both are ordered."""
        return places

    def position_parts(self, token: Any) -> tuple[int, int]:
        """The values of a token: transaction id and position. Raises InvalidValue for one of another store."""
        if type(token) is int and 0 <= token < 2**63:
            return 0, token
        raise no_position(token, "an int")

    # Triggers: the protection of a log, and what tells of new events.

    def protect(self, table: LogTable, *, guard: bool) -> list[RenderedDDL]:
        """Return the statements that protect a table; ``guard`` says that it has the event table's key on ``position``."""
        raise NotImplementedError

    def unprotect(self, table: LogTable) -> list[RenderedDDL]:
        """Return the statements that take a table's protection away, as far as there is one."""
        raise NotImplementedError

    def unlock(self, tables: list[LogTable]) -> list[Executable]:
        """Return the statements after which this transaction may change these tables."""
        raise NotImplementedError

    def lock(self, tables: list[LogTable]) -> list[Executable]:
        """Return the statements that take :meth:`unlock` back."""
        raise NotImplementedError

    def protected_tables(self, connection: Connection, schema: str | None, *, partly: bool) -> set[str]:
        """Return the tables of a schema that have this protection: all of it, or any part."""
        raise NotImplementedError

    def notify(self, table: str, schema: str | None) -> list[RenderedDDL]:
        """Return the statements that have a table's inserts notified: none where the database knows no notification."""
        return []

    def silence(self, table: str, schema: str | None) -> list[RenderedDDL]:
        """Return the statements that take it back, as far as it is there."""
        return []

    def notifying_tables(self, connection: Connection, schema: str | None) -> set[str]:
        """Return the tables of a schema whose inserts are notified."""
        return set()

    def reshape(self, connection: Connection | None, wanted: Reshaping) -> Iterator[Executable]:
        """Yield the statements by which a table becomes one of heads, or is given back.

        Without a connection a migration is only written: what must be read before stays, or OsirisError is raised.
        """
        raise NotImplementedError

    # Transactions and locks.

    def commits_by_itself(self, connection: Connection) -> bool:
        """Whether the driver commits each statement, whatever SQLAlchemy begins. Nothing is asked of the server."""
        driver: Any = connection.connection.dbapi_connection
        if hasattr(driver, "get_autocommit"):
            return bool(driver.get_autocommit())
        return getattr(driver, "autocommit", False) is True

    def begin(self, connection: Connection) -> None:
        """Begin the transaction where the driver is in its autocommit mode, and begins none by itself."""

    def lock_all(self, connection: Connection, table: Table) -> None:
        """Take the lock of the whole database by a write to this table, where it has one, and so begin the transaction.

        What is read from here on stays as it is; and a SAVEPOINT, of which nothing begins a transaction around it, is
        inside one: else its RELEASE would be the COMMIT.
        """

    def lock_begun(self, connection: Connection, table: Table) -> None:
        """As :meth:`lock_all`, of a transaction that was begun already, without the lock, and is about to read and to write.

        Had it read before, it would not be given the lock that another writer had in between.
        """

    @contextmanager
    def without_waiting(self, connection: Connection) -> Iterator[None]:
        """Have no lock waited for within, where that is no matter of a statement."""
        yield

    @contextmanager
    def reading_the_newest(self, connection: Connection) -> Iterator[None]:
        """Let locking reads inside see what is committed now, whatever the transaction has read before."""
        yield

    # Writing.

    def write(
        self, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]
    ) -> list[Written]:
        """Write these events, each of another stream; return how the heads came to stand, in the order given.

        Raises NotAsExpected where a head is not as its write expects.
        """
        raise NotImplementedError

    def gives_keys(self, plan: Plan, count: int) -> bool:
        """Whether :meth:`write` has so many new heads give their streams' keys; else they are drawn before."""
        return False

    def draw_keys(self, connection: Connection, plan: Plan, count: int, given: Collection[Key]) -> list[Key]:
        """Return keys that the database gives to so many new streams, none of which another one gets.

        ``given`` are those that the caller writes beside them. What counts keys is not rolled back, and the heads that are
        inserted for it are.
        """
        self.lock_all(connection, plan.heads)
        keys: list[Key] = []
        while missing := count - len(keys):
            with connection.begin_nested() as savepoint:
                drawn = connection.execute(_unwritten(plan), [{}] * missing).all()
                savepoint.rollback()
            keys += [key for key in map(tuple, drawn) if key not in given]
        return keys

    def pass_keys(self, connection: Connection, heads: Table) -> None:
        """Have the next keys be beyond all that these heads have, where giving a key does not do so."""

    def keeping_keys(
        self, connection: Connection, heads: Table, keys: Iterable[tuple[Any, ...]]
    ) -> AbstractContextManager[None]:
        """Have these keys stored as they are, where the database would take one for none."""
        return nullcontext()

    @contextmanager
    def alone(self, connection: Connection, names: Sequence[str]) -> Iterator[None]:
        """Have no other transaction be inside for one of these names, sorted, that is not committed or seen by newest()."""
        yield

    def append_directly(
        self, engine: Engine, plan: Plan, shape: Shape, given: Sequence[Any]
    ) -> Written | None:
        """Write and commit one event through the pool's own connection, the driver being one of :attr:`direct_drivers`.

        ``given`` are its values, as :meth:`Shape.names` names them. None, and nothing written, where :meth:`write`
        must say why not.
        """
        raise NotImplementedError

    def advance_heads(self, connection: Connection, plan: Plan, folded: FoldedBatch) -> Advanced:
        """Advance the heads of a chunk by its counts, merging its accumulators; return how they came to stand."""
        raise NotImplementedError

    def insert_events(self, connection: Connection, plan: Plan, batch: BatchColumns, seqs: list[int]) -> None:
        """Insert a chunk's events, their heads advanced."""
        raise NotImplementedError

    # Statements.

    def upsert(
        self,
        insert: Any,
        keys: Sequence[str],
        changes: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None,
    ) -> Any:
        """Return an :meth:`insert`, with its values, that makes ``changes`` to a row that is there already.

        They are asked for of what would have been inserted, by column name; with None the row is left alone.
        """
        if changes is None:
            return insert.on_conflict_do_nothing(index_elements=list(keys))
        return insert.on_conflict_do_update(index_elements=list(keys), set_=changes(insert.excluded))

    def replace_rows(self, table: Table, names: Sequence[str], rows: Any) -> Any:
        """Return an INSERT of a SELECT's rows, of all columns, over those that are there."""
        others = [column.name for column in table.c if not column.primary_key]
        keys = [column.name for column in table.primary_key]
        insert = self.insert(table).from_select(names, rows)
        return self.upsert(insert, keys, lambda given: {name: given[name] for name in others})

    def insert_missing(self, table: Table, values: Mapping[str, Any], keys: Sequence[str]) -> Any:
        """Return an INSERT that leaves alone what is there."""
        return self.upsert(self.insert(table).values(values), keys, None)

    def insert(self, table: Table) -> Any:
        """Return the dialect's own INSERT."""
        raise NotImplementedError

    def in_contexts(self, columns: Sequence[Any]) -> Any:
        """Return whether a context is among the bound ``keys``: values, or tuples of a composite context."""
        if len(columns) > 1:
            return tuple_(*columns).in_(bindparam("keys", expanding=True))
        return columns[0].in_(bindparam("keys", expanding=True, type_=columns[0].type))

    def contexts_a_statement(self, width: int) -> int:
        """Return how many contexts of so many columns go into one statement."""
        return CONTEXTS_A_STATEMENT

    def rows_of(self, connection: Connection, query: Any, keys: Sequence[Key]) -> list[Any]:
        """Return the rows of a query by :meth:`in_contexts` for these contexts, asked for some of them at a time."""
        rows: list[Any] = []
        size = self.contexts_a_statement(len(keys[0])) if keys else 1
        for start in range(0, len(keys), size):
            rows += connection.execute(query, {"keys": keys_to_bind(keys[start : start + size])}).all()
        return rows

    def heads_of(
        self,
        connection: Connection,
        plan: Plan,
        keys: Sequence[Key],
        names: tuple[str, ...] = OF_ACCUMULATORS,
        *,
        newest: bool = False,
    ) -> dict[Key, tuple[Any, ...]]:
        """Return what the heads that are there hold in the columns of these names, by context.

        ``newest`` says to read what is committed now.
        """
        width, query = len(plan.context), _heads_query(self, plan, names)
        rows = self.rows_of(connection, self.newest(query) if newest else query, keys)
        return {tuple(row[:width]): tuple(row[width:]) for row in rows}

    def newest(self, query: Any) -> Any:
        """The query, reading what is committed now, where a plain SELECT may see what was before."""
        return query

    def explain(self, connection: Connection, statement: str, parameters: Any) -> list[str]:
        """Return the plan of a statement as it was sent to the driver, in the database's words, a line each."""
        rows = connection.exec_driver_sql(f"{self.explains} {statement}", parameters).mappings()
        return [line for row in rows for line in self.plan_lines(dict(row))]

    def plan_lines(self, row: Mapping[str, Any]) -> list[str]:
        """Return a row of a plan as text: its one column, or each column that says something, by its name."""
        if len(row) == 1:
            return str(next(iter(row.values()))).splitlines()
        return ["  ".join(f"{name}={value}" for name, value in row.items() if value is not None)]

    def skips_locked_rows(self, dialect: Any) -> bool:
        """As :attr:`skips_locked`, of the server that a connection's dialect speaks to."""
        return self.skips_locked


@lru_cache(maxsize=256)
def _heads_query(database: Database, plan: Plan, names: tuple[str, ...]) -> Any:
    return select(*plan.columns(names)).where(database.in_contexts(plan.columns(())))


@lru_cache(maxsize=256)
def _unwritten(plan: Plan) -> Any:
    head = {**plan.first_head({}), "osiris_folded": number(0)}
    return insert(plan.heads).values(head).returning(*plan.columns(()))
