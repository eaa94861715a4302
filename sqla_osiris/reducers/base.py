"""What a reducer is: a monoid with a ``lift`` of touches into it and a ``present`` of it to the reader.

The shape (prepare, monoid, present) is that of Twitter's Algebird aggregators.
"""

import json
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from sqla_osiris.errors import InvalidValue, NotExpressible
from sqla_osiris.reducers.documents import from_document, to_document

__all__ = ["Reducer", "accumulator_text"]


class Reducer(ABC):
    """One way to fold a field's touches into its state.

    For all accumulators: ``merge(identity(), a) == a == merge(a, identity())`` and
    ``merge(merge(a, b), c) == merge(a, merge(b, c))``. That is what makes snapshots and batches safe.
    Accumulators are values: a reducer never changes one in place.

    ``commutative``, ``idempotent`` (``merge(a, a) == a``) and ``invertible`` (see :meth:`invert`) are claims about
    ``merge`` that the testing kit can check. ``grows`` says that the accumulator has no fixed size, ``takes_none``
    that a touch may be None.
    """

    commutative: ClassVar[bool] = False
    idempotent: ClassVar[bool] = False
    invertible: ClassVar[bool] = False
    grows: ClassVar[bool] = False
    takes_none: ClassVar[bool] = False
    _presented: ClassVar[frozenset[str]] = frozenset()
    """The names of parameters that :meth:`present` alone uses: no accumulator has anything of them."""

    @abstractmethod
    def identity(self) -> Any:
        """The accumulator of no touch at all."""

    @abstractmethod
    def lift(self, touch: Any) -> Any:
        """The accumulator of one touch."""

    @abstractmethod
    def merge(self, left: Any, right: Any) -> Any:
        """The accumulator of ``left``'s touches followed by ``right``'s."""

    def present(self, accumulator: Any) -> Any:
        """The state that a reader sees."""
        return accumulator

    def invert(self, accumulator: Any) -> Any:
        """The accumulator that takes this one back, so that merging the two gives the identity.

        Raises NotImplementedError unless the reducer is ``invertible``.
        """
        raise NotImplementedError(f"{type(self).__name__} is not invertible")

    def touch_between(self, before: Any, after: Any) -> Any:
        """The touch that turns the state ``before`` into ``after``.

        Raises NotExpressible with the reason alone; the caller adds the model and the field.
        """
        try:
            reached = self.present(self.merge(self.lift(before), self.lift(after)))
        except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as error:
            # A state need not be a touch: the mean of nothing is None, which cannot be added up.
            raise NotExpressible(f"no touch turns {before!r} into {after!r}") from error
        if reached != after:
            raise NotExpressible(f"no touch turns {before!r} into {after!r}")
        return after

    def settled(self, accumulator: Any) -> Any:
        """Return what may be stored for the accumulator of a stream's beginning: nothing is ever merged onto its left.

        ``present(merge(settled(a), b)) == present(merge(a, b))``. An accumulator that remembers what it would do to
        something before it may forget that here.
        """
        return accumulator

    def dump(self, accumulator: Any) -> Any:
        """The accumulator as a JSON value; :meth:`load` reads it: ``load(dump(a)) == a``.

        As it stands it writes JSON's values, Decimal, date, datetime, time, timedelta, UUID, bytes, and tuples, sets
        and dicts of them. Raises TypeError for anything else.
        """
        return to_document(accumulator)

    def load(self, document: Any) -> Any:
        """The accumulator that :meth:`dump` wrote."""
        return from_document(document)

    def fingerprint(self) -> str:
        """A text that changes whenever stored accumulators of this reducer stop being usable.

        It names the class and its attributes that are plain values. Override it where ``lift``, ``merge`` or ``dump``
        change their meaning.
        """
        parameters = self._parameters()
        return f"{type(self).__qualname__}({parameters})" if parameters else type(self).__qualname__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._parameters()})"

    def _parameters(self) -> str:
        """The attributes whose text says the same in every process."""
        return ", ".join(
            f"{name}={value!r}"
            for name, value in sorted(vars(self).items())
            if type(value) in (bool, int, float, str, bytes, type(None)) and name not in self._presented
        )


def accumulator_text(reducer: Reducer, accumulator: Any) -> str:
    """Return the JSON text of what the reducer dumps. Raises InvalidValue where JSON cannot say it."""
    try:
        return json.dumps(reducer.dump(accumulator), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidValue(
            f"{reducer!r} folded an accumulator that JSON cannot say ({error}). Override its dump() and load()."
        ) from error
