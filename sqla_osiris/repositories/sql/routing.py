"""Which database does a session choose for a model's log? The one that its ``get_bind`` gives for the model.

It is called as SQLAlchemy calls it for a statement: with the mapper, and with the clause, as a session may send reads to
a follower. An append moves a head on, so it is an UPDATE.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from sqla_osiris.errors import NotExpressible

__all__ = ["engine_chosen", "refuse_sharded", "transactional"]

_AUTOCOMMIT: Final = "AUTOCOMMIT"


def engine_chosen(session: Session, arguments: dict[str, Any]) -> Engine:
    """Return the engine behind what the session chooses, with the ``schema_translate_map`` that its connection has."""
    bind = session.get_bind(**arguments)
    engine = bind.engine
    options: Mapping[str, Any]
    if session.in_transaction():
        options = session.connection(bind_arguments=arguments).get_execution_options()
    else:
        # A session has options of its own from SQLAlchemy 2.1 on.
        options = {**bind.get_execution_options(), **getattr(session, "execution_options", {})}
    translated = options.get("schema_translate_map")
    if translated == engine.get_execution_options().get("schema_translate_map"):
        return engine
    return engine.execution_options(schema_translate_map=translated)


def transactional(session: Session, mapper: Any) -> dict[str, Any]:
    """The options of a connection that has transactions, although its engine may commit each statement by itself."""
    engine = session.get_bind(mapper=mapper).engine
    level = engine.get_execution_options().get("isolation_level")
    # What create_engine() was given; nothing public says it.
    level = level or getattr(engine.dialect, "_on_connect_isolation_level", None)
    if level != _AUTOCOMMIT:
        return {}
    return {"isolation_level": getattr(engine.dialect, "default_isolation_level", None) or "SERIALIZABLE"}


def refuse_sharded(model: str, target: Any) -> None:
    """Raise NotExpressible for a session that chooses a database for each object."""
    chooses = target.class_ if isinstance(target, sessionmaker) else target
    # SQLAlchemy's flush looks at the same.
    if getattr(chooses, "connection_callable", None) is not None:
        raise NotExpressible(
            f"repository({model}, a ShardedSession): a repository is one log in one database, and this session has one in "
            "each shard. Open it on the shard's Engine, or on a Session of the shard; objects go into their shards by "
            "the session itself."
        )
