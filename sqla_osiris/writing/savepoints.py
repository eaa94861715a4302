"""Has a session forget what its objects say of streams that were written inside a savepoint which is rolled back.

SQLAlchemy expires the objects that a flush wrote there. An append knows no object, and an object that is loaded behind it
shows what the savepoint held; so does one that is loaded again after a flush wrote its forerunner.
"""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session, SessionTransaction

__all__ = ["expire_after_rollback", "expire_all_after_rollback"]

_KEY: Final = "sqla_osiris.savepoints"

Identity = tuple[Any, ...]


def expire_after_rollback(session: Session, model: type[Any], keys: Collection[tuple[Any, ...]]) -> None:
    """Have the session expire these streams' objects should one of its savepoints be rolled back."""
    if session.in_nested_transaction():
        mapper: Any = inspect(model)
        _written(session).update(mapper.identity_key_from_primary_key(key) for key in keys)


def expire_all_after_rollback(session: Session) -> None:
    """The same for all objects: who wrote many events knows no streams."""
    if session.in_nested_transaction():
        _written(session).add(_ALL)


_ALL: Final[Identity] = ()


def _written(session: Session) -> set[Identity]:
    if _KEY not in session.info:
        session.info[_KEY] = set()
        event.listen(session, "after_soft_rollback", _expire)
        event.listen(session, "after_transaction_end", _forget)
    written: set[Identity] = session.info[_KEY]
    return written


def _expire(session: Session, rolled_back: SessionTransaction) -> None:
    written: set[Identity] = session.info[_KEY]
    # All are expired where the whole transaction is rolled back.
    if not written or not rolled_back.nested:
        return
    if _ALL in written:
        session.expire_all()
        return
    loaded: Any = session.identity_map
    for identity in written:
        instance = loaded.get(identity)
        if instance is not None:
            session.expire(instance)


def _forget(session: Session, ended: SessionTransaction) -> None:
    if ended.parent is None:
        session.info[_KEY].clear()
