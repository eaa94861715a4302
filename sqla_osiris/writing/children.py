"""What becomes of the children of an object that ends: its head stays, so no action of a foreign key to it is ever taken.

The ORM deletes them, then, as it does where a database has no such actions.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import util
from sqlalchemy.orm import InstanceState, Mapper, RelationshipDirection
from sqlalchemy.orm.attributes import instance_state

__all__ = ["see_to_children"]

_SEEN_TO: Final = "sqla_osiris.seen_to"
"""In a relationship's ``info``."""


def see_to_children(mapper: Mapper[Any]) -> None:
    """Have the ORM delete an ended object's children: its head stays, so no foreign key's action does.

    ``passive_deletes=True`` leaves children that are not loaded to the database. A warning says whose are left to nobody.
    """
    for relation in mapper.relationships:
        if not relation.passive_deletes or relation.viewonly or _SEEN_TO in relation.info:
            continue
        if relation.direction is RelationshipDirection.MANYTOONE:
            continue
        relation.info[_SEEN_TO] = True
        deletes = relation.cascade.delete or relation.direction is RelationshipDirection.MANYTOMANY
        if relation.passive_deletes == "all" or not deletes:
            _warn_of_children(mapper.class_.__name__, relation)
            continue
        kind: Any = type(relation._dependency_processor)  # noqa: SLF001  (what the flush asks)
        if relation.lazy == "write_only":
            kind = _reading(kind)
        else:
            relation.passive_deletes = False
        # It has copied the flag.
        relation._dependency_processor = kind(relation)  # noqa: SLF001


@cache
def _reading(kind: Any) -> Any:
    """Return the kind of processor that selects the children of what is deleted: the collection itself is never loaded."""

    def presort_deletes(self: Any, flush: Any, states: Sequence[InstanceState[Any]]) -> None:
        for state in states:
            found = flush.session.scalars(getattr(state.obj(), self.key).select()).all()
            attribute: Any = state.manager[self.key].impl
            attribute._modified_event(state, state.dict).unchanged_items.update(found)  # noqa: SLF001
            for child in found if self.cascade.delete else ():
                _delete(flush, instance_state(child))
        kind.presort_deletes(self, flush, states)

    return type(f"Reading{kind.__name__}", (kind,), {"presort_deletes": presort_deletes})


def _delete(flush: Any, child: InstanceState[Any]) -> None:
    """Have this flush delete an object, with what a cascade deletes along with it."""
    flush.register_object(child, isdelete=True)
    for _, _, further, _ in child.mapper.cascade_iterator("delete", child):
        flush.register_object(further, isdelete=True)


def _warn_of_children(model: str, relation: Any) -> None:
    util.warn(
        f"{model}.{relation.key} has passive_deletes={relation.passive_deletes!r}: its children are left as they are when a "
        f"{model} ends, as its head stays and no ON DELETE of theirs acts. Leave passive_deletes out, and give "
        'cascade="all, delete-orphan" where they shall go.'
    )
