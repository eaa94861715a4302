"""How the models changed, one version after the other, and the migrations that Alembic generates from that.

    python examples/alembic_app/history.py     # generates migrations/versions anew, on a SQLite of its own

A project has no such file: there the models change in place, and each change is followed by
`alembic revision --autogenerate`. Here it shows that no migration was written by hand.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Column, Engine, Integer, MetaData, Numeric, String, Table, create_engine
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import Aggregate, Context, EventSourced, Latest, Max

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from shop.models import Base  # noqa: E402


def employee(metadata: MetaData, **fields: Any) -> type:
    base = type("Base", (DeclarativeBase,), {"metadata": metadata})
    body = {"__append_only__": True, "__tablename__": "employee", "id": Context(String(40))}
    return type("Employee", (EventSourced, base), body | fields)


def ordinary_customer(metadata: MetaData) -> None:
    Table(
        "customer",
        metadata,
        Column("id", String(40), primary_key=True),
        Column("name", String(80)),
        Column("credit", Numeric(10, 2)),
    )


def first(metadata: MetaData) -> None:
    employee(
        metadata,
        name=Latest(String(80)),
        title=Latest(String(80), index=True),
        overtime=Aggregate(Integer),
    )
    ordinary_customer(metadata)


def with_a_bonus(metadata: MetaData) -> None:
    employee(
        metadata,
        name=Latest(String(80)),
        title=Latest(String(80), index=True),
        overtime=Aggregate(Integer),
        bonus=Aggregate(Integer),
    )
    ordinary_customer(metadata)


def with_a_role(metadata: MetaData) -> None:
    employee(
        metadata,
        name=Latest(String(80)),
        role=Latest(String(80), index=True),
        overtime=Aggregate(Integer),
        bonus=Aggregate(Integer),
    )
    ordinary_customer(metadata)


def with_the_best_bonus(metadata: MetaData) -> None:
    employee(
        metadata,
        name=Latest(String(80)),
        role=Latest(String(80), index=True),
        overtime=Aggregate(Integer),
        bonus=Aggregate(Integer, reducer=Max()),
    )
    ordinary_customer(metadata)


VERSIONS: list[tuple[str, Callable[[MetaData], None] | None]] = [
    ("create employees and customers", first),
    ("add a bonus", with_a_bonus),
    ("a title is a role", with_a_role),
    ("the best bonus counts", with_the_best_bonus),
    ("customers have a history", None),  # as shop.models has it
]


def metadata_of(version: Callable[[MetaData], None] | None) -> MetaData:
    if version is None:
        return Base.metadata
    metadata = MetaData(naming_convention=Base.metadata.naming_convention)
    version(metadata)
    return metadata


def generate(versions: Path, engine: Engine) -> None:
    """Generate and run one migration after the other, into this folder."""
    for number, (message, version) in enumerate(VERSIONS, 1):
        module = ModuleType(f"shop_at_{number}")
        module.metadata = metadata_of(version)  # type: ignore[attr-defined]
        sys.modules[module.__name__] = module
        config = Config(str(HERE / "alembic.ini"))
        config.attributes["connection"] = engine
        config.set_main_option("models", module.__name__)
        config.set_main_option("version_locations", str(versions))
        command.revision(
            config, message, autogenerate=True, rev_id=f"{number:04d}", version_path=str(versions)
        )
        command.upgrade(config, "head")


def main() -> None:
    versions = HERE / "migrations" / "versions"
    for old in versions.glob("*.py"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{folder}/shop.db")
        generate(versions, engine)
        engine.dispose()


if __name__ == "__main__":
    main()
