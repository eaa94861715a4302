"""What a subscription keeps of failures, on every store: whatever an error says, whoever's clock is wrong."""

import enum
import json
import time

import pytest
from sqlalchemy import String

from sqla_osiris import Context, EventSourced, InvalidValue, Latest, MemoryRepository, NewEvent, OsirisError
from sqla_osiris.subscriptions import subscription
from sqla_osiris.subscriptions.checkpoints import Checkpoint, Parked, error_text
from sqla_osiris.types.encrypted import Encrypted
from tests.stores.models import Employee
from tests.subscriptions.test_subscriptions import subscribed

DAY = 86_400.0


class Mute(Exception):
    def __str__(self):
        raise RuntimeError


class Wordless(Exception):
    def __str__(self):
        return 7  # noqa: PLE0307  (that is what it is here for)


class Endless(Exception):
    def __str__(self):
        return str(self)


ERRORS = {
    "NUL": ValueError("no \0 in a text"),
    "surrogate": ValueError("no file 'caf\udce9.txt'"),
    "pair": ValueError("half a pair \ud83d, and \U0001f600"),
    "umlauts": ValueError("für Ελλάδα 日本"),
    "long": ValueError("x" * 1_000_000),
    "long in bytes": ValueError("\U0001f600" * 100_000),
    "mute": Mute(),
    "wordless": Wordless(),
    "endless": Endless(),
    "empty": ValueError(),
    "group": ExceptionGroup("many", [ValueError("one\0"), ExceptionGroup("more", [OSError("two")])]),
    "huge repr": KeyError({"x": "y" * 1_000_000}),
}


def test_an_event_is_parked_whatever_its_error_says(opens):
    repository = opens(Employee)
    repository.append_many(NewEvent(what, {"overtime": 1}) for what in [*ERRORS, "good"])
    handled = []

    def handle(event, _):
        if event.context in ERRORS:
            raise ERRORS[event.context]
        handled.append(event.context)

    worker = subscribed(repository, "mail", handle, attempts=2)
    assert (worker.run(), handled) == (1, ["good"])
    assert [each.attempts for each in worker.parked()] == [2] * len(ERRORS)
    failed = [event for event in repository.feed() if event.context in ERRORS]
    for event, parked in zip(failed, worker.parked(), strict=True):
        assert parked.position == event.position
        assert parked.error.startswith(type(ERRORS[event.context]).__name__)
        assert len(parked.error) <= 1000


def test_the_text_of_an_error_is_readable():
    assert error_text(ValueError("no \0, no \udce9"), secret=False) == r"ValueError: no \x00, no \udce9"
    assert error_text(ValueError("日本"), secret=False) == "ValueError: 日本"
    assert error_text(Mute(), secret=False).endswith("its str() raised RuntimeError)")
    long = error_text(ValueError("x" * 2000), secret=False)
    assert (len(long), long[-3:]) == (1000, "x …")
    with pytest.raises(KeyboardInterrupt):
        error_text(type("Stopped", (Exception,), {"__str__": _interrupted})(), secret=False)


def _interrupted(_self):
    raise KeyboardInterrupt


def test_as_many_events_are_parked_with_long_errors_as_a_checkpoint_takes(opens, monkeypatch):
    """Thirty of them are as long as a hundred: the texts are cut to what the column of all of them holds."""
    monkeypatch.setattr(subscription, "_MOST_PARKED", 30)
    repository = opens(Employee)
    repository.append_many(NewEvent(f"e{number}", {"overtime": number}) for number in range(31))

    def handle(*_):
        raise ValueError("\U0001f600" * 5000)

    worker = subscribed(repository, "mail", handle, attempts=1)
    with pytest.raises(OsirisError, match="30 events are parked already"):
        worker.run()
    parked = worker.parked()
    assert len({each.position for each in parked}) == 30
    assert all(each.error.startswith("ValueError: ") for each in parked)


def test_a_hundred_events_are_parked():
    repository = MemoryRepository(Employee)
    repository.append_many(NewEvent(f"e{number}", {"overtime": number}) for number in range(101))

    worker = subscribed(repository, "mail", lambda *_: 1 / 0, attempts=1)
    with pytest.raises(OsirisError, match="100 events are parked already"):
        worker.run()
    assert len(worker.parked()) == 100


@pytest.mark.parametrize("character", ["x", "é", "\U0001f600", "\\"])
def test_what_is_parked_fits_the_column_that_an_older_table_has(character):
    checkpoint, error = Checkpoint(), error_text(ValueError(character * 5000), secret=False)
    for number in range(100):
        checkpoint.park(Parked(f"{number:032x}", f"{number:032x}", error, 5, time.time()))
    assert 40_000 < len(json.dumps(checkpoint.document()["parked"])) < 2**16
    assert all(len(each.error) > 20 for each in checkpoint.parked)


def test_of_a_model_with_encrypted_fields_what_an_error_says_is_not_kept():
    class Patient(EventSourced):
        __tablename__ = "patient_of_failures"
        id = Context(String(9))
        note = Latest(Encrypted(String(40)))

    repository = MemoryRepository(Patient)
    repository.append("a", note="in confidence")

    def mail(event, _):
        raise ValueError(f"cannot send {event.fields['note']!r}")

    worker = subscribed(repository, "mail", mail, attempts=1)
    worker.run()
    (parked,) = worker.parked()
    assert parked.error == "ValueError (what it says is not kept: the model has encrypted fields)"


# Names


@pytest.mark.parametrize("name", ["", "x" * 101, "a\0b", "caf\udce9", "\ud83d", None, b"mail"])
def test_a_name_that_a_store_does_not_take_is_refused(name):
    """Before any store is asked."""
    with pytest.raises(InvalidValue, match="a name of 1 to 100 characters"):
        subscribed(MemoryRepository(Employee), name)


def test_names_that_are_alike_are_different_subscriptions(opens):
    repository = opens(Employee)
    repository.append_many(NewEvent(f"e{number}", {"overtime": number}) for number in range(3))
    alike = ["mail", "Mail", "mail ", "máil", "ma\u0301il", "\U0001f600" * 100]
    for name in alike:
        assert subscribed(repository, name, lambda *_: None).run() == 3
    with pytest.raises(OsirisError) as unknown:
        subscribed(repository, "MAIL").lag()
    assert all(repr(name) in str(unknown.value) for name in alike)


class Named(str, enum.Enum):  # noqa: UP042  (whose str() is not its value)
    MAIL = "mail"


def test_a_name_may_be_a_member_of_an_enum(opens):
    repository = opens(Employee)
    repository.append("bob", overtime=1)
    assert subscribed(repository, Named.MAIL, lambda *_: None).run() == 1
    assert subscribed(repository, "mail").lag().events == 0


# Clocks


@pytest.fixture
def filled(opens):
    repository = opens(Employee)
    repository.append_many(NewEvent(f"e{number}", {"overtime": number}) for number in range(3))
    return repository


@pytest.fixture
def clock_is_off(monkeypatch):
    """Puts the clock of whoever works from now on forward."""
    real = time.time
    return lambda seconds: monkeypatch.setattr(time, "time", lambda: real() + seconds)


@pytest.mark.parametrize("off", [DAY, -DAY])
def test_an_event_is_tried_again_in_time_whatever_a_worker_s_clock_says(filled, clock_is_off, off):
    def handle(*_):
        raise ValueError

    clock_is_off(off)
    assert subscribed(filled, "mail", handle, backoff=0.01).run_once() == 0
    clock_is_off(0)
    other = subscribed(filled, "mail", lambda *_: None)
    started = time.monotonic()
    while not other.run_once():
        assert time.monotonic() - started < 20
        time.sleep(0.01)


def test_a_worker_whose_clock_is_ahead_takes_no_turn_that_another_has(filled, clock_is_off):
    handled = []

    def slow(event, _):
        handled.append(event.context)
        if len(handled) > 1:
            return
        clock_is_off(DAY)
        assert other.run_once() == 0
        clock_is_off(0)

    other = subscribed(filled, "mail", lambda event, _: handled.append(event.context))
    assert subscribed(filled, "mail", slow).run() == 3
    assert len(handled) == 3
