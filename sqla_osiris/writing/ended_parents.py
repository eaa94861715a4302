"""What becomes of an ended object's children? The ORM sees to them: the head stays, so no foreign key's action does.

``passive_deletes=True`` leaves children that are not loaded to the database. Here the ORM loads and deletes them.
"""

from typing import Any

from sqlalchemy import event, util
from sqlalchemy.orm import Mapper, RelationshipDirection

__all__ = ["listen_for_passive_deletes", "see_to_children"]

_SEEN_TO = "sqla_osiris.seen_to"
"""In a relationship's ``info``."""


def listen_for_passive_deletes(model: type[Any]) -> None:
    """Have the model's relationships see to their children, and warn of those whose children are left to nobody."""
    event.listen(model, "mapper_configured", lambda mapper, _class: see_to_children(mapper))


def see_to_children(mapper: Mapper[Any]) -> None:
    """Do so now; a ``backref`` may have come after the mapper was configured."""
    for relation in mapper.relationships:
        if not relation.passive_deletes or relation.viewonly or _SEEN_TO in relation.info:
            continue
        if relation.direction is RelationshipDirection.MANYTOONE:
            continue
        relation.info[_SEEN_TO] = True
        deletes = relation.cascade.delete or relation.direction is RelationshipDirection.MANYTOMANY
        if relation.passive_deletes == "all" or not deletes:
            _warn(mapper.class_.__name__, relation)
            continue
        relation.passive_deletes = False
        # What the flush asks has copied the flag.
        processor: Any = relation._dependency_processor  # noqa: SLF001
        relation._dependency_processor = type(processor)(relation)  # noqa: SLF001


def _warn(model: str, relation: Any) -> None:
    util.warn(
        f"{model}.{relation.key} has passive_deletes={relation.passive_deletes!r}: its children are left as they are when a "
        f"{model} ends, as its head stays and no ON DELETE of theirs acts. Leave passive_deletes out, and give "
        'cascade="all, delete-orphan" where they shall go.'
    )
