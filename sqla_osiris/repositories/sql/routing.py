"""Which database does a session choose for a model's log? The one that its ``get_bind`` gives for the model.

It is called as SQLAlchemy calls it for a statement: with the mapper, and with the clause, as a session may send reads to
a follower. An append moves a head on, so it is an UPDATE.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, inspect, select, update
from sqlalchemy.orm import Session, sessionmaker

from sqla_osiris.errors import NotExpressible
from sqla_osiris.schema.log import Stream

__all__ = ["engine_chosen", "reading", "refuse_sharded", "writing"]


def writing(model: type[Any], stream: Stream) -> dict[str, Any]:
    """Return the bind arguments of a session's connection for a write."""
    return {"mapper": inspect(model), "clause": update(stream.heads)}


def reading(model: type[Any], stream: Stream) -> dict[str, Any]:
    """Return the bind arguments of a session's connection for a read."""
    return {"mapper": inspect(model), "clause": select(stream.events)}


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
