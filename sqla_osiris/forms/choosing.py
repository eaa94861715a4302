"""Which form in SQL a field's reducer has: a user's, a shipped one, or the fold in Python."""

from sqlalchemy.types import TypeEngine

from sqla_osiris.errors import DeclarationError
from sqla_osiris.forms.form import ReducerForm
from sqla_osiris.forms.python import PythonFold
from sqla_osiris.forms.registered import folds_as, form_of_users
from sqla_osiris.forms.shipped import SHIPPED
from sqla_osiris.reducers import Reducer

__all__ = ["form_of"]


def form_of(
    where: str, reducer: object, declared: TypeEngine[object], state_type: TypeEngine[object] | None
) -> ReducerForm:
    """The form of a reducer over a column of this (stored) type, for the attribute ``where``.

    A subclass that folds otherwise than its base does not have its base's form. ``state_type`` is what the field's
    author says of the state. Raises DeclarationError where the two do not fit.
    """
    if not isinstance(reducer, Reducer):
        raise DeclarationError(f"reducer={reducer!r} is no Reducer; give one, such as Sum() or Max()")
    users = form_of_users(where, reducer, declared)
    if users is not None:
        return users
    for kind in type(reducer).__mro__:
        if kind in SHIPPED and folds_as(type(reducer), kind):
            return SHIPPED[kind](reducer, declared)
    return PythonFold(reducer, declared, state_type)
