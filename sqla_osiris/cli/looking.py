"""The commands that look: ``models``, ``state``, ``as-of``, ``history``, ``diff``, ``explain`` and ``top``."""

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from sqla_osiris.cli.commands import Call, ContextArgument, ModelArgument, command
from sqla_osiris.cli.contexts import context_of, listed, spelled
from sqla_osiris.cli.failures import DIFFERENT
from sqla_osiris.cli.moments import moment_of, shown, time_of
from sqla_osiris.cli.values import (
    Document,
    as_text,
    changes_document,
    state_document,
    timeline_document,
)
from sqla_osiris.errors import OsirisError
from sqla_osiris.repositories.measuring import busiest, size
from sqla_osiris.repositories.protocol import Repository
from sqla_osiris.repositories.sql.measuring import Measuring
from sqla_osiris.repositories.timeline import diff, replay
from sqla_osiris.schema.log import Log, log_of
from sqla_osiris.schema.moments import Moment

__all__ = ["app"]

app: Final = typer.Typer()

MomentArgument = Annotated[
    str,
    typer.Argument(metavar="MOMENT", help="A seq, 2026-03-02T09:00Z, or how long ago: 30m, 12h, 7d."),
]

_HIDDEN = "(encrypted; --reveal shows it)"


@command(app)
def models(call: Call) -> None:
    """List the models, with how many streams and events each has in the store."""
    documents = []
    for name, model in call.settings.models().items():
        with call.open(model) as repository, call.out.progress(name) as report:
            found = size(repository, progress=report)
        log = log_of(model)
        documents.append(
            {
                "model": name,
                "key": list(log.context_names),
                "fields": list(log.by_key),
                "policy": repr(log.policy),
                "streams": found.streams,
                "living": found.living,
                "events": found.events,
                "stale_snapshots": found.stale,
            }
        )
    call.out.table(
        documents,
        ["model", "key", "streams", "living", "events", "snapshots"],
        lambda each: [
            each["model"],
            ", ".join(each["key"]),
            *(f"{each[name]:,}" for name in ("streams", "living", "events")),
            each["policy"],
        ],
    )
    for each in documents:
        if each["stale_snapshots"]:
            call.out.note(
                f"{each['model']}: {each['stale_snapshots']:,} snapshots were folded by another version of the model, and "
                f"are not used: states come from all events. `osiris snapshots {each['model']}` stores them anew."
            )


@command(app, reveals=True)
def state(
    call: Call,
    model: ModelArgument,
    contexts: Annotated[
        list[str] | None, typer.Argument(metavar="[CONTEXT]...", help="Of these keys; else of all.")
    ] = None,
) -> None:
    """Print present states: of the contexts that are named, or of all that live."""
    with call.opened(model) as repository:
        log = log_of(repository.model)
        wanted = [context_of(log, each) for each in contexts or ()]
        missing = dict.fromkeys(spelled(listed(log, each)) for each in wanted)
        for found in repository.states(wanted if contexts else None):
            document = _show_state(call, log, found)
            missing.pop(spelled(document["context"]), None)
    if missing:
        raise call.nothing(f"No stream of {model} lives at {', '.join(missing)}.")


@command(app, "as-of", reveals=True)
def as_of(call: Call, model: ModelArgument, context: ContextArgument, moment: MomentArgument) -> None:
    """Print a state as it was: after a seq, or at a moment."""
    with call.opened(model) as repository:
        log = log_of(repository.model)
        at = _moment(moment)
        found = repository.state(context_of(log, context), at=at)
        if found is None:
            raise call.nothing(f"No stream of {model} lived at {context} then ({_shown(at)}).")
        _show_state(call, log, found)


def _show_state(call: Call, log: Log, found: Any) -> Document:
    document = {"model": log.model, **state_document(log, found, reveal=call.out.reveal)}

    def text() -> Iterator[str | tuple[str, str]]:
        yield f"{log.model} {spelled(document['context'])}, seq {document['seq']}", "bold"
        yield from _listed_fields({**document["fields"], **dict.fromkeys(document["hidden"], ...)})

    call.out.show(document, text)
    return document


def _listed_fields(fields: Document) -> Iterator[str]:
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        yield f"  {name:<{width}}  {_HIDDEN if value is ... else as_text(value)}"


@command(app, reveals=True)
def history(
    call: Call,
    model: ModelArgument,
    context: ContextArgument,
    *,
    after: Annotated[int, typer.Option(min=0, help="Only events beyond this seq.")] = 0,
    last: Annotated[int | None, typer.Option(min=1, help="Only so many of the newest events.")] = None,
) -> None:
    """Print a stream's events, oldest first: when, what, who, and each touched field before and after."""
    with call.opened(model) as repository:
        found = 0
        for document in _timeline(repository, context, after, last, reveal=call.out.reveal):
            found += 1
            call.out.show(document, lambda: _timeline_text(document))  # noqa: B023  (called at once)
    if not found:
        beyond = f" beyond seq {after}" if after else ""
        raise call.nothing(f"{model} {context} has no events{beyond}.")


def _timeline(
    repository: Repository[Any], context: str, after: int, last: int | None, *, reveal: bool
) -> Iterator[Document]:
    log = log_of(repository.model)

    def each() -> Iterator[Document]:
        before = None
        for replayed in replay(repository, context_of(log, context), after=max(after - 1, 0)):
            if replayed.event.seq > after:
                yield timeline_document(log, before, replayed, reveal=reveal)
            before = replayed.state

    return each() if last is None else iter(deque(each(), last))


def _timeline_text(document: Document) -> Iterator[str | tuple[str, str]]:
    ends = "the stream ends" if document["ends"] else None
    yield (
        "  ".join(
            filter(None, [f"{document['seq']}  {document['recorded_at']}", *_described(document), ends])
        ),
        "bold",
    )
    names = [*document["changes"], *document["hidden"]]
    width = max(map(len, names), default=0)
    for name, change in document["changes"].items():
        touch = document["fields"][name]
        by = "" if change.get("after") == touch else f"  ({as_text(touch)})"
        yield f"    {name:<{width}}  {_change(change)}{by}"
    for name in document["hidden"]:
        yield f"    {name:<{width}}  {_HIDDEN}"


def _described(document: Document) -> list[str]:
    """Return an event's type and metadata, as far as it has some."""
    meta = document["event_meta"] or {}
    named = [] if document["event_type"] is None else [as_text(document["event_type"])]
    return [*named, *(f"{as_text(name)}={as_text(meta[name])}" for name in meta)]


def _change(change: Document) -> str:
    return " → ".join(as_text(change[side]) if side in change else "∅" for side in ("before", "after"))


@command(app, "diff", reveals=True)
def diff_(
    call: Call,
    model: ModelArgument,
    context: ContextArgument,
    before: MomentArgument,
    after: Annotated[str | None, typer.Argument(metavar="[MOMENT]", help="Else now.")] = None,
) -> None:
    """Print what differs between a stream's states at two moments. The exit code is 1 where something does."""
    with call.opened(model) as repository:
        log = log_of(repository.model)
        moments = _moment(before), None if after is None else _moment(after)
        changes = diff(repository, context_of(log, context), *moments)
        if changes.before is changes.after is None:
            raise call.nothing(f"No stream of {model} lived at {context}, neither then nor later.")
        sides = {
            name: None if found is None else {"seq": found.seq}
            for name, found in (("before", changes.before), ("after", changes.after))
        }
        document = {
            "model": log.model,
            "context": listed(log, context_of(log, context)),
            **sides,
            **changes_document(log, changes, reveal=call.out.reveal),
        }
        call.out.show(document, lambda: _diff_text(document))
    if changes:
        raise typer.Exit(DIFFERENT)


def _diff_text(document: Document) -> Iterator[str | tuple[str, str]]:
    seqs = (f"seq {side['seq']}" if side else "no stream" for side in (document["before"], document["after"]))
    yield f"{document['model']} {spelled(document['context'])}, {' → '.join(seqs)}", "bold"
    width = max(map(len, [*document["changes"], *document["hidden"]]), default=0)
    for name, change in document["changes"].items():
        yield f"  {name:<{width}}  {_change(change)}"
    for name in document["hidden"]:
        yield f"  {name:<{width}}  {_HIDDEN}"


@command(app)
def explain(
    call: Call,
    model: ModelArgument,
    context: ContextArgument,
    moment: Annotated[
        str | None, typer.Argument(metavar="[MOMENT]", help="Of the state then; else of the present one.")
    ] = None,
) -> None:
    """Print what a state costs in an SQL database: how many events are folded, each statement and its plan."""
    with call.opened(model) as repository:
        if not isinstance(repository, Measuring):
            raise OsirisError(
                "explain: this store has no plans to show. It explains states in an SQL database."
            )
        log = log_of(repository.model)
        key = context_of(log, context)
        cost = repository.explain(key, at=None if moment is None else _moment(moment))
        if cost is None:
            raise call.nothing(f"{model} {context} has no events.")
        document = {
            "model": log.model,
            "context": listed(log, key),
            "snapshot": cost.snapshot,
            "folds": cost.folds,
            "stale": cost.stale,
            "statements": [{"statement": s.statement, "plan": list(s.plan)} for s in cost.statements],
        }
        call.out.show(document, lambda: _cost_text(document))


def _cost_text(document: Document) -> Iterator[str | tuple[str, str]]:
    yield f"{document['model']} {spelled(document['context'])}", "bold"
    if document["stale"]:
        yield (
            "  Its snapshot was folded by another version of the model, and is not used: "
            f"`osiris snapshots {document['model']}` stores it anew."
        )
    yield f"  The present state folds {document['folds']:,} events beyond the snapshot at seq {document['snapshot']:,}."
    for each in document["statements"]:
        yield ""
        yield from each["statement"].splitlines()
        yield from ((f"  {line}", "cyan") for line in each["plan"])


@command(app)
def top(
    call: Call,
    model: ModelArgument,
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many contexts of each.")] = 10,
    since: Annotated[str, typer.Option(metavar="MOMENT", help="From when on hot ones are counted.")] = "24h",
) -> None:
    """Print the biggest contexts, and the hottest: those with the most events of all, and since a moment."""
    with call.opened(model) as repository, call.out.progress(model) as report:
        log, then = log_of(repository.model), time_of(since, datetime.now(UTC))
        biggest = busiest(repository, limit=limit, progress=report)
        hottest = busiest(repository, limit=limit, since=then, progress=report)
    lists = {"biggest": biggest, "hottest": hottest}
    document = {"model": log.model, "since": shown(then)} | {
        name: [{"context": listed(log, each.context), "events": each.events} for each in found]
        for name, found in lists.items()
    }
    call.out.show(document, lambda: _top_text(document))


def _top_text(document: Document) -> Iterator[str | tuple[str, str]]:
    for name, title in (("biggest", "biggest"), ("hottest", f"hottest since {document['since']}")):
        yield title, "bold"
        for each in document[name]:
            yield f"  {each['events']:>12,}  {spelled(each['context'])}"
        if not document[name]:
            yield "  none"


def _moment(argument: str) -> Moment:
    return moment_of(argument, datetime.now(UTC))


def _shown(at: Moment) -> str:
    return shown(at) if isinstance(at, datetime) else f"seq {at}"
