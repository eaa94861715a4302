"""The commands that follow a log: ``feed``, and of its subscriptions ``lag`` and ``parked``."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from typing import Annotated, Any, Final

import typer

from sqla_osiris.cli.commands import Call, ModelArgument, Yes, command
from sqla_osiris.cli.contexts import spelled
from sqla_osiris.cli.moments import shown
from sqla_osiris.cli.values import Document, as_text, event_document
from sqla_osiris.errors import OsirisError
from sqla_osiris.repositories.protocol import Repository
from sqla_osiris.schema.log import log_of
from sqla_osiris.subscriptions.checkpoints import Parked, error_text
from sqla_osiris.subscriptions.hints import Hints
from sqla_osiris.subscriptions.subscription import Subscription

__all__ = ["app"]

app: Final = typer.Typer()
parked_app: Final = typer.Typer(
    name="parked",
    no_args_is_help=True,
    help="Look at the events that a subscription's handler could not take.",
)
app.add_typer(parked_app, name="parked", rich_help_panel="Following")

NameArgument = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="The subscription's name.")]
PositionArgument = Annotated[
    str, typer.Argument(metavar="POSITION", help="The position of the event, as `parked list` prints it.")
]

_EVENTS_A_PAGE = 1_000
_COUNTED = 10_000


@command(app, reveals=True)
def feed(
    call: Call,
    model: ModelArgument,
    *,
    after: Annotated[
        str | None, typer.Option(metavar="POSITION", help="Only events beyond this position.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many events at most.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for further events.")] = False,
    poll: Annotated[
        float, typer.Option(min=0.01, help="Seconds until it looks again, where the store does not notify.")
    ] = 1.0,
) -> None:
    """Print the events of all contexts, in the order of the feed."""
    with call.opened(model) as repository, ExitStack() as ends:
        log = log_of(repository.model)
        hints = Hints(_channel(repository) if follow else None, lambda: False, time.sleep, poll)
        waits = partial(hints.wait, poll) if follow else None
        ends.callback(hints.close)
        for event in _events(repository, position_of(after), limit, waits):
            document = event_document(log, event, reveal=call.out.reveal)
            call.out.show(document, lambda: [_event_line(document)])  # noqa: B023  (called at once)
            # After it: what breaks off between the two leaves no event out.
            call.resumes = f"--after {as_text(event.position)} goes on. The last event may be printed again."


def _events(
    repository: Repository[Any], after: Any, limit: int | None, waits: Callable[[], object] | None
) -> Iterator[Any]:
    left = limit
    while left is None or left > 0:
        page = repository.feed(after=after, limit=min(_EVENTS_A_PAGE, left or _EVENTS_A_PAGE))
        yield from page
        if page:
            after = page[-1].position
            left = None if left is None else left - len(page)
        elif waits is None:
            return
        else:
            waits()


def _event_line(document: Document) -> str:
    touches = [f"{name}={as_text(value)}" for name, value in document["fields"].items()]
    touches += [f"{name}=(encrypted)" for name in document["hidden"]]
    named = [
        f"{document['position']}  {document['recorded_at']}",
        f"{spelled(document['context'])}#{document['seq']}",
    ]
    typed = [] if document["event_type"] is None else [as_text(document["event_type"])]
    ends = ["ends"] if document["ends"] else []
    return "  ".join([*named, *typed, *ends, ", ".join(touches)]).rstrip()


def position_of(argument: str | None) -> Any:
    """Return the position that an argument spells: digits are a number, as the store has it."""
    if argument is None:
        return None
    try:
        found = json.loads(argument)
    except ValueError:
        return argument
    return found if isinstance(found, int | str) else argument


@command(app)
def lag(
    call: Call,
    model: ModelArgument,
    name: Annotated[
        str | None, typer.Argument(metavar="[SUBSCRIPTION]", help="Of this one; else of each that ever ran.")
    ] = None,
) -> None:
    """Print how far behind subscriptions are, and how many events each has parked."""
    call.subscriptions = True
    with call.opened(model) as repository:
        names = [name] if name else _checkpoints(repository).names()
        documents = [_lag_of(Subscription(repository, each)) for each in names]
    if not documents:
        raise call.nothing(f"No subscription of {model} ever ran.")
    call.out.table(
        documents,
        ["subscription", "waiting", "oldest", "parked"],
        lambda each: [
            as_text(each["subscription"]),
            f"{each['events']:,}{'' if each['all'] else '+'}",
            each["oldest"] or "",
            f"{each['parked']:,}",
        ],
    )


def _lag_of(subscription: Subscription) -> Document:
    found = subscription.lag(limit=_COUNTED)
    return {
        "subscription": subscription.name,
        "events": found.events,
        "all": found.events < _COUNTED,
        "oldest": None if found.oldest is None else shown(found.oldest),
        "parked": len(subscription.parked()),
    }


def _checkpoints(repository: Any) -> Any:
    return repository.checkpoints()


def _channel(repository: Any) -> Any:
    return repository.channel()


@command(parked_app, "list")
def list_(call: Call, model: ModelArgument, name: NameArgument) -> None:
    """Print the events that are parked, and why."""
    call.subscriptions = True
    with call.opened(model) as repository:
        for each in Subscription(repository, name).parked():
            document = _parked_document(each)
            call.out.show(document, lambda: _parked_text(document))  # noqa: B023  (called at once)


def _parked_document(parked: Parked) -> Document:
    return {
        "position": parked.position,
        "error": parked.error,
        "attempts": parked.attempts,
        "parked_at": shown(datetime.fromtimestamp(parked.parked_at, UTC)),
    }


def _parked_text(document: Document) -> Iterator[str | tuple[str, str]]:
    yield f"{as_text(document['position'])}  {document['parked_at']}  {document['attempts']} attempts", "bold"
    yield f"    {as_text(document['error'])}"


@command(parked_app, resumes="The event stays parked, unless its handler had returned.")
def retry(
    call: Call,
    model: ModelArgument,
    name: NameArgument,
    position: PositionArgument,
    *,
    handler: Annotated[
        str, typer.Option(metavar="MODULE:FUNCTION", help="The handler, as the worker gives it.")
    ],
) -> None:
    """Have the handler take a parked event once more. What it raises is printed, and the event stays parked."""
    call.subscriptions = True
    with call.opened(model) as repository:
        subscription = Subscription(repository, name, _noting(_handler(handler)))
        try:
            subscription.retry(position_of(position))
        except _Raised as raised:
            why = error_text(raised.__cause__, secret=bool(log_of(repository.model).encrypted))
            raise call.nothing(f"The handler raised {why}. The event stays parked.") from raised
        call.out.show({"retried": position_of(position)}, lambda: [f"The event at {position} was handled."])


class _Raised(Exception):
    """A handler has raised its cause."""


def _noting(handler: Callable[..., Any]) -> Callable[[Any, Any], None]:
    """Return the handler, whose errors are told from the library's."""

    def handle(event: Any, session: Any) -> None:
        try:
            handler(event, session)
        except Exception as error:
            raise _Raised from error

    return handle


def _handler(argument: str) -> Any:
    module, _, function = argument.partition(":")
    try:
        found = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise OsirisError(
            f"There is no handler {argument} ({error}). Write myapp.mail:send_mail, for send_mail in the module myapp.mail."
        ) from error
    return found


@command(parked_app)
def drop(
    call: Call, model: ModelArgument, name: NameArgument, position: PositionArgument, *, yes: Yes = False
) -> None:
    """Forget a parked event: its subscription never handles it."""
    call.subscriptions = True
    with call.opened(model) as repository:
        subscription = Subscription(repository, name)
        found = [each for each in subscription.parked() if each.position == position_of(position)]
        if found:
            call.ask(f"Forget the event at {position}, which failed with {as_text(found[0].error)}?", yes=yes)
        subscription.skip(position_of(position))
        call.out.show({"dropped": position_of(position)}, lambda: [f"The event at {position} is forgotten."])
