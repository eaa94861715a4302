"""An Alembic project in a folder of its own, made by our template, on a database of a test."""

import io
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, String
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import Context, EventSourced
from sqla_osiris.alembic.environment import create_environment

CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Project:
    def __init__(self, folder: Path, engine: Engine) -> None:
        self.engine = engine
        self.folder = folder
        folder.mkdir()
        self.ini = folder / "alembic.ini"
        create_environment(str(folder / "migrations"), ini=str(self.ini))
        self._revisions = 0

    def config(self, *models: type) -> Config:
        config = Config(str(self.ini), stdout=io.StringIO())
        config.attributes["connection"] = self.engine
        if models:
            config.set_main_option("models", module_of(*models))
        return config

    def revise(self, message: str, *models: type) -> str:
        """Generate the migration to these models. Its text."""
        self._revisions += 1
        script: Any = command.revision(
            self.config(*models), message, autogenerate=True, rev_id=f"{self._revisions:04d}"
        )
        return Path(script.path).read_text()

    def migrate(self, message: str, *models: type) -> str:
        """Generate the migration to these models, and run it."""
        text = self.revise(message, *models)
        self.upgrade()
        return text

    def upgrade(self, revision: str = "head") -> None:
        command.upgrade(self.config(), revision)

    def downgrade(self, revision: str) -> None:
        command.downgrade(self.config(), revision)

    def differences(self, *models: type) -> list[Any]:
        return differences(self.engine, *(model.metadata for model in models))


def differences(engine: Engine, *metadata: MetaData) -> list[Any]:
    """What autogenerate would still change."""
    options = {"autogenerate_plugins": ["alembic.autogenerate.*", "sqla_osiris"]}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        return [each for one in metadata for each in compare_metadata(context, one)]


def module_of(*models: type) -> str:
    module = ModuleType(f"models_{uuid4().hex}")
    vars(module).update({model.__name__: model for model in models})
    sys.modules[module.__name__] = module
    return module.__name__


def employee(*, schema: str | None = None, **body: Any) -> Any:
    """A model of its own metadata: a version of one and the same."""
    metadata = MetaData(naming_convention=CONVENTION, schema=schema)
    base = type("Base", (DeclarativeBase,), {"metadata": metadata})
    fields = {"__tablename__": "employee", "id": Context(String(40)), **body}
    return type("Employee", (EventSourced, base), fields)
