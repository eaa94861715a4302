"""What can go wrong, under one root: each error says what was wrong, where, and what to do next.

``ConcurrentAppend`` is also SQLAlchemy's ``StaleDataError``; that subclass lives beside the unit of work
(:mod:`sqla_osiris.declarative.conflicts`) so that this module stays free of SQLAlchemy.
"""

__all__ = [
    "ContextErased",
    "DeclarationError",
    "FoldUnavailable",
    "InvalidValue",
    "LawBroken",
    "NotExpressible",
    "OsirisError",
    "UnknownField",
]


class OsirisError(Exception):
    """The root of every error that this library raises itself; drivers' errors pass through unchanged."""


class DeclarationError(OsirisError):
    """A model's declaration cannot work. Raised while its class is created."""


class UnknownField(OsirisError):
    """An event names a field that its model does not declare."""

    def __init__(self, *, model: str, field: str, known: tuple[str, ...]) -> None:
        super().__init__(f"{model} has no field {field!r}. Its fields are: {', '.join(known)}.")
        self.model = model
        self.field = field


class InvalidValue(OsirisError):
    """A value that its column cannot hold on every store. Refused before anything is written."""


class NotExpressible(OsirisError):
    """A change that no event can express. Nothing of it was written."""


class ContextErased(OsirisError):
    """The stream was erased for good; its tombstone refuses further events."""


class FoldUnavailable(OsirisError):
    """A reducer has no form in this store's query language."""


class LawBroken(OsirisError):
    """A reducer or a store broke a law of the fold."""
