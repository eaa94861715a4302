"""Which engine does a session choose for the rows and the views of a model? The one that ``binds`` has for its bases.

``Session.get_bind`` looks for a class's bases in ``binds``, one after the other. The classes of rows and the views derive
from none of the model's: they would have their columns and methods. They name them to it all the same.
"""

import sys
from typing import Any

__all__ = ["BoundAlong"]


class BoundAlong(type):
    """The metaclass of a class that is bound where its model, ``__of__``, is."""

    @property
    def __mro__(cls) -> tuple[type[Any], ...]:
        """Its own bases; for ``get_bind`` the model and the model's follow. Attributes are not looked up by it."""
        own: tuple[type[Any], ...] = type.__dict__["__mro__"].__get__(cls)
        model = cls.__dict__.get("__of__")
        if model is None or sys._getframe(1).f_code.co_name != "get_bind":  # noqa: SLF001  (nothing else says who asks)
            return own
        return (*own[:-1], *model.__mro__)
