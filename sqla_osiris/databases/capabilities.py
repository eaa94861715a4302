"""What a database can do, or does otherwise than the others, as far as it is a claim or a type and not an act."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, TextClause
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.positions import POSITION

__all__ = ["KEY_WITHIN", "Capabilities"]

KEY_WITHIN: Final = "sqla_osiris.key_within"
"""In the info of an index that a column's type brings along: see :attr:`Capabilities.brings_keys_along`."""


class Capabilities:
    """The common values; a database's own class has others."""

    epoch_seconds: ClassVar[str]
    """The SQL of its clock now, in seconds since 1970, with fractions."""

    statement_time: ClassVar[str] = "CURRENT_TIMESTAMP"
    """The SQL of its clock when the statement began."""

    explains: ClassVar[str] = "EXPLAIN"
    """What stands before a SELECT to have its plan."""

    transaction_id: ClassVar[str] = "0"
    horizon: ClassVar[str] = "0"
    next_xid: ClassVar[str] = "0"
    """The SQL of transactions' ids, where positions need them: see ``elements``."""

    in_files: ClassVar[bool] = False
    """Whether a database is a file, and a schema another one that is attached to it."""

    schemas_are_databases: ClassVar[bool] = False
    """Whether a schema is a database beside the others of its server."""

    one_writer: ClassVar[bool] = False
    """Whether a writer has the lock of the whole database, and no row is ever locked."""

    locks_gaps: ClassVar[bool] = False
    """Whether locking a row that is not there yet keeps everybody from making it."""

    locks_in_folds: ClassVar[bool] = False
    """Whether FOR UPDATE within a subquery in FROM locks the rows that the outer query finds, and those alone."""

    reads_what_it_updates: ClassVar[bool] = True
    """Whether a subquery of an UPDATE may read the same table."""

    locks_what_it_ignores: ClassVar[bool] = False
    """Whether :meth:`insert_missing` locks the row that is there."""

    has_storage_engines: ClassVar[bool] = False
    """Whether a table may be one that keeps no transactions."""

    has_partial_indexes: ClassVar[bool] = True
    """Whether an index may have a condition, and leave out the rows that do not meet it."""

    answers_after_errors: ClassVar[bool] = True
    """Whether a transaction takes further statements after one that failed."""

    goes_on_after_deadlocks: ClassVar[bool] = False
    """Whether the statement after a deadlock, which undid the transaction, is taken as a new one's first."""

    counts_from_the_greatest: ClassVar[bool] = False
    """Whether the next position is the greatest one that is there, and one: no counter stands beside the rows."""

    resumes_for_new_connections: ClassVar[bool] = False
    """Whether connections that are open do not learn of positions that were resumed."""

    counts_transactions: ClassVar[bool] = False
    """Whether the order of the feed is that of transactions' ids, and of positions within."""

    writes_in_one_statement: ClassVar[bool] = False
    """Whether an append is one statement, so that it may commit by itself."""

    skips_locked: ClassVar[bool] = False
    """Whether SELECT … FOR UPDATE leaves out what is locked, in every version that is supported."""

    json_levels: ClassVar[int | None] = None
    """How deep a JSON document may be, where the database's own CHECK of it has a limit."""

    json_digits: ClassVar[int | None] = None
    """How many digits an integer in a JSON document may have, where that CHECK has a limit of its own."""

    unlocks_by_dropping: ClassVar[bool] = False
    """Whether an append-only log is unlocked by dropping its triggers, which must be known then: there are no settings."""

    guards_by_key: ClassVar[bool] = False
    """Whether what refuses a TRUNCATE refers to the table's primary key, whose columns cannot be altered meanwhile."""

    settings_outlive_transactions: ClassVar[bool] = False
    """Whether a setting of a session stays when the transaction is rolled back."""

    keys_beside_rows: ClassVar[bool] = False
    """Whether a primary key is an index beside the rows: it may hold further columns, and be made once they are there."""

    converts_by_using: ClassVar[bool] = False
    """Whether ALTER TABLE converts a column's values by an expression, and keeps the keys that it is part of."""

    creates_enumerations: ClassVar[bool] = False
    """Whether an enumeration is a type of its own, which is there before its column."""

    hashes_rows: ClassVar[bool] = False
    """Whether a row has a hash, so that all of two tables' rows are compared without a join."""

    notifies: ClassVar[bool] = False
    """Whether a trigger can notify listeners."""

    keys_checked_by_row: ClassVar[tuple[TextClause, TextClause] | None] = None
    """What stops and resumes the checks of foreign keys, where each row's are checked as it is written."""

    position_columns: ClassVar[tuple[str, ...]] = (POSITION,)
    """The columns of an event that say its place, in order."""

    settles: ClassVar[bool] = False
    """Whether an event may come to stand before one that is visible already, until :meth:`settle` says otherwise."""

    isolation_costs_nothing: ClassVar[bool] = False
    """Whether another isolation level is set without a round trip."""

    updates_by_reading_locks: ClassVar[bool] = False
    """Whether an UPDATE with subqueries locks rows for reading first, so that two could wait for each other."""

    moment_type: ClassVar[TypeEngine[Any] | None] = None
    """What keeps moments, if not a DateTime with a zone."""

    keeps_zones: ClassVar[bool] = False
    """Whether that takes aware moments; else they are given in UTC."""

    gives_utc: ClassVar[bool] = False
    """Whether it gives them in UTC by itself."""

    interval_type: ClassVar[TypeEngine[Any] | None] = None
    """What keeps whole microseconds, where there is no interval."""

    document_type: ClassVar[type[JSON] | None] = None
    """What keeps a JSON document, if not the dialect's own."""

    rewrites_documents: ClassVar[bool] = False
    """Whether its own type of JSON documents gives other numbers back than it was given."""

    native_ids: ClassVar[bool] = True
    """Whether its own type of UUID keeps each of them."""

    ignores_limits: ClassVar[bool] = False
    """Whether it keeps what is too long or too great for a type's name."""

    position_type: ClassVar[TypeEngine[Any] | None] = None
    """The type of the column that counts positions, if not a BIGINT."""

    cleared_type: ClassVar[TypeEngine[Any] | None] = None
    """The type of ``osiris_cleared``, if not a TEXT."""

    table_options: ClassVar[Mapping[str, str]] = {}
    """The options of tables that transactions change."""

    brings_keys_along: ClassVar[bool] = False
    """Whether ``cleared_type`` brings the key on position along, so that no index of it is created."""

    folds_laterally: ClassVar[bool] = False
    """Whether a tail is folded by one LATERAL aggregate; else by correlated subqueries."""

    locking_hint: ClassVar[str | None] = None
    """What has a locking read of a tail go by the primary key, where it would read a small log whole, and lock all of it."""

    merges_subqueries: ClassVar[bool] = True
    """Whether a SELECT that has subqueries in its list is merged into the one that it stands in the FROM of."""

    folds_flat: ClassVar[bool] = False
    """Whether a correlated subquery borrows nothing of the outer row from within a FROM."""

    picks_by_arrays: ClassVar[bool] = False
    """Whether an aggregate gives values in an order, as an array."""

    has_arrays: ClassVar[bool] = False
    """Whether a column may be an ARRAY."""

    adds_in_doubles: ClassVar[bool] = False
    """Whether decimals are doubles, and an integer sum that overflows becomes one."""

    keeps_distinct_apart: ClassVar[bool] = False
    """Whether an expression is copied out of a subquery to wherever it is named, unless the rows are made distinct."""

    direct_drivers: ClassVar[frozenset[str]] = frozenset()
    """The drivers that :meth:`append_directly` knows."""

    sees_the_past: ClassVar[bool] = False
    """Whether a plain SELECT may see what was before, by the isolation level that connections begin with."""
