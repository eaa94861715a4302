"""Which of the driver's errors mean something to a repository? By type and code, never by text."""

from collections.abc import Mapping
from typing import Any, Final

from bson import encode
from pymongo.errors import BulkWriteError, DocumentTooLarge, OperationFailure, PyMongoError

__all__ = ["is_lease_over", "is_too_large", "is_transient", "only_duplicates", "outgrew_the_cache"]

_DUPLICATE: Final = 11000
_CONVERSION_FAILURE: Final = 241
_TRANSACTION_TOO_LARGE: Final = 388  # TransactionTooLargeForCache
_BAD_VALUE: Final = 2  # an insert's document that is a little too large for the server, and much else
_LARGEST: Final = 16 * 1024**2
_TOO_LARGE: Final = frozenset({10334, 17419, 17420})  # BSONObjectTooLarge, and of an update's result


def is_lease_over(error: OperationFailure) -> bool:
    """Whether the server refused an append to a head that was seen too long ago."""
    return error.code == _CONVERSION_FAILURE


def is_too_large(error: Exception) -> bool:
    """Whether a document is larger than the server takes."""
    if isinstance(error, DocumentTooLarge):
        return True
    if isinstance(error, BulkWriteError):
        return any(map(_is_too_large_insert, error.details.get("writeErrors", ())))
    return isinstance(error, OperationFailure) and error.code in _TOO_LARGE


def _is_too_large_insert(failure: Mapping[str, Any]) -> bool:
    if failure["code"] == _BAD_VALUE:
        return len(encode(failure["op"])) > _LARGEST
    return failure["code"] in _TOO_LARGE


def only_duplicates(error: BulkWriteError) -> bool:
    """Whether all of a bulk write was done and confirmed, but for documents whose key is taken."""
    failures = error.details.get("writeErrors", ())
    confirmed = not error.details.get("writeConcernErrors")
    return confirmed and bool(failures) and all(failure["code"] == _DUPLICATE for failure in failures)


def is_transient(error: PyMongoError) -> bool:
    """Whether a transaction may be tried again."""
    return error.has_error_label("TransientTransactionError")


def outgrew_the_cache(error: Exception) -> bool:
    """Whether a transaction is more than the server's memory holds of one."""
    if isinstance(error, BulkWriteError):
        return any(failure["code"] == _TRANSACTION_TOO_LARGE for failure in error.details["writeErrors"])
    return isinstance(error, OperationFailure) and error.code == _TRANSACTION_TOO_LARGE
