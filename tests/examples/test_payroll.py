"""The payroll example runs on each database, and what it folds is what the file says."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session

from tests.conftest import DATABASES
from tests.processes import run_script

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples" / "payroll.py"
PLAYERS = 5_149


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the example ran first, without a URL."""
    folder = tmp_path_factory.mktemp("payroll")
    (folder / "printed").write_text(run(cwd=folder))
    return folder


@pytest.fixture
def loaded(payroll: ModuleType, folder: Path) -> Iterator[Engine]:
    """The salaries in the file that the example made."""
    engine = create_engine(f"sqlite:///{folder / 'payroll.db'}")
    yield engine
    engine.dispose()


def run(*arguments: str, cwd: Path) -> str:
    done = run_script(SCRIPT, *arguments, folder=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_makes_its_own_file_and_prints_what_it_promises(folder: Path) -> None:
    promised((folder / "printed").read_text())
    assert {path.name for path in folder.iterdir()} == {"payroll.db", "printed"}


@pytest.mark.parametrize("server", [name for name in DATABASES if name != "sqlite"])
def test_the_example_runs_on_a_server(server: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    promised(run("--url", request.getfixturevalue(f"{server}_database"), cwd=tmp_path))
    assert list(tmp_path.iterdir()) == []


def promised(printed: str) -> None:
    assert "26,428 events stored" in printed
    assert "Manny Ramirez: 19 events" in printed
    assert "398,416,252" in printed, "the highest sum of salaries, Alex Rodriguez's"
    assert "BOS in 2004" in printed
    assert "At the end of 2004" in printed
    assert "5,149 sums and last teams equal the file's" in printed


def test_it_can_run_twice(folder: Path) -> None:
    assert "Barry Bonds" in run("--player", "bondsba01", "--team", "SFN", "--season", "2001", cwd=folder)


def test_sums_and_last_teams_of_all_players_equal_the_file(payroll: ModuleType, loaded: Engine) -> None:
    sums: dict[str, int] = defaultdict(int)
    teams: dict[str, str] = {}
    seqs: dict[str, int] = defaultdict(int)
    with (ROOT / "examples" / "data" / "salaries.csv").open(encoding="utf-8", newline="") as lines:
        for line in csv.DictReader(lines):
            sums[line["playerID"]] += int(line["salary"])
            teams[line["playerID"]] = line["teamID"]
            seqs[line["playerID"]] += 1
    with Session(loaded) as session:
        players = session.scalars(select(payroll.Player)).all()
        assert {player.id: player.salary for player in players} == sums
        assert {player.id: player.team for player in players} == teams
        assert {player.id: player.seq for player in players} == seqs
    assert len(players) == PLAYERS


def test_the_ranking_of_a_season_equals_the_file_cut_after_it(payroll: ModuleType, loaded: Engine) -> None:
    by_then: dict[str, int] = defaultdict(int)
    for line in payroll.rows("salaries.csv"):
        if int(line["yearID"]) <= 2004:
            by_then[line["playerID"]] += int(line["salary"])
    highest = sorted(by_then.values(), reverse=True)[:10]
    with Session(loaded) as session:
        table = payroll.as_it_was(session, 2004)
    assert list(table.columns[3].cells) == [f"{salary:,}" for salary in highest]


def test_the_repository_gives_the_same_states_as_the_session(payroll: ModuleType, loaded: Engine) -> None:
    players = list(payroll.repository(payroll.Player, loaded).states())
    assert {player.id: (player.salary, player.team) for player in players} == payroll.expected()
