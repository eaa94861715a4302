"""26,428 real salaries as events: who earned what, where, and what it looked like in another year.

A player is a context: one stream of events, one season each. ``team`` is the last one that paid,
``salary`` adds up. Nothing is ever overwritten, so every question about the past is an ordinary query.

    python examples/payroll.py                                     # an SQLite file, payroll.db
    python examples/payroll.py --url postgresql+psycopg://host/db  # the same on PostgreSQL
    python examples/payroll.py --player bondsba01 --team SFN --season 2001
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, Integer, String, create_engine, func, select
from sqlalchemy.orm import Session

from sqla_osiris import Aggregate, Context, EventSourced, Latest, NewEvent, repository

DATA = Path(__file__).parent / "data"
console = Console()


class Player(EventSourced):
    __tablename__ = "payroll_player"

    id = Context(String(9))
    name = Latest(String(60))
    team = Latest(String(3))
    season = Latest(Integer)
    salary = Aggregate(Integer)  # a sum: every event adds what it touches


def rows(file: str) -> Iterator[dict[str, str]]:
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def seasons() -> Iterator[NewEvent]:
    """One event per line of salaries.csv, in its order; a player's first one also says the name."""
    names = {row["playerID"]: f"{row['nameFirst']} {row['nameLast']}" for row in rows("players.csv")}
    for row in rows("salaries.csv"):
        player = row["playerID"]
        fields: dict[str, object] = {
            "team": row["teamID"],
            "season": int(row["yearID"]),
            "salary": int(row["salary"]),
        }
        if player in names:
            fields["name"] = names.pop(player)
        yield NewEvent(player, fields, event_type="season", event_meta={"league": row["lgID"]})


def load(engine: Engine) -> int:
    EventSourced.metadata.drop_all(engine)
    EventSourced.metadata.create_all(engine)
    return repository(Player, engine).append_many(seasons())


def career(session: Session, context: str) -> Table:
    """A player's events, oldest first, with the sum as it stood after each of them."""
    player = session.get_one(Player, context)
    table = Table(
        "seq", "season", "team", "salary", "sum so far", title=f"{player.name}: {player.seq} events"
    )
    total = 0
    for event in repository(Player, session).history(context):
        total += event.fields["salary"]
        table.add_row(
            str(event.seq),
            str(event.fields["season"]),
            event.fields["team"],
            f"{event.fields['salary']:,}",
            f"{total:,}",
        )
    assert total == player.salary, "the last sum of the timeline is the state"
    return table


def best_paid(session: Session, how_many: int = 10) -> Table:
    """States are rows: ORDER BY a folded value is a plain select."""
    table = Table("player", "last team", "seasons", "all salaries", title=f"The {how_many} best paid")
    for player in session.scalars(select(Player).order_by(Player.salary.desc()).limit(how_many)):
        table.add_row(player.name, player.team, str(player.seq), f"{player.salary:,}")
    return table


def payroll(session: Session, team: str, season: int) -> Table:
    """What a team paid in a season, from the log: the events of the season, each beside its player's state now."""
    event = Player.Event
    paid = (
        select(Player.name, event.salary, Player.team, Player.season)
        .join(Player, Player.id == event.id)
        .where(event.team == team, event.season == season)
        .order_by(event.salary.desc(), Player.name)
    )
    lines = session.execute(paid).all()
    total = sum(line.salary for line in lines)
    table = Table(
        "player", "salary", "last seen", title=f"{team} in {season}: {len(lines)} players, {total:,}"
    )
    for name, salary, last_team, last_season in lines[:10]:
        table.add_row(name, f"{salary:,}", f"{last_team} {last_season}")
    return table


def as_it_was(session: Session, season: int, how_many: int = 10) -> Table:
    """The same ranking at the end of an earlier season: the same events, folded only up to it."""
    event = Player.Event
    until = (
        select(event.id, func.max(event.seq).label("seq"), func.sum(event.salary).label("salary"))
        .where(event.season <= season)
        .group_by(event.id)
        .subquery()
    )
    then = (
        select(Player.name, event.team, until.c.seq, until.c.salary)
        .select_from(until)
        .join(Player, Player.id == until.c.id)
        .join(event, (event.id == until.c.id) & (event.seq == until.c.seq))
        .order_by(until.c.salary.desc())
        .limit(how_many)
    )
    table = Table("player", "team then", "seasons then", "salaries by then", title=f"At the end of {season}")
    for name, team, seq, salary in session.execute(then):
        table.add_row(name, team, str(seq), f"{salary:,}")
    return table


def expected() -> dict[str, tuple[int, str]]:
    """The sum and the last team of every player, computed without the library."""
    result: dict[str, tuple[int, str]] = {}
    for row in rows("salaries.csv"):
        total, _ = result.get(row["playerID"], (0, ""))
        result[row["playerID"]] = (total + int(row["salary"]), row["teamID"])
    return result


def check(session: Session) -> int:
    """Compare every state with the computation over the file; return how many there are."""
    states = session.execute(select(Player.id, Player.salary, Player.team))
    found = {context: (salary, team) for context, salary, team in states}
    assert found == expected(), "a state differs from the file"
    return len(found)


def main(
    url: Annotated[
        str | None, typer.Option(help="A database URL; its payroll_player tables are recreated.")
    ] = None,
    player: Annotated[str, typer.Option(help="Whose career to print.")] = "ramirma02",
    team: Annotated[str, typer.Option(help="Whose payroll to print.")] = "BOS",
    season: Annotated[int, typer.Option(help="Which season to go back to.")] = 2004,
) -> None:
    engine = create_engine(url or "sqlite:///payroll.db")
    events = load(engine)
    with Session(engine) as session:
        console.print(f"{events:,} events stored on {engine.dialect.name}")
        console.print(career(session, player))
        console.print(best_paid(session))
        console.print(payroll(session, team, season))
        console.print(as_it_was(session, season))
        console.print(f"{check(session):,} sums and last teams equal the file's")
    engine.dispose()


if __name__ == "__main__":
    typer.run(main)
