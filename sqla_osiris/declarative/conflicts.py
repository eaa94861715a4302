"""The error of a lost race."""

from typing import Any

from sqlalchemy.orm.exc import StaleDataError

from sqla_osiris.errors import OsirisError

__all__ = ["ConcurrentAppend"]


class ConcurrentAppend(OsirisError, StaleDataError):
    """The stream is not where the writer believed it to be. Nothing of the append was written."""

    def __init__(
        self, *, context: Any, expected_seq: int | None, found_seq: int | None, model: str = "the stream"
    ) -> None:
        if expected_seq == 0:
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
        super().__init__(message)
        self.context = context
        self.expected_seq = expected_seq
        self.found_seq = found_seq

    def __reduce__(self) -> Any:
        # Built from keywords: an exception's default reduction could not be unpickled in another process.
        return _rebuild, (self.context, self.expected_seq, self.found_seq)


def _rebuild(context: Any, expected_seq: int | None, found_seq: int | None) -> ConcurrentAppend:
    return ConcurrentAppend(context=context, expected_seq=expected_seq, found_seq=found_seq)
