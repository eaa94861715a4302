"""The command as a program: what a pipe reads, what a terminal shows, and what Ctrl-C leaves."""

import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from sqla_osiris import repository
from tests.cli.clinic import Doctor

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment(clinic_url):
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OSIRIS_MODELS": "tests.cli.clinic",
        "OSIRIS_URL": clinic_url,
    }


@pytest.fixture
def heard():
    """Ctrl-C is heard by the processes that the test starts; one that a shell put into the background has them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def started(environment, *arguments, **streams):
    command = [sys.executable, "-m", "sqla_osiris", *arguments]
    return subprocess.Popen(command, env=environment, text=True, **streams)


@pytest.mark.usefixtures("heard")
def test_a_pipe_reads_events_as_they_come_and_ctrl_c_says_how_to_go_on(environment):
    followed = started(
        environment, "feed", "Doctor", "--follow", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    found = [json.loads(followed.stdout.readline()) for _ in range(4)]
    followed.send_signal(signal.SIGINT)
    out, err = followed.communicate(timeout=60)
    assert (followed.returncode, out) == (130, "")
    # Between an event and the note that it was printed, the one before counts.
    said = "osiris feed: Stopped. --after {} goes on. The last event may be printed again.\n"
    assert err in (said.format(3), said.format(4))
    assert [each["seq"] for each in found] == [1, 2, 3, 1]


def test_who_reads_a_part_of_an_answer_hears_of_no_broken_pipe(environment):
    followed = started(
        environment,
        "feed",
        "Doctor",
        "--follow",
        "--poll",
        "0.05",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert followed.stdout.readline()
    followed.stdout.close()
    engine = create_engine(environment["OSIRIS_URL"])
    repository(Doctor, engine).append("ann", hours=1)
    engine.dispose()
    assert (followed.wait(60), followed.stderr.read()) == (0, "")
    followed.stderr.close()


def at_a_terminal(environment, *arguments, answer=None):
    """What a terminal shows, and the exit code."""
    ours, theirs = pty.openpty()
    process = started(
        {**environment, "TERM": "xterm"}, *arguments, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    if answer:
        os.write(ours, f"{answer}\n".encode())
    shown = b""
    with suppress(OSError):  # how Linux says that nobody writes any more
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    return shown.decode(), process.wait(60)


def test_a_terminal_has_colours_and_is_asked(environment):
    shown, code = at_a_terminal(environment, "erase", "Doctor", "jo", answer="n")
    assert "Erase Doctor jo, all its events, for good? [y/N]: " in shown
    assert ("Nothing was changed." in shown, code) == (True, 1)

    shown, code = at_a_terminal(environment, "verify")
    assert ("\x1b[32mDoctor: 4 events of 2 contexts, no difference." in shown, code) == (True, 0)
