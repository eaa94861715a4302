"""The commands that keep a log: ``verify``, ``snapshots``, ``archive``, ``restore``, ``erase`` and ``redact``."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from sqla_osiris.cli.commands import Call, ContextArgument, ModelArgument, Yes, command
from sqla_osiris.cli.contexts import context_of, listed, spelled
from sqla_osiris.cli.failures import DIFFERENT
from sqla_osiris.cli.moments import time_of
from sqla_osiris.cli.values import Document, as_json, as_text
from sqla_osiris.repositories.protocol import Repository
from sqla_osiris.repositories.sizes import Measured
from sqla_osiris.repositories.verification import Difference
from sqla_osiris.schema.log import Log, log_of

__all__ = ["app", "events_in"]

app: Final = typer.Typer()

_RESUMES = "What is done stays done: the same command goes on where this one stopped."


def events_in(repository: Repository[Any]) -> int | None:
    """Return how many events a log has, if its store knows that without reading them."""
    return repository.size().events if isinstance(repository, Measured) else None


@command(app, resumes="Nothing was changed. The same command begins anew.", reveals=True)
def verify(
    call: Call,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[MODEL]...", help="Of these models; else of all.")
    ] = None,
) -> None:
    """Fold each log again, from its first event, and compare it with what is stored. The exit code is 1 where it differs."""
    differs = False
    for name in names or call.settings.models():
        with (
            call.opened(name) as repository,
            call.out.progress(f"verify {name}", events_in(repository)) as report,
        ):
            found = repository.verify(progress=report)
        log = log_of(repository.model)
        differs = differs or not found
        document = {
            "model": name,
            "contexts": found.contexts,
            "events": found.events,
            "differences": [_difference(log, each, reveal=call.out.reveal) for each in found.differences],
        }
        call.out.show(document, lambda: _verified_text(document))  # noqa: B023  (called at once)
    if differs:
        raise typer.Exit(DIFFERENT)


def _difference(log: Log, found: Difference, *, reveal: bool) -> Document:
    # Of a stored view's group the field is `View.field`, and the context its key.
    of_stream = found.field == "seq" or found.field in {each.key for each in log.folded_fields.values()}
    values = (
        {"hidden": True}
        if log.hides(found.field) and not reveal
        else {"stored": as_json(found.stored), "folded": as_json(found.folded)}
    )
    context = listed(log, found.context) if of_stream else as_json([found.context])
    return {"context": context, "field": found.field, **values}


def _verified_text(document: Document) -> Iterator[str | tuple[str, str]]:
    counts = f"{document['model']}: {document['events']:,} events of {document['contexts']:,} contexts"
    found = document["differences"]
    if not found:
        yield f"{counts}, no difference.", "green"
        return
    yield f"{counts}, {len(found):,} differences:", "red"
    for each in found:
        values = (
            "differs (encrypted; --reveal shows it)"
            if "hidden" in each
            else f"{as_text(each['stored'])} is stored, the log folds to {as_text(each['folded'])}"
        )
        yield f"  {spelled(each['context'])}  {each['field']}  {values}"


@command(app, resumes=_RESUMES)
def snapshots(call: Call, model: ModelArgument) -> None:
    """Store the snapshots that are due, and those that another version of the model folded."""
    with call.opened(model) as repository, call.out.progress(f"snapshots of {model}") as report:
        done = repository.snapshots(progress=report)
    call.out.show(
        {"model": model, "snapshots": done}, lambda: [f"{done:,} snapshots of {model} were stored."]
    )


@command(app, resumes=_RESUMES)
def archive(
    call: Call,
    model: ModelArgument,
    *,
    before: Annotated[
        str | None, typer.Option(metavar="MOMENT", help="Only events recorded before then: 2026-01-01, 365d.")
    ] = None,
    keep: Annotated[
        int | None, typer.Option(min=0, help="Leave so many of the newest events of each context.")
    ] = None,
) -> None:
    """Move events that a snapshot has folded to the archive. Nothing that is read changes."""
    with (
        call.opened(model) as repository,
        call.out.progress(f"archive {model}") as report,
    ):
        limit = None if before is None else time_of(before, datetime.now(UTC))
        done = repository.archive(before=limit, keep=keep, progress=report)
    call.out.show({"model": model, "archived": done}, lambda: [f"{done:,} events of {model} were archived."])


@command(app, resumes=_RESUMES)
def restore(
    call: Call,
    model: ModelArgument,
    context: Annotated[
        str | None, typer.Argument(metavar="[CONTEXT]", help="Of this stream; else of all.")
    ] = None,
) -> None:
    """Move archived events back to the log. Nothing that is read changes."""
    with (
        call.opened(model) as repository,
        call.out.progress(f"restore {model}") as report,
    ):
        key = None if context is None else context_of(log_of(repository.model), context)
        done = repository.restore(key, progress=report)
    call.out.show({"model": model, "restored": done}, lambda: [f"{done:,} events of {model} were restored."])


@command(app, resumes="Run the same command again: it ends what was begun.")
def erase(call: Call, model: ModelArgument, context: ContextArgument, *, yes: Yes = False) -> None:
    """Remove a stream for good, from log, snapshots and archive. It asks first."""
    with call.opened(model) as repository:
        log = log_of(repository.model)
        key = context_of(log, context)
        with closing(repository.history(key)) as events:  # type: ignore[type-var]  # a generator
            if next(events, None) is None:
                raise call.nothing(f"{model} {context} has no events.")
        call.ask(f"Erase {model} {spelled(listed(log, key))}, all its events, for good?", yes=yes)
        done = repository.erase(key)
        document = {"model": log.model, "context": listed(log, key), "erased": done}
        call.out.show(document, lambda: [f"{done:,} events were erased. The context takes no more."])


@command(app, resumes="Run the same command again: it ends what was begun.")
def redact(
    call: Call,
    model: ModelArgument,
    context: ContextArgument,
    seq: Annotated[int, typer.Argument(metavar="SEQ", min=1, help="The event's seq.")],
    field: Annotated[str, typer.Argument(metavar="FIELD", help="The field to take out of it.")],
    *,
    reason: Annotated[str, typer.Option(help="Why: the stream keeps it.")],
    actor: Annotated[
        str | None, typer.Option(help="Who: the stream keeps it, as event_meta's actor.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Take a field out of an event, as if the event had never touched it. It asks first."""
    with call.opened(model) as repository:
        log = log_of(repository.model)
        key = context_of(log, context)
        call.ask(
            f"Take {field} out of event {seq} of {model} {spelled(listed(log, key))}, for good?", yes=yes
        )
        meta = None if actor is None else {"actor": actor}
        audit = repository.redact(key, seq, field, reason=reason, event_meta=meta)
        if audit is None:
            raise call.nothing(f"Event {seq} does not touch {field}. Nothing was changed.")
        document = {
            "model": log.model,
            "context": listed(log, key),
            "redacted": {"seq": seq, "field": field},
            "recorded_as": audit.seq,
        }
        call.out.show(document, lambda: [f"{field} is out of event {seq}. Event {audit.seq} records it."])
