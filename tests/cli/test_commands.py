"""What each command does on SQLite: its answer, its exit code, and what it refuses. docs/command_line.md shows the rest."""

import json
import sys
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine, event, text, update

from sqla_osiris import Subscription, repository
from sqla_osiris.cli.failures import without_password
from tests.cli import clinic
from tests.cli.clinic import Doctor
from tests.cli.conftest import fill
from tests.servers import postgresql_server

# Looking


def test_models_are_listed_with_their_sizes(at_clinic):
    sizes = {each["model"]: (each["streams"], each["living"], each["events"]) for each in at_clinic("models")}
    assert sizes == {"Doctor": (2, 2, 4), "Patient": (1, 1, 1), "Ward": (1, 1, 1)}


def test_a_timeline_begins_anew_with_each_life(at_clinic, engine):
    doctors = repository(Doctor, engine)
    doctors.append_many([clinic.NewEvent("jo", {}, ends=True), clinic.NewEvent("jo", {"hours": 1})])
    *_, ended, begun = at_clinic("history", "Doctor", "jo")
    assert (ended["ends"], ended["changes"]) == (True, {})
    assert begun["changes"] == {"hours": {"after": 1}}


def test_a_part_of_a_timeline_knows_what_was_before(at_clinic):
    (whole, part, last) = (
        at_clinic("history", "Doctor", "jo", *options) for options in ([], ["--after", "1"], ["--last", "1"])
    )
    assert (part, last) == (whole[1:], whole[2:])
    assert part[0]["changes"] == {"hours": {"before": 2, "after": 5}}


@pytest.mark.parametrize(
    "command",
    [
        ["state", "Doctor", "nobody"],
        ["as-of", "Doctor", "jo", "2026-03-01"],
        ["as-of", "Doctor", "jo", "0"],
        ["history", "Doctor", "nobody"],
        ["explain", "Doctor", "nobody"],
        ["erase", "Doctor", "nobody", "--yes"],
        ["redact", "Doctor", "jo", "1", "ward", "--reason", "r", "--yes"],
    ],
)
def test_nothing_where_something_was_asked_for_is_exit_code_1(at_clinic, engine, command):
    if command[0] == "redact":
        repository(Doctor, engine).redact("jo", 1, "ward", reason="before")
    assert at_clinic(*command, code=1) == []


def test_a_state_that_is_missing_keeps_no_other_from_its_place(at_clinic):
    found = at_clinic("state", "Doctor", "flo", "nobody", "jo", code=1)
    assert [each["context"] for each in found] == [["flo"], ["jo"]]


def test_a_cost_is_what_a_state_folds_and_the_plan_of_each_statement(at_clinic, engine):
    (cost,) = at_clinic("explain", "Doctor", "jo")
    assert (cost["snapshot"], cost["folds"], cost["stale"]) == (3, 0, False)
    assert all("SEARCH" in " ".join(each["plan"]) for each in cost["statements"])
    (past,) = at_clinic("explain", "Doctor", "jo", "2026-03-03")
    assert past["statements"] != cost["statements"]


def test_a_terminal_obeys_nothing_that_an_event_says(osiris, clinic_url, engine):
    said = "\x1b[31m\u202e\n"
    repository(Doctor, engine).append(said, ward=said, event_type=said, event_meta={said: {said: said}})
    for command in (
        ["history", "Doctor", json.dumps([said])],
        ["feed", "Doctor"],
        ["state", "Doctor"],
        ["top", "Doctor"],
    ):
        shown = osiris(*command, url=clinic_url).stdout
        assert "\\u001b[31m\\u202e\\n" in shown
        assert all(line.isprintable() for line in shown.splitlines())


# Logs that are not as they should be


def stale(engine):
    """Have another version of the model fold the snapshots."""
    with engine.begin() as connection:
        connection.execute(update(Doctor.Snapshot.__table__).values(osiris_fingerprint=12345))


def test_snapshots_of_another_version_are_told_of_and_stored_anew(osiris, at_clinic, clinic_url, engine):
    stale(engine)
    result = osiris("models", url=clinic_url)
    assert "Doctor: 2 snapshots were folded by another version of the model" in result.stderr
    (cost,) = at_clinic("explain", "Doctor", "jo")
    assert (cost["stale"], cost["folds"]) == (True, 3)
    assert "folded by another version" in osiris("explain", "Doctor", "jo", url=clinic_url).stdout
    assert at_clinic("state", "Doctor", "jo")[0]["fields"] == {"ward": None, "hours": 5}

    assert at_clinic("snapshots", "Doctor") == [{"model": "Doctor", "snapshots": 2}]
    assert at_clinic("models")[0]["stale_snapshots"] == 0


def test_what_differs_is_exit_code_1_and_encrypted_values_stay_hidden(osiris, at_clinic, clinic_url, engine):
    with engine.begin() as connection:
        connection.execute(update(Doctor.Snapshot.__table__).values(hours=9))
    found = {each["model"]: each for each in at_clinic("verify", code=1)}
    assert found["Doctor"]["differences"] == [
        {"context": ["flo"], "field": "hours", "stored": 9, "folded": 1},
        {"context": ["jo"], "field": "hours", "stored": 9, "folded": 5},
    ]
    assert found["Ward"]["differences"] == []
    assert "jo  hours  9 is stored, the log folds to 5" in osiris("verify", "Doctor", url=clinic_url).stdout


def test_a_table_that_is_missing_is_a_sentence(osiris, sqlite_database):
    engine = create_engine(sqlite_database)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE doctor_event (id TEXT)"))
    engine.dispose()
    result = osiris("state", "Doctor", url=sqlite_database)
    assert result.exit_code == 2
    assert "The database lacks doctor_snapshot" in result.stderr
    assert "Run the migrations (alembic upgrade head)" in result.stderr


def test_a_column_that_is_missing_is_a_sentence(osiris, clinic_url, engine):
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE doctor_event DROP COLUMN hours"))
    result = osiris("history", "Doctor", "jo", url=clinic_url)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "lacks doctor_event.hours. Run" in result.stderr


# Secrets


@pytest.mark.parametrize(
    "command",
    [
        ["state", "Patient"],
        ["as-of", "Patient", "7", "1"],
        ["history", "Patient", "7"],
        ["diff", "Patient", "7", "0"],
        ["feed", "Patient"],
    ],
)
def test_an_encrypted_value_is_shown_where_it_is_asked_for_alone(osiris, clinic_url, command):
    for more in ([], ["--json"]):
        hidden, revealed = (
            osiris(*command, *more, url=clinic_url),
            osiris(*command, *more, "--reveal", url=clinic_url),
        )
        assert "flu" not in hidden.output
        assert "illness" in hidden.output
        assert "flu" in revealed.output


def test_an_export_of_encrypted_fields_is_asked_for(osiris, clinic_url, tmp_path):
    refused = osiris("export", "Patient", str(tmp_path / "p"), url=clinic_url)
    assert (refused.exit_code, list(tmp_path.glob("p*"))) == (2, [])
    assert "--reveal" in refused.stderr
    assert osiris("export", "Patient", str(tmp_path / "p"), "--reveal", url=clinic_url).exit_code == 0


def test_a_drivers_words_lose_the_password_however_it_is_written():
    url = "postgresql+psycopg://u:geh%40eim@host/hr"
    assert without_password("geh@eim is not geh%40eim", url) == "*** is not ***"
    assert without_password("u at host", url) == "u at host"
    assert without_password("as it is", None) == "as it is"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://u:geh%40eim@127.0.0.1:1/hr",
        "mysql+pymysql://u:geh%40eim@127.0.0.1:1/hr",
        "mongodb://u:geh%40eim@127.0.0.1:1/hr?serverSelectionTimeoutMS=50",
        "dynamodb://u:geh%40eim@127.0.0.1:1/?region=eu-west-1",
    ],
    ids=lambda url: url.partition(":")[0],
)
def test_a_store_that_cannot_be_reached_is_exit_code_3(osiris, url, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    result = osiris("state", "Doctor", "jo", url=url)
    assert (result.exit_code, result.stdout) == (3, "")
    assert ": The store cannot be used." in result.stderr
    assert "geh" not in result.output


# Bad input


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            ["state", "Docter"],
            "There is no model Docter. Is Doctor meant? The models are: Doctor, Patient, Ward.",
        ),
        (["state", "Doctor", "--models", "tests.cli.nowhere"], "there is no module tests.cli.nowhere"),
        (["state", "Doctor", "--models", "json"], "json declares no event-sourced model"),
        (["state", "Ward", "north"], 'Write ["<house>", "<floor>"]'),
        (["as-of", "Doctor", "jo", "monday"], "'monday' is no moment"),
        (["redact", "Doctor", "jo", "1", "age", "--reason", "r", "--yes"], "Doctor has no field 'age'"),
        (["redact", "Doctor", "jo", "9", "ward", "--reason", "r", "--yes"], "has no event of seq 9"),
        (["erase", "Doctor", "jo"], "answer with --yes"),
        (["archive", "Doctor"], "before"),
        (["archive", "Ward", "--keep", "1"], "__archive__ = True"),
        (["import", "Doctor", "nowhere.jsonl"], "nowhere.jsonl: No such file or directory."),
        (["feed", "Doctor", "--after", "x"], "position"),
        (["lag", "Doctor", "mails"], "never ran"),
        (
            ["parked", "retry", "Doctor", "mails", "1", "--handler", "tests.cli.clinic:nowhere"],
            "There is no handler",
        ),
        (["copy", "--to", "sqlite:///nowhere/new.db"], "There is no database file nowhere/new.db"),
        (["state", "Doctor", "--url", "nonsense"], "No store is known for a URL without a scheme"),
        (["state", "Doctor", "--url", "oracle://h/d"], "oracle"),
    ],
)
def test_a_wrong_command_is_one_sentence_and_exit_code_2(osiris, clinic_url, engine, command, message):
    Subscription(repository(Doctor, engine), "x", clinic.handle).create()
    result = osiris(*command, url=clinic_url)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"osiris {command[0]}")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_without_models_or_a_store_it_says_where_they_come_from(osiris, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "Name the store: --url" in osiris("state", "Doctor").stderr
    monkeypatch.delenv("OSIRIS_MODELS", raising=False)
    assert "Name the modules" in osiris("models", "--models", " ", "--url", "memory://").stderr


def test_what_a_models_module_lacks_is_named(osiris, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "lacking.py").write_text("import not_installed\n")
    result = osiris("models", "--models", "lacking", "--url", "memory://")
    assert (result.exit_code, "lacking imports not_installed, which is not installed" in result.stderr) == (
        2,
        True,
    )


def test_a_missing_driver_names_the_extra(osiris, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    result = osiris("state", "Doctor", url="postgresql+psycopg://h/d")
    assert result.exit_code == 2
    assert "pip install 'sqla_osiris[postgresql]'" in result.stderr


# Ending


def test_a_store_that_goes_away_while_it_is_followed_says_how_to_go_on(osiris, monkeypatch):
    with ExitStack() as running:
        url = running.enter_context(postgresql_server(durable=False))
        engine = create_engine(url)
        fill(engine)
        engine.dispose()
        stopping = SimpleNamespace(sleep=lambda _seconds: running.close())
        monkeypatch.setattr("sqla_osiris.cli.following.time", stopping)
        result = osiris("feed", "Doctor", "--follow", "--json", url=url)
    *_, last = map(json.loads, result.stdout.splitlines())
    assert (result.exit_code, last["context"]) == (3, ["flo"])
    assert ": The store cannot be used." in result.stderr
    assert f"--after {last['position']} goes on. The last event may be printed again." in result.stderr


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["verify"], "Stopped. Nothing was changed. The same command begins anew."),
        (["snapshots", "Doctor"], "goes on where this one stopped"),
        (["feed", "Doctor"], "--after 4 goes on. The last event may be printed again."),
    ],
)
def test_ctrl_c_says_how_to_go_on(osiris, clinic_url, monkeypatch, command, said):
    """The interrupt comes while a statement runs, of which the first few of `feed` were answered."""

    def interrupt(conn, cursor, statement, *_):
        interrupt.left -= 1
        if interrupt.left < 0:
            raise KeyboardInterrupt

    interrupt.left = 1 if command[0] == "feed" else 0
    real = create_engine

    def listened(*arguments, **given):
        engine = real(*arguments, **given)
        event.listen(engine, "before_cursor_execute", interrupt)
        return engine

    monkeypatch.setattr("sqla_osiris.repositories.targets.create_engine", listened)
    result = osiris(*command, url=clinic_url)
    assert (result.exit_code, said in result.stderr) == (130, True), result.stderr


def test_the_version_is_the_packages(osiris):
    assert osiris("--version").stdout.startswith("sqla_osiris ")


def test_models_of_one_name_are_told_apart_by_their_modules(osiris, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "other_clinic.py").write_text(
        "from sqlalchemy import Integer\nfrom sqlalchemy.orm import DeclarativeBase\n"
        "from sqla_osiris import EventSourced, Latest\n"
        "class Base(DeclarativeBase):\n    pass\nclass Ward(EventSourced, Base):\n    beds = Latest(Integer)\n"
    )
    given = ["--models", "tests.cli.clinic,other_clinic", "--url", "memory://"]
    result = osiris("state", "Ward", *given)
    assert "other_clinic.Ward" in result.stderr
    assert osiris("state", "tests.cli.clinic.Ward", *given).exit_code == 0


@pytest.mark.parametrize(("words", "offered"), [("osiris sna", "snapshots"), ("osiris state Doc", "Doctor")])
def test_a_shell_completes_commands_and_models(osiris, monkeypatch, words, offered):
    monkeypatch.setenv("_OSIRIS_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
    assert osiris(prog_name="osiris").stdout.split() == [offered]
