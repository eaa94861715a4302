"""The command ``osiris``: it looks at logs, and operates them. Each command calls what the library has for it.

docs/command_line.md is its manual. ``settings`` finds models and store, ``contexts`` and ``moments`` read arguments,
``values`` and ``output`` print, ``failures`` are sentences and exit codes, ``commands`` binds all of that to a function.
"""

import sys

try:
    import typer
except ImportError as _error:  # pragma: no cover  (the tests have it)
    sys.exit(f"The command osiris needs the cli extra ({_error}): pip install 'sqla_osiris[cli]'")

from importlib.metadata import version
from typing import Annotated, Final

from sqla_osiris.cli import following, keeping, looking, migrating, moving

__all__ = ["app", "main"]

app: Final = typer.Typer(
    name="osiris",
    help="Look at event-sourced models, and operate their logs.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _group in (looking, following, keeping, moving, migrating):
    app.add_typer(_group.app)


def _print_version(wanted: bool) -> None:  # noqa: FBT001  (typer's callback)
    if wanted:
        typer.echo(f"sqla_osiris {version('sqla_osiris')}")
        raise typer.Exit


@app.callback()
def _osiris(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """The console script."""
    app(prog_name="osiris")
