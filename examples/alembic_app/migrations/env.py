"""Runs the migrations: `alembic upgrade head`, `alembic revision --autogenerate -m "…"`."""

from logging.config import fileConfig

from alembic import context
from sqlalchemy import engine_from_config, pool

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


def run_migrations_online() -> None:
    """Run them in the database of `sqlalchemy.url`, or on the connection or engine that a caller gives."""
    given = config.attributes.get("connection")
    if given is None:
        section = config.get_section(config.config_ini_section, {})
        given = engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    if hasattr(given, "connect"):  # an engine
        with given.connect() as connection:
            run_migrations_on(connection)
    else:
        run_migrations_on(given)


def run_migrations_on(connection) -> None:
    """Run them on this connection."""
    context.configure(connection=connection, **options)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
