"""How an object that is loaded as of a moment gets an identity of its own, beside the present object.

SQLAlchemy gives one identity token to all objects of a statement. Here each entity of a statement has its moment's:
``select(Past, Employee)`` loads past and present objects, and they stay apart.
"""

from typing import Any, Final

from sqlalchemy.orm import ColumnProperty
from sqlalchemy.orm.context import _MapperEntity

from sqla_osiris.reading.past_sessions import watch
from sqla_osiris.schema.moments import AsOf, AsOfOption
from sqla_osiris.schema.past_alias import moment_within, reads_as_of

__all__ = ["SeqProperty"]


class SeqProperty(ColumnProperty[int]):
    """The ``seq`` of a model, which every statement that loads its objects asks for."""

    inherit_cache = True

    def setup(self, context: Any, query_entity: Any, path: Any, adapter: Any, **kw: Any) -> None:
        """Called once when such a statement is compiled, for each entity in it."""
        super().setup(context, query_entity, path, adapter, **kw)
        root = path.path[0]
        moment = moment_within(root.selectable) if root.is_aliased_class else None
        if moment is None:
            return
        if len(path.path) > 1:
            # An eager load by a join, from an object of the past.
            reads_as_of(context, adapter.aliased_insp.selectable, moment)
        elif type(query_entity) is _MapperEntity:
            query_entity.__class__ = _PastEntity


class _PastEntity(_MapperEntity):
    """An entity as of a moment in a compiled statement, which serves all moments."""

    __slots__ = ()

    def row_processor(self, context: Any, result: Any) -> Any:
        as_of = AsOf(_value_now(moment_within(self.selectable), result)).within(context.identity_token)
        watch(context.session)
        # Where an eager load that is for these objects finds their moment: SELECT IN by the one, a subquery by the other.
        (context.top_level_context or context).attributes[AsOf, self.entity_zero] = as_of
        before = {name: getattr(context, name) for name in _OF_AN_ENTITY}
        context.identity_token = as_of
        others = (each for each in context.propagated_loader_options if not isinstance(each, AsOfOption))
        context.propagated_loader_options = (*others, AsOfOption(as_of))
        context.execution_options = {**context.execution_options, (AsOf, self.entity_zero): as_of}
        try:
            processor: Any = super()
            return processor.row_processor(context, result)
        finally:
            for name, value in before.items():
                setattr(context, name, value)


_OF_AN_ENTITY: Final = ("identity_token", "propagated_loader_options", "execution_options")


def _value_now(bind: Any, result: Any) -> Any:
    """What is bound in this execution; the compiled statement holds the parameter of its first one."""
    execution = result.context
    given, key = execution.extracted_parameters, execution.compiled.cache_key
    if given and key is not None:
        for first, now in zip(key.bindparams, given, strict=True):
            if first.key == bind.key:
                return now.value
    return bind.value
