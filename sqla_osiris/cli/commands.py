"""What every command has: where its models and its store are, how it prints, and how it ends."""

import inspect as signatures
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Annotated, Any, TypeVar

import typer

from sqla_osiris.cli.failures import (
    DIFFERENT,
    INTERRUPTED,
    UNREACHABLE,
    USAGE,
    missing_tables,
    reason,
    without_password,
)
from sqla_osiris.cli.output import Output
from sqla_osiris.cli.settings import Settings, existing, model_of, settings_of
from sqla_osiris.errors import LogsDiffer, OsirisError
from sqla_osiris.repositories.protocol import Repository
from sqla_osiris.repositories.targets import driver_errors, repository

__all__ = ["Call", "ContextArgument", "ModelArgument", "Yes", "command"]

F = TypeVar("F", bound=Callable[..., None])

UNCHANGED = "Nothing was changed."


def _completed(incomplete: str) -> list[str]:
    """The names of models for a shell: of those that settings name. A shell is shown no error."""
    try:
        names = settings_of(os.environ.get("OSIRIS_MODELS"), None).models()
    except Exception:  # noqa: BLE001  (whatever a module raises: there is nothing to offer)
        return []
    return [name for name in names if name.startswith(incomplete)]


ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="The model's class.", autocompletion=_completed)
]
ContextArgument = Annotated[
    str, typer.Argument(metavar="CONTEXT", help='The key: bob, 7, or a JSON array, ["acme", 7].')
]
Reveal = Annotated[bool, typer.Option("--reveal", help="Show the values of encrypted fields, too.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

_COMMON: dict[str, tuple[Any, Any]] = {
    "models": (
        Annotated[
            str | None,
            typer.Option(envvar="OSIRIS_MODELS", help="The modules of the models, between commas."),
        ],
        None,
    ),
    "url": (Annotated[str | None, typer.Option(envvar="OSIRIS_URL", help="The store's URL.")], None),
}
_JSON = Annotated[bool, typer.Option("--json", help="Print JSON, a document a line.")]


class Call:
    """One call of a command: its settings, what it prints, and which logs it has opened.

    ``resumes`` says what it leaves when it is broken off, and how to go on; ``subscriptions``, that it reads their table.
    """

    def __init__(self, models: str | None, url: str | None, out: Output, resumes: str) -> None:
        self.out = out
        self.resumes = resumes
        self.subscriptions = False
        self._given = models, url
        self._opened: list[tuple[type[Any], str]] = []

    @cached_property
    def settings(self) -> Settings:
        return settings_of(*self._given)

    def model(self, name: str) -> type[Any]:
        """Return the model of that name. Raises OsirisError."""
        return model_of(self.settings.models(), name)

    def open(self, model: type[Any], url: str | None = None, *, create: bool = False) -> Repository[Any]:
        """Open the model's log, in the store of the settings or another one. Raises OsirisError.

        ``create`` makes its tables where they are missing, and a new file where the URL is one's.
        """
        url = url or self.settings.required_url()
        self._opened.append((model, url))
        opened = repository(model, url if create else existing(url))
        if create:
            opened.create()
        return opened

    def opened(self, name: str) -> Repository[Any]:
        """Open the log of the model of that name in the store of the settings."""
        return self.open(self.model(name))

    def nothing(self, text: str) -> typer.Exit:
        """Say that what was asked for is not there; the exit to raise."""
        self.out.note(text)
        return typer.Exit(DIFFERENT)

    def ask(self, question: str, *, yes: bool) -> None:
        """Ask whether to go on, unless it was answered. Raises OsirisError where nobody can answer."""
        if yes:
            return
        if not sys.stdin.isatty():
            raise OsirisError(f"{question} Nobody can be asked here: answer with --yes.")
        if not typer.confirm(question, err=True):
            raise self.nothing(UNCHANGED)

    def without_secrets(self, text: str) -> str:
        """Return the text without the password of any URL of this call."""
        for url in {url for _, url in self._opened} | {self._given[1]}:
            text = without_password(text, url)
        return text

    def driver_errors(self) -> tuple[type[Exception], ...]:
        """Return what the drivers of the stores that were opened raise."""
        found: tuple[type[Exception], ...] = ()
        for url in {url for _, url in self._opened}:
            with suppress(OsirisError):
                found += driver_errors(url)
        return found

    def unusable(self, error: Exception) -> tuple[str, int]:
        """Return what is wrong with a store whose driver has raised this, and the exit code."""
        missing = [
            each
            for model, url in self._opened
            for each in missing_tables(url, model, error, subscriptions=self.subscriptions)
        ]
        if missing:
            more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
            text = (
                f"The database lacks {', '.join(missing[:3])}{more}. Run the migrations (alembic upgrade head), or give the "
                "URL of the database that is meant."
            )
            return text, USAGE
        on = "" if self.resumes == UNCHANGED else f" {self.resumes}"
        return (
            f"The store cannot be used. {reason(error)}. Is it running, and is its URL right?{on}",
            UNREACHABLE,
        )


@contextmanager
def _ending(call: Call) -> Iterator[None]:
    """Have the command end with a sentence and an exit code, whatever happens inside."""
    try:
        yield
    except KeyboardInterrupt:
        done = f" after {call.out.done:,}" if call.out.done else ""
        raise _failed(call, f"Stopped{done}. {call.resumes}", INTERRUPTED) from None
    except BrokenPipeError:
        # Who read the answer has seen enough: nothing is left to say, and Python would say it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except LogsDiffer as error:
        raise _failed(call, str(error), DIFFERENT) from error
    except OsirisError as error:
        raise _failed(call, str(error), USAGE) from error
    except OSError as error:
        if error.filename is None:
            raise _failed(call, f"The store cannot be used. {reason(error)}.", UNREACHABLE) from error
        raise _failed(call, f"{error.filename}: {error.strerror}.", USAGE) from error
    except Exception as error:
        if not isinstance(error, call.driver_errors()):
            raise
        raise _failed(call, *call.unusable(error)) from error


def _failed(call: Call, text: str, code: int) -> typer.Exit:
    call.out.error(call.without_secrets(text))
    return typer.Exit(code)


def command(
    app: typer.Typer,
    name: str | None = None,
    *,
    resumes: str = UNCHANGED,
    store: bool = True,
    reveals: bool = False,
) -> Callable[[F], F]:
    """Return what makes a command of a function: its first argument is the Call, its others are the command's own.

    ``resumes`` says what Ctrl-C leaves, and how to go on. Without ``store`` it has neither models nor a URL;
    ``reveals`` says that it may print what is encrypted.
    """

    def registered(function: F) -> F:
        own = [*signatures.signature(function, eval_str=True).parameters.values()][1:]
        title = " ".join(filter(None, [app.info.name, name or function.__name__]))
        common = {**(_COMMON if store else {}), **({"reveal": (Reveal, False)} if reveals else {})}

        def run(**given: Any) -> None:
            out = Output(title, as_json=given.pop("as_json"), reveal=given.pop("reveal", False))
            models, url = (given.pop("models"), given.pop("url")) if store else (None, None)
            call = Call(models, url, out, resumes)
            with _ending(call):
                function(call, **given)

        added = [
            signatures.Parameter(key, signatures.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
            for key, (kind, default) in {**common, "as_json": (_JSON, False)}.items()
        ]
        parameters = [*own, *added]
        run.__signature__ = signatures.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        run.__name__, run.__doc__ = function.__name__, function.__doc__
        panel = function.__module__.rpartition(".")[2].capitalize()  # Looking, Keeping, …
        app.command(name, rich_help_panel=panel)(run)
        return function

    return registered
