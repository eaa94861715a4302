"""Runs the command in this process, as typer's own tests do; and a log on SQLite."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from typer.testing import CliRunner

from sqla_osiris import repository
from sqla_osiris.cli import app
from tests.cli import clinic

Runs = Callable[..., Any]


@pytest.fixture
def osiris() -> Runs:
    """The command with the clinic's models: what it printed, and its exit code."""

    def run(*arguments: str, url: str | None = None, **given: Any) -> Any:
        environment = {"OSIRIS_MODELS": "tests.cli.clinic", "OSIRIS_URL": url, "COLUMNS": "120"}
        return CliRunner().invoke(app, arguments, env=environment, **given)

    return run


@pytest.fixture
def clinic_url(sqlite_database: str) -> str:
    """The URL of a clinic with its events."""
    engine = create_engine(sqlite_database)
    fill(engine)
    engine.dispose()
    return sqlite_database


@pytest.fixture
def engine(clinic_url: str) -> Iterator[Engine]:
    engine = create_engine(clinic_url)
    yield engine
    engine.dispose()


@pytest.fixture
def at_clinic(osiris: Runs, clinic_url: str) -> Runs:
    """The command, which ends with this code; its documents."""

    def run(*arguments: str, code: int = 0, **given: Any) -> Any:
        result = osiris(*arguments, "--json", url=clinic_url, **given)
        assert result.exit_code == code, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]

    return run


def fill(engine: Engine) -> None:
    clinic.Base.metadata.create_all(engine)
    repository(clinic.Doctor, engine).append_many(clinic.EVENTS)
    repository(clinic.Patient, engine).append(7, illness="flu", visits=1)
    repository(clinic.Ward, engine).append(("north", 2), beds=9)
