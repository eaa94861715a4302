"""The templates: found, written by either command, and enough for an application that has an env.py of its own."""

import re
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Integer, MetaData, create_engine, inspect
from typer.testing import CliRunner

from sqla_osiris import Aggregate, EventSourced
from sqla_osiris.alembic import metadata_of, template_directory
from sqla_osiris.cli import app
from sqla_osiris.errors import OsirisError
from tests.migrations.project import differences, employee, module_of
from tests.processes import run_script

MODELS = """
from sqlalchemy import Integer
from sqla_osiris import Aggregate, EventSourced

class Employee(EventSourced):
    overtime = Aggregate(Integer)
"""


def alembic(folder: Path, *arguments: str) -> str:
    done = run_script("alembic", *arguments, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_an_environment_migrates_unchanged(tmp_path, monkeypatch, asynchronous):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app_models.py").write_text(MODELS)
    driver = "sqlite+aiosqlite" if asynchronous else "sqlite"
    options = ["--async"] if asynchronous else []
    result = CliRunner().invoke(
        app, ["init", "migrations", "--models", "app_models", "--url", f"{driver}:///app.db", *options]
    )
    assert result.exit_code == 0, result.output
    alembic(tmp_path, "revision", "--autogenerate", "-m", "create")
    alembic(tmp_path, "upgrade", "head")
    alembic(tmp_path, "check")
    engine = create_engine(f"sqlite:///{tmp_path / 'app.db'}")
    assert {"employee_event", "employee_snapshot"} <= set(inspect(engine).get_table_names())
    engine.dispose()


def test_alembics_own_command_takes_the_template(tmp_path):
    printed = CliRunner().invoke(app, ["template"]).output.strip()
    alembic(tmp_path, "init", "-t", printed, "migrations")
    assert "sqla_osiris" in (tmp_path / "migrations" / "env.py").read_text()


def test_the_templates_are_found_in_a_checkout():
    for name in ("osiris", "osiris_async"):
        found = {path.name for path in (template_directory() / name).iterdir()}
        assert {"env.py", "script.py.mako", "alembic.ini.mako", "README"} <= found


@pytest.mark.parametrize("taken", ["migrations/mine.txt", "alembic.ini"])
def test_a_folder_or_an_ini_file_that_is_taken_is_left_alone(tmp_path, monkeypatch, taken):
    monkeypatch.chdir(tmp_path)
    (tmp_path / taken).parent.mkdir(exist_ok=True)
    (tmp_path / taken).write_text("mine")
    result = CliRunner().invoke(app, ["init", "migrations"])
    assert result.exit_code == 2
    assert f"osiris init: {taken.partition('/')[0]} is there already, and stays as it is." in result.output
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")] == [taken]
    assert (tmp_path / taken).read_text() == "mine"


def test_the_command_says_what_is_missing_and_what_is_next(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    output = CliRunner().invoke(app, ["init", "migrations", "-c", "other.ini", "--models", "hr"]).output
    assert output.splitlines() == [
        "migrations/ and other.ini are written.",
        "Give sqlalchemy.url in other.ini: it says how.",
        'Then: alembic -c other.ini revision --autogenerate -m "create", and alembic -c other.ini upgrade head',
    ]


def test_the_metadata_of_modules_is_each_taken_once():
    first, second = employee(worked=Aggregate(Integer)), employee(worked=Aggregate(Integer))
    one, other = module_of(first), module_of(second)
    assert metadata_of(f"{one}, {other},{one}") == [first.metadata, second.metadata]
    assert metadata_of("") == [EventSourced.metadata]


@pytest.mark.parametrize(
    ("models", "message"),
    {
        "textwrap": "textwrap has neither a mapped class nor a MetaData. Name the modules",
        "modelz": "there is no module modelz. Write it as Python imports it",
        "modelz.more": "there is no module modelz.more.",
        "./models.py": "there is no module ./models.py.",
    }.items(),
)
def test_models_that_are_none_are_an_error(models, message):
    with pytest.raises(OsirisError, match=f"^models = .*in the ini file: {re.escape(message)}") as found:
        metadata_of(models)
    assert isinstance(found.value, CommandError)  # the command shows its message alone


def test_no_model_at_all_drops_no_table(project, monkeypatch):
    project.migrate("create", employee(worked=Aggregate(Integer)))
    monkeypatch.setattr(EventSourced, "metadata", MetaData())
    with pytest.raises(
        CommandError, match="drop every table of the database: employee_event, employee_snapshot"
    ):
        command.revision(project.config(), "nothing", autogenerate=True)


def test_what_a_models_module_lacks_is_its_own_error(tmp_path, monkeypatch):
    (tmp_path / "lacking.py").write_text("import not_installed")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="not_installed"):
        metadata_of("lacking")


def test_branches_go_up_and_down_by_themselves(project):
    first = employee(worked=Aggregate(Integer))
    project.migrate("create", first)
    second = type("Guest", (EventSourced, first.__mro__[2]), {"visits": Aggregate(Integer)})
    config = project.config(first, second)
    command.revision(config, "guests", autogenerate=True, head="base", branch_label="guests", rev_id="g1")
    command.upgrade(project.config(), "heads")
    assert differences(project.engine, first.metadata) == []
    command.downgrade(project.config(), "guests@base")
    assert "guest_event" not in inspect(project.engine).get_table_names()
    assert "employee_event" in inspect(project.engine).get_table_names()


def test_two_databases_are_migrated_by_the_same_migration(project, tmp_path):
    """Generated on one, run on another: the same words mean the same tables."""
    model = employee(worked=Aggregate(Integer), __append_only__=True)
    project.revise("create", model)
    other = create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    config = Config(str(project.ini))
    config.attributes["connection"] = other
    command.upgrade(config, "head")
    assert differences(other, model.metadata) == []
    project.upgrade()
    assert project.differences(model) == []
    other.dispose()
