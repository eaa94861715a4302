"""Several databases of one environment, asynchronous drivers, and SQL that is written now and run later."""

import os
import shutil
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, Integer, String, create_engine, inspect, make_url

from sqla_osiris import Aggregate, Latest, NewEvent, repository
from sqla_osiris.alembic.environment import create_environment
from tests.conftest import DATABASES
from tests.migrations.project import Project, employee, module_of

MULTIDB = {  # what docs/migrations.md says to change in Alembic's own environment
    "target_metadata = {}": (
        "from sqla_osiris.alembic import metadata_of\n"
        'target_metadata = {name: metadata_of(config.get_section_option(name, "models"))'
        ' for name in re.split(r",\\s*", db_names)}'
    ),
    "target_metadata=target_metadata.get(name),": (
        "target_metadata=target_metadata.get(name),\n"
        'autogenerate_plugins=["alembic.autogenerate.*", "sqla_osiris"],\n'
        "render_as_batch=True,"
    ),
    # It would switch off the loggers of other tests, and write into this folder.
    "fileConfig(config.config_file_name)": "pass",
    'file_ = "%s.sql" % name': 'file_ = config.get_section_option(name, "written_to")',
}


class Databases:
    """Alembic's environment ``multidb``, on two databases."""

    def __init__(self, folder: Path, **engines: Engine) -> None:
        self.engines = engines
        self.folder = folder
        self.ini = folder / "alembic.ini"
        folder.mkdir()
        command.init(Config(str(self.ini), stdout=StringIO()), str(folder / "migrations"), template="multidb")
        env = folder / "migrations" / "env.py"
        text = env.read_text()
        for old, new in MULTIDB.items():
            assert old in text
            text = text.replace(old, new)
        env.write_text(text)
        self._revisions = 0

    def config(self, **models: type) -> Config:
        config = Config(str(self.ini), stdout=StringIO())
        for name, engine in self.engines.items():
            url = engine.url.render_as_string(hide_password=False)
            config.set_section_option(name, "sqlalchemy.url", url.replace("%", "%%"))
            config.set_section_option(name, "models", module_of(models[name]))
            config.set_section_option(name, "written_to", str(self.folder / f"{name}.sql"))
        return config

    def migrate(self, **models: type) -> str:
        self._revisions += 1
        rev_id, config = f"{self._revisions:04d}", self.config(**models)
        script: Any = command.revision(config, "change", autogenerate=True, rev_id=rev_id)
        command.upgrade(config, "head")
        command.check(config)
        return Path(script.path).read_text()


def test_each_database_of_one_environment_has_its_own_models(engine: Engine, tmp_path):
    other = create_engine(f"sqlite:///{tmp_path / 'guests.db'}")
    staff = employee(__append_only__=True, title=Latest(String(40)), worked=Aggregate(Integer))
    renamed = employee(__append_only__=True, role=Latest(String(40)), worked=Aggregate(Integer))
    guests = employee(name=Latest(String(40)), visits=Aggregate(Integer))
    databases = Databases(tmp_path / "project", engine1=engine, engine2=other)
    databases.migrate(engine1=staff, engine2=guests)
    repository(staff, engine).append("bob", title="VP", worked=3)
    repository(guests, other).append("eve", visits=1)

    written = databases.migrate(engine1=renamed, engine2=guests)

    assert written.count("osiris.rename_field(") == 2  # there and back, on one database alone
    assert repository(renamed, engine).state("bob").role == "VP"
    assert repository(guests, other).state("eve").visits == 1
    config = databases.config(engine1=renamed, engine2=guests)
    command.downgrade(config, "-1")
    assert repository(staff, engine).state("bob").title == "VP"
    command.upgrade(config, "head")
    if engine.dialect.name != "sqlite":
        command.upgrade(databases.config(engine1=renamed, engine2=renamed), "0001:0002", sql=True)
        sql = (databases.folder / "engine1.sql").read_text().replace("`", "")  # a word of MySQL's
        assert "RENAME COLUMN title TO role" in sql
    other.dispose()


def test_an_asynchronous_driver_migrates_there_and_back(async_url, tmp_path):
    ini = tmp_path / "alembic.ini"
    model = employee(__append_only__=True, title=Latest(String(40), index=True), worked=Aggregate(Integer))
    create_environment(
        str(tmp_path / "migrations"), ini=str(ini), asynchronous=True, models=module_of(model), url=async_url
    )
    config = Config(str(ini), stdout=StringIO())
    command.revision(config, "create", autogenerate=True)
    for _ in range(2):
        command.upgrade(config, "head")
        command.check(config)
        command.downgrade(config, "base")


@pytest.mark.parametrize("database_url", [d for d in DATABASES if d != "sqlite"], indirect=True)
def test_sql_that_was_written_takes_a_log_there_and_back(project: Project):
    engine = project.engine
    first = employee(__append_only__=True, title=Latest(String(40)), worked=Aggregate(Integer))
    last = employee(
        __append_only__=True, role=Latest(String(40)), worked=Aggregate(Integer), bonus=Aggregate(Integer)
    )
    project.revise("create", first)
    execute(engine, "DROP TABLE alembic_version")  # to compare has made it, and the SQL makes it too
    execute(engine, written(project, "base:0001"))
    assert project.differences(first) == []
    repository(first, engine).append_many(NewEvent("bob", {"title": None, "worked": n}) for n in (1, 2))
    project.revise("change", last)

    for _ in range(2):
        execute(engine, written(project, "0001:0002"))
        assert project.differences(last) == []
        events = repository(last, engine).history("bob")
        assert [dict(event.fields) for event in events] == [{"role": None, "worked": n} for n in (1, 2)]
        assert repository(last, engine).state("bob").worked == 3
        execute(engine, written(project, "0002:0001", up=False))
        assert project.differences(first) == []
    execute(engine, written(project, "0001:base", up=False))
    assert inspect(engine).get_table_names() == ["alembic_version"]


def written(project: Project, revisions: str, *, up: bool = True) -> str:
    """The SQL as ``alembic upgrade … --sql`` writes it."""
    config = project.config()
    del config.attributes["connection"]
    config.set_main_option("sqlalchemy.url", project.engine.url.set(password=None).render_as_string())
    config.output_buffer = StringIO()
    (command.upgrade if up else command.downgrade)(config, revisions, sql=True)
    return config.output_buffer.getvalue()


def execute(engine: Engine, sql: str) -> None:
    """Run a script of many statements, as the database's own client does."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.connection.cursor().execute(sql)
        return
    url = make_url(str(engine.url))
    where = ["--protocol=tcp", f"--host={url.host}", f"--port={url.port}", f"--user={url.username}"]
    done = subprocess.run(
        [str(shutil.which("mariadb")), "--no-defaults", *where, str(url.database)],
        input=sql,
        env={**os.environ, "MYSQL_PWD": engine.url.password or ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
