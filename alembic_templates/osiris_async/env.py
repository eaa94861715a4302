"""Runs the migrations: `alembic upgrade head`, `alembic revision --autogenerate -m "…"`."""

import asyncio
from logging.config import fileConfig

from alembic import context
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import async_engine_from_config

from sqla_osiris.alembic import in_schemas_of, metadata_of

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name, disable_existing_loggers=False)

# The metadata of the modules that `models` in alembic.ini names. Or give your own: target_metadata = Base.metadata
target_metadata = metadata_of(config.get_main_option("models"))

options = {
    "target_metadata": target_metadata,
    # The two lines that an env.py of your own needs, in both calls of context.configure():
    "autogenerate_plugins": [
        "alembic.autogenerate.*",
        "sqla_osiris",
    ],  # what tables alone do not say of events
    "render_as_batch": True,  # SQLite alters a table by copying it
    # Compare the schemas that the models name, not the default one alone:
    "include_schemas": True,
    "include_name": in_schemas_of(target_metadata),
}


def run_migrations_offline() -> None:
    """Write the SQL to standard output: `alembic upgrade head --sql`."""
    url = config.get_main_option("sqlalchemy.url")
    context.configure(url=url, literal_binds=True, dialect_opts={"paramstyle": "named"}, **options)
    with context.begin_transaction():
        context.run_migrations()


async def run_migrations_online() -> None:
    """Run them in the database of `sqlalchemy.url`."""
    section = config.get_section(config.config_ini_section, {})
    engine = async_engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run_migrations_on)
    await engine.dispose()


def run_migrations_on(connection) -> None:
    """Run them on this connection."""
    context.configure(connection=connection, **options)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
elif config.attributes.get("connection") is not None:
    run_migrations_on(config.attributes["connection"])  # a caller's own, such as a test's
else:
    asyncio.run(run_migrations_online())
