"""tests/faults.py says of a hand-made fault whether a test notices it, and leaves the file as it was."""

from dataclasses import replace

import pytest

from tests.faults import Fault, Stale, copied, read, run, stale, tried

TOY = Fault(
    name="Two are told from three",
    area="toys",
    file="toy.py",
    before="return number < 3",
    after="return number <= 3",
    loses="the edge",
    tests=("test_toy.py",),
)
CODE = "def is_small(number):\n    return number < 3\n"
NOTICES = "from toy import is_small\n\ndef test_edge():\n    assert not is_small(3)\n"
SLEEPS = "from toy import is_small\n\ndef test_far():\n    assert is_small(1)\n"


@pytest.fixture
def toys(tmp_path):
    """Makes a checkout of one module and the test of it."""

    def make(test):
        (tmp_path / "toy.py").write_text(CODE)
        (tmp_path / "test_toy.py").write_text(test)
        return tmp_path

    return make


def test_a_fault_that_a_test_notices_is_killed_and_taken_away_again(toys):
    folder = toys(NOTICES)
    with copied(folder) as copy:
        outcome = tried(TOY, copy, {})
        assert (outcome.word, outcome.by) == ("killed", "FAILED test_toy.py::test_edge")
        assert run(TOY, copy, {}).word == "SURVIVED"
        assert (copy / "toy.py").read_text() == CODE
    assert not copy.exists()


def test_a_fault_that_no_test_notices_survives(toys):
    assert tried(TOY, toys(SLEEPS), {}).word == "SURVIVED"


def test_a_selection_that_picks_no_test_is_told(toys):
    nothing = replace(TOY, tests=("test_toy.py", "-k", "nothing_of_that_name"))
    assert tried(nothing, toys(NOTICES), {}).word == "no test"


def test_tests_that_hang_are_ended_and_count_as_noticing(toys, monkeypatch):
    monkeypatch.setattr("tests.faults.LIMIT", 1.0)
    outcome = tried(TOY, toys("import time\n\ndef test_edge():\n    time.sleep(60)\n"), {})
    assert (outcome.word, outcome.by) == ("killed", "the time limit")


@pytest.mark.parametrize("code", ["", CODE + CODE], ids=["gone", "twice"])
def test_a_fault_whose_code_has_moved_is_told(toys, code):
    folder = toys(NOTICES)
    (folder / "toy.py").write_text(code)
    with pytest.raises(Stale, match=r"toy.py has its text [02] times. The code has moved: renew the fault"):
        tried(TOY, folder, {})
    assert len(stale([TOY], folder)) == len(stale([replace(TOY, file="gone.py")], folder)) == 1


def test_the_faults_of_a_file_are_of_its_area(tmp_path):
    said = "name = 'n'\nfile = 'f'\nbefore = 'b'\nafter = 'a'\nloses = 'l'\ntests = ['t']\n"
    file = tmp_path / "toys.toml"
    file.write_text(f"[[fault]]\n{said}")
    (fault,) = read([file])
    assert (fault.area, fault.tests, fault.databases) == ("toys", ("t",), "sqlite")

    file.write_text(f"[[fault]]\n{said}[[fault]]\n{said}")
    with pytest.raises(ValueError, match="given twice"):
        read([file])
