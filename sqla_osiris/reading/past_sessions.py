"""What a session does once it has read the past: whose moment each of its queries is of, and what it refuses to write.

A session is listened to from its first past object or ``time_travel`` on; no other session is. SQLAlchemy gives one identity
token to all objects of a statement. Here each entity of a statement has its moment's: ``select(Past, Employee)`` loads past
and present objects, and they stay apart.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast
from weakref import ref

from sqlalchemy import event
from sqlalchemy.orm import ColumnProperty, InstanceState, ORMExecuteState, Session
from sqlalchemy.orm.context import _MapperEntity

from sqla_osiris.errors import NotExpressible
from sqla_osiris.schema.moments import AsOf, AsOfOption, moment_carried, moment_within, reads_as_of

__all__ = ["SeqProperty", "refuse_write", "travelling", "travelling_to", "watch", "writes_pending"]

_KEY = "sqla_osiris.past"

_State = InstanceState[Any]


class _Past:
    """A session's travels, the innermost one last; and the present objects that loaded anything meanwhile."""

    def __init__(self) -> None:
        self.travels: list[AsOf] = []
        self.visitors: set[_State] = set()

    def of(self, state: _State | None) -> AsOf | None:
        """The moment of what is loaded for this object."""
        own = _token(state)
        if own is not None or not self.travels:
            return own
        if state is None:
            return self.travels[-1]
        self.visitors.add(state)
        return self.travels[-1].within(state.key[2] if state.key is not None else None)


def _token(state: _State | None) -> AsOf | None:
    token = state.key[2] if state is not None and state.key is not None else None
    return token if isinstance(token, AsOf) else None


def watch(session: Session) -> _Past:
    """Have this session's queries read as of the moment of the objects that they are for."""
    past = session.info.get(_KEY)
    if past is None:
        past = session.info[_KEY] = _Past()
        event.listen(session, "do_orm_execute", _read_as_of)
        event.listen(session, "before_flush", _refuse_flush)
        # What subclasses of Session override: where get() and many-to-one loads look before they ask the database.
        vars(session)["_identity_lookup"] = _lookup_in(session, past)
        if session.connection_callable is not None:
            # It finds the database of an object by the object's token.
            vars(session)["get_bind"] = _shard_of_the_past(session)
    return cast(_Past, past)


def _lookup_in(session: Session, past: _Past) -> Callable[..., Any]:
    its = ref(session)

    def lookup(
        mapper: Any, primary_key_identity: Any, identity_token: Any = None, *args: Any, **kw: Any
    ) -> Any:
        session: Any = its()
        state = kw.setdefault("lazy_loaded_from", None)
        token = past.of(state) if identity_token is None else identity_token
        for each in _in_shards(session, mapper, primary_key_identity, token, kw):
            found = type(session)._identity_lookup(  # noqa: SLF001  (see watch)
                session, mapper, primary_key_identity, each, *args, **kw
            )
            if found is not None:
                return found
        return None

    return lookup


def _in_shards(session: Any, mapper: Any, identity: Any, token: Any, kw: dict[str, Any]) -> list[Any]:
    """The tokens that an object of this identity may have: in each of its shards, as a ShardedSession looks there."""
    if session.connection_callable is None or not isinstance(token, AsOf) or token.shard is not None:
        return [token]
    shards = session.identity_chooser(
        mapper,
        identity,
        lazy_loaded_from=kw["lazy_loaded_from"],
        execution_options=kw.get("execution_options", {}),
        bind_arguments=dict(kw.get("bind_arguments") or {}),
    )
    return [token.within(shard) for shard in shards]


def _shard_of_the_past(session: Session) -> Callable[..., Any]:
    """Return a ShardedSession's ``get_bind``, which is given the token of an object of the past for a shard's name."""
    its = ref(session)

    def get_bind(mapper: Any = None, *, shard_id: Any = None, **kw: Any) -> Any:
        session: Any = its()
        shard = shard_id.shard if isinstance(shard_id, AsOf) else shard_id
        return type(session).get_bind(session, mapper, shard_id=shard, **kw)

    return get_bind


def _read_as_of(execution: ORMExecuteState) -> None:
    as_of = _moment_of(execution)
    if as_of is None:
        return
    # A ShardedSession asks each shard by itself, and says which one so.
    as_of = as_of.within(execution.execution_options.get("identity_token", as_of))
    statement: Any = execution.statement
    if moment_carried(statement) is None:
        execution.statement = statement.options(AsOfOption(as_of))
    if execution.is_select:
        execution.update_execution_options(identity_token=as_of)


def _moment_of(execution: ORMExecuteState) -> AsOf | None:
    past: _Past = execution.session.info[_KEY]
    carried = moment_carried(execution.statement)
    if carried is not None:
        return cast(AsOf, carried.payload)
    if not (execution.is_select and execution.is_orm_statement):
        return past.of(None)
    options: Any = execution.load_options
    if isinstance(options._identity_token, AsOf):  # noqa: SLF001  (set by a refresh, and by get(identity_token=))
        return options._identity_token  # noqa: SLF001
    eager = _of_path(execution, options)
    if eager is not None:
        return eager
    refreshed = options._refresh_state  # noqa: SLF001
    if refreshed is not None and past.travels:
        _refuse_refresh(refreshed, past.travels[-1])
    return past.of(refreshed or execution.lazy_loaded_from)


def _of_path(execution: ORMExecuteState, options: Any) -> AsOf | None:
    """The moment of the objects that an eager load (SELECT IN, a subquery) is for: the path says their entity."""
    path = execution.loader_strategy_path
    if path is None:
        return None
    top = options._sa_top_level_orm_context  # noqa: SLF001
    places: list[Any] = [execution.execution_options, *([top.attributes] if top is not None else [])]
    found = (place.get((AsOf, entity)) for entity in path.path[::2] for place in places)
    return next((as_of for as_of in found if as_of is not None), None)


def _refuse_refresh(state: _State, as_of: AsOf) -> None:
    if hasattr(state.class_, "__osiris__"):
        raise NotExpressible(
            f"{state.class_.__name__} {state.key[1] if state.key else ()!r} was loaded in the present; refreshed {as_of} it "
            "would be neither. Load it anew inside time_travel, or refresh it outside."
        )


def travelling(session: Session) -> AsOf | None:
    """The moment that the session's queries see, inside ``time_travel``."""
    past: _Past | None = session.info.get(_KEY)
    return past.travels[-1] if past is not None and past.travels else None


def refuse_write(model: str, session: Session, state: _State | None = None) -> None:
    """Raise NotExpressible where this write is of an object of the past, or made inside ``time_travel``."""
    own, as_of = _token(state), travelling(session)
    if own is not None:
        raise NotExpressible(
            f"{model} {state.key[1]!r} was loaded {own}: the past is read-only. "  # type: ignore[union-attr,index]  # it has a token
            "Load the present object and change that; session.refresh() or expunge() lets go of this change."
        )
    if as_of is not None:
        raise NotExpressible(
            f"{model}: the session reads {as_of} inside time_travel, where its models are read-only. "
            "Write before or after it, or with another session."
        )


def writes_pending(session: Session) -> Iterator[tuple[str, _State]]:
    """The models' names and objects that the next flush would write events of."""
    for instance in [*session.new, *session.deleted, *session.dirty]:
        if not hasattr(type(instance), "__osiris__"):
            continue
        if instance in session.new or instance in session.deleted or session.is_modified(instance):
            yield type(instance).__name__, cast(Any, instance)._sa_instance_state  # noqa: SLF001


def _refuse_flush(session: Session, *_: Any) -> None:
    """Before the flush begins: the session's transaction goes on."""
    for model, state in writes_pending(session):
        refuse_write(model, session, state)


@contextmanager
def travelling_to(session: Session, as_of: AsOf) -> Iterator[None]:
    """Have the session's queries see this moment; nothing that it loads stays in the present objects."""
    past = watch(session)
    past.travels.append(as_of)
    try:
        yield
        for model, state in writes_pending(session):
            refuse_write(model, session, state)
    finally:
        past.travels.pop()
        _forget_loaded(session, past)


def _forget_loaded(session: Session, past: _Past) -> None:
    """Expire the related objects that present ones loaded meanwhile: those are of the past."""
    for state in past.visitors:
        target = state.obj()
        related = [relation.key for relation in state.mapper.relationships if relation.key in state.dict]
        related = [key for key in related if key not in state.committed_state]
        if target is not None and related and target in session:
            session.expire(target, related)
    past.visitors.clear()


class SeqProperty(ColumnProperty[int]):
    """The ``seq`` of a model, which every statement that loads its objects asks for."""

    inherit_cache: bool = True

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
        others = (each for each in context.propagated_loader_options if not isinstance(each, AsOfOption))
        its = {
            "identity_token": as_of,
            "propagated_loader_options": (*others, AsOfOption(as_of)),
            "execution_options": {**context.execution_options, (AsOf, self.entity_zero): as_of},
        }
        processor: Any = super()
        with _given(context, its):
            load, *rest = processor.row_processor(context, result)
        if not any(mapper.polymorphic_on is not None for mapper in self.mapper.registry.mappers):
            return (load, *rest)

        def load_within(row: Any) -> Any:
            # SQLAlchemy asks what to load of a subclass when its first row comes.
            with _given(context, its):
                return load(row)

        return (load_within, *rest)


@contextmanager
def _given(context: Any, values: dict[str, Any]) -> Iterator[None]:
    """Have the context of a query say these of the entity whose rows are read inside."""
    before = {name: getattr(context, name) for name in values}
    for name, value in values.items():
        setattr(context, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(context, name, value)


def _value_now(bind: Any, result: Any) -> Any:
    """Return what is bound in this execution; the compiled statement holds the parameter of its first one."""
    execution = result.context
    given, key = execution.extracted_parameters, execution.compiled.cache_key
    if given and key is not None:
        for first, now in zip(key.bindparams, given, strict=True):
            if first.key == bind.key:
                return now.value
    return bind.value
