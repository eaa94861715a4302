"""What an error says about a call: refused, failed, or nobody knows, because the connection was lost."""

from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError, PendingRollbackError

from sqla_osiris import ConcurrentAppend, ContextErased, InvalidValue, NotExpressible, OsirisError

__all__ = ["Undone", "error_text", "outcome_of"]

RACES = {"40001", "40P01", 1020, 1213, 112, 251, "TransactionConflictException"}
"""PostgreSQL, MariaDB, MongoDB (WriteConflict, NoSuchTransaction), DynamoDB."""
TIMEOUTS = {"55P03", "57014", 1205, 1969, 1048, 5, 6, 24, 50}
"""PostgreSQL, MariaDB, SQLite (BUSY, LOCKED), MongoDB (LockTimeout, MaxTimeMSExpired).

MariaDB's 1048 (a column cannot be null): the subquery that max_statement_time breaks off gives NULL.
"""
FULL = {13, "53100"}
LOST = {"08000", "08003", "08006", "57P01", "57P02", "57P03", 0, 2006, 2013, 2014, 2055}


class Undone(Exception):
    """A worker breaks off its own call."""


def outcome_of(error: BaseException) -> str:
    """One of: lost, undone, conflict, erased, refused, race, timeout, full, told (by the library), other."""
    chain = list(_chain(error))
    if any(map(_is_lost, chain)):
        return "lost"
    kinds = (
        (Undone, "undone"),
        (ConcurrentAppend | PendingRollbackError, "conflict"),
        (ContextErased, "erased"),
    )
    for kind, outcome in (*kinds, (InvalidValue | NotExpressible, "refused")):
        if isinstance(error, kind):
            return outcome
    codes = set().union(*map(_codes, chain))
    for known, outcome in ((RACES, "race"), (TIMEOUTS, "timeout"), (FULL, "full")):
        if codes & known:
            return outcome
    return "told" if isinstance(error, OsirisError) else "other"


def error_text(error: BaseException) -> str:
    """The error and its causes, each in a line of the record."""
    return " <- ".join(f"{type(each).__name__}: {each}"[:300].replace("\n", " ") for each in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        original = getattr(error, "orig", None)
        if original is not None and original is not error.__cause__:
            yield original
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _is_lost(error: BaseException) -> bool:
    if isinstance(error, OsirisError):
        return False
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    module = type(error).__module__.partition(".")[0]
    return _DRIVERS[module](error) if module in _DRIVERS else isinstance(error, ConnectionError)


def _is_lost_on_postgresql(error: BaseException) -> bool:
    # The driver's own errors have no SQLSTATE: the server said nothing more. A busy one may not answer in time at all.
    codes = _codes(error)
    return type(error).__name__ in {"OperationalError", "InterfaceError", "ConnectionTimeout"} and (
        not codes or bool(codes & LOST)
    )


def _is_lost_on_mariadb(error: BaseException) -> bool:
    return bool(_codes(error) & LOST)


def _is_lost_on_mongodb(error: BaseException) -> bool:
    labelled = getattr(error, "has_error_label", lambda _: False)("UnknownTransactionCommitResult")
    return labelled or any(each.__name__ == "ConnectionFailure" for each in type(error).__mro__)


def _is_lost_on_dynamodb(error: BaseException) -> bool:
    return not hasattr(error, "operation_name")  # ClientError: the server did answer


_DRIVERS = {
    "psycopg": _is_lost_on_postgresql,
    "pymysql": _is_lost_on_mariadb,
    "pymongo": _is_lost_on_mongodb,
    "botocore": _is_lost_on_dynamodb,
    "urllib3": _is_lost_on_dynamodb,
}


def _codes(error: BaseException) -> set[object]:
    """The server's and driver's codes of an error."""
    if isinstance(error, DBAPIError):
        return set()
    codes: set[object] = {getattr(error, name, None) for name in ("sqlstate", "code")}
    if (extended := getattr(error, "sqlite_errorcode", None)) is not None:
        codes.add(extended & 0xFF)
    response = getattr(error, "response", None)
    if isinstance(response, dict) and "Error" in response:
        codes.add(response["Error"].get("Code"))
    codes |= {each for each in getattr(error, "args", ())[:1] if isinstance(each, int)}
    return codes - {None}
