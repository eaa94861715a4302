"""The error of a lost race."""

from functools import partial
from typing import Any

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError

from sqla_osiris.errors import OsirisError

__all__ = ["ConcurrentAppend", "misplaced", "of_a_flush"]


class ConcurrentAppend(OsirisError, StaleDataError):
    """The stream is not where the writer believed it to be. Nothing of the append was written.

    ``undone`` says that the database has rolled back the whole transaction, whatever it wrote before; ``context`` is
    None then where several were written at once.
    """

    def __init__(
        self,
        *,
        context: Any,
        expected_seq: int | None,
        found_seq: int | None,
        model: str = "the stream",
        undone: bool = False,
    ) -> None:
        if undone:
            where = model if context is None else f"{model} {context!r}"
            message = (
                f"{where}: the transaction met what another one wrote or locked, and the database has rolled back all of "
                "it: nothing that it wrote is kept. Roll back, begin it anew and repeat all of its changes."
            )
        elif expected_seq == 0:
            message = (
                f"{model} {context!r} exists already, at seq {found_seq}. "
                "Load it and change it, or choose another context."
            )
        elif found_seq is None or expected_seq is None:
            message = (
                f"{model} {context!r} is gone: it was ended or never begun (expected seq {expected_seq}). "
                "Add it again if it shall live."
            )
        else:
            message = (
                f"{model} {context!r} was expected at seq {expected_seq} and found at seq {found_seq}: "
                "somebody appended in between. Roll back, load it again and repeat the change."
            )
        SQLAlchemyError.__init__(self, message)
        self.context = context
        self.expected_seq = expected_seq
        self.found_seq = found_seq
        self.model = model
        self.undone = undone

    def __reduce__(self) -> Any:
        # Built from keywords: an exception's default reduction could not be unpickled in another process.
        given = ("context", "expected_seq", "found_seq", "model", "undone")
        return partial(type(self), **{name: getattr(self, name) for name in given}), ()


class _Duplicate(ConcurrentAppend, IntegrityError):
    """An added object has the key of a stream that lives: an ordinary row's INSERT would violate its primary key."""

    code = None  # type: ignore[assignment]  # no driver's error, so no page about it

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.detail, self.hide_parameters = [], False


def of_a_flush(lost: ConcurrentAppend) -> ConcurrentAppend:
    """Return the error that a flush raises for a lost race: an IntegrityError, too, where it would add what lives."""
    if lost.expected_seq != 0 or lost.found_seq is None:
        return lost
    return _Duplicate(context=lost.context, expected_seq=0, found_seq=lost.found_seq, model=lost.model)


def misplaced(model: str, context: Any, seq: int, next_seq: int) -> ConcurrentAppend:
    """The error of a copied event whose stream does not stand before its ``seq``: the next one there is ``next_seq``."""
    return ConcurrentAppend(context=context, expected_seq=seq - 1, found_seq=next_seq - 1, model=model)
