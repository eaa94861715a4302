"""The commands that change a log, move it, and look after its subscriptions, on SQLite."""

from sqlalchemy import create_engine

from sqla_osiris import Subscription, repository
from tests.cli import clinic
from tests.cli.clinic import Doctor

# Keeping and moving


def test_what_is_removed_is_removed_after_it_was_asked(at_clinic, engine):
    (done,) = at_clinic("redact", "Doctor", "jo", "1", "ward", "--reason", "asked", "--actor", "eve", "--yes")
    assert done == {
        "model": "Doctor",
        "context": ["jo"],
        "redacted": {"seq": 1, "field": "ward"},
        "recorded_as": 4,
    }
    (*_, audit) = repository(Doctor, engine).history("jo")
    assert audit.event_meta["actor"] == "eve"
    assert at_clinic("erase", "Doctor", "jo", "--yes") == [
        {"model": "Doctor", "context": ["jo"], "erased": 4}
    ]
    assert repository(Doctor, engine).state("jo") is None


def test_a_file_goes_through_pipes(osiris, at_clinic, clinic_url, tmp_path):
    written = osiris("export", "Doctor", "-", url=clinic_url).stdout
    target = f"sqlite:///{tmp_path / 'target.db'}"
    result = osiris("import", "Doctor", "-", "--create", url=target, input=written)
    assert result.stdout == "4 events of Doctor were appended.\n"
    assert osiris("export", "Doctor", "-", url=target).stdout == written


def test_a_copy_that_differs_is_exit_code_1(osiris, clinic_url, tmp_path):
    target = f"sqlite:///{tmp_path / 'target.db'}"
    engine = create_engine(target)
    clinic.Base.metadata.create_all(engine)
    repository(Doctor, engine).append("jo", hours=1)
    engine.dispose()
    result = osiris("copy", "Doctor", "--to", target, url=clinic_url)
    assert (result.exit_code, "'jo' is another stream in the target" in result.stderr) == (1, True)


# Subscriptions


def test_parked_events_are_listed_retried_and_dropped(osiris, at_clinic, clinic_url, engine):
    mails = Subscription(repository(Doctor, engine), "mails", clinic.handle, attempts=1)
    mails.create()
    mails.run()
    (lag,) = at_clinic("lag", "Doctor")
    assert lag == {"subscription": "mails", "events": 0, "all": True, "oldest": None, "parked": 1}
    ((parked,), where) = at_clinic("parked", "list", "Doctor", "mails"), ["Doctor", "mails", "2"]
    assert (parked["position"], parked["error"]) == (2, "ValueError: too tired")

    failed = osiris("parked", "retry", *where, "--handler", "tests.cli.clinic:handle", url=clinic_url)
    assert (failed.exit_code, "ValueError: too tired" in failed.stderr) == (1, True)
    assert "answer with --yes" in osiris("parked", "drop", *where, url=clinic_url).stderr
    assert at_clinic("parked", "drop", *where, "--yes") == [{"dropped": 2}]
    assert at_clinic("parked", "list", "Doctor", "mails") == []


def test_a_parked_event_that_is_handled_is_parked_no_more(at_clinic, engine, monkeypatch):
    mails = Subscription(repository(Doctor, engine), "mails", clinic.handle, attempts=1)
    mails.create()
    mails.run()
    monkeypatch.setattr(clinic, "handle", lambda event, session: None)
    where = ["Doctor", "mails", "2", "--handler", "tests.cli.clinic:handle"]
    assert at_clinic("parked", "retry", *where) == [{"retried": 2}]
    assert mails.parked() == []
