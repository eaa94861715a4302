"""The commands that move a log: ``export`` and ``import``, by way of a file, and ``copy``, from store to store."""

import json
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from sqla_osiris.cli.commands import Call, ModelArgument, command
from sqla_osiris.cli.keeping import events_in
from sqla_osiris.errors import OsirisError
from sqla_osiris.repositories.copying import copy as copy_log
from sqla_osiris.repositories.exporting import export_events, import_events
from sqla_osiris.schema.log import log_of

__all__ = ["app"]

app: Final = typer.Typer()

Create = Annotated[
    bool, typer.Option("--create", help="Create the model's tables first, where they are missing.")
]

_STDOUT = "-"
_LAST_LINE = 4_096


@command(
    app,
    resumes="No file was written: one gets its name only when it is whole. Run the command again.",
    reveals=True,
)
def export(
    call: Call,
    model: ModelArgument,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file to write; - for stdout.")],
) -> None:
    """Write a log to a file of JSON lines, whole or not at all."""
    with (
        call.opened(model) as repository,
        call.out.progress(f"export {model}", events_in(repository)) as report,
    ):
        if log_of(repository.model).encrypted and not call.out.reveal:
            raise OsirisError(
                f"{model} has encrypted fields, and a file holds their values readable. Say --reveal if that is meant, or "
                "copy the log to another store, where they are encrypted again."
            )
        done = export_events(repository, sys.stdout if file == _STDOUT else file, progress=report)
    if file != _STDOUT:
        call.out.show(
            {"model": model, "events": done, "file": file},
            lambda: [f"{done:,} events of {model} are in {file}."],
        )


@command(
    app, "import", resumes="What was appended stays: the same command compares it, and goes on behind it."
)
def import_(
    call: Call,
    model: ModelArgument,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file that export wrote; - for stdin.")],
    *,
    create: Create = False,
) -> None:
    """Append the events of an exported file. All of it is checked before anything is appended."""
    with call.open(call.model(model), create=create) as repository:
        total = None if file == _STDOUT else _events_of(file)
        with call.out.progress(f"check and import {model}", total) as report:
            done = import_events(repository, sys.stdin if file == _STDOUT else file, progress=report)
    call.out.show(
        {"model": model, "events": done, "file": file}, lambda: [f"{done:,} events of {model} were appended."]
    )


@command(app, resumes="What was copied stays: the same command compares it, and goes on behind it.")
def copy(
    call: Call,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[MODEL]...", help="Of these models; else of all.")
    ] = None,
    *,
    to: Annotated[str, typer.Option(metavar="URL", envvar="OSIRIS_TO", help="The store to copy to.")],
    create: Create = False,
) -> None:
    """Copy logs to another store, and compare the states at the end. What is there already is compared and left out."""
    for name in names or call.settings.models():
        model = call.model(name)
        with call.open(model) as source, call.open(model, to, create=create) as target:
            total, there = events_in(source), events_in(target)
            missing = None if total is None or there is None else max(total - there, 0)
            with call.out.progress(f"copy {name}", missing) as report:
                done = copy_log(source, target, progress=report)
        call.out.show(
            {"model": name, "events": done},
            lambda: [f"{done:,} events of {name} were copied; the states are equal."],  # noqa: B023
        )


def _events_of(file: str) -> int | None:
    """Return how many events an exported file has, as its last line says, if it says so."""
    with Path(file).open("rb") as source:
        source.seek(0, 2)
        source.seek(max(source.tell() - _LAST_LINE, 0))
        last = source.read().splitlines()[-1:]
    try:
        events = json.loads(last[0])["events"]
    except (ValueError, LookupError, TypeError):
        return None
    return events if isinstance(events, int) else None
