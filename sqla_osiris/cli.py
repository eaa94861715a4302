"""The command osiris: where the migration templates are, and a new migration environment."""

import sys
from typing import Annotated

__all__ = ["main"]

try:
    import typer
except ImportError as _error:  # pragma: no cover  (the tests have it)
    sys.exit(
        f"The command osiris needs the cli and alembic extras ({_error}): pip install 'sqla_osiris[cli,alembic]'"
    )

app: typer.Typer = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)

Asynchronous = Annotated[bool, typer.Option("--async", help="For an asynchronous driver.")]


@app.command()
def template(*, asynchronous: Asynchronous = False) -> None:
    """Print the template's folder, for: alembic init -t "$(osiris template)" migrations."""
    from sqla_osiris.alembic.environment import template_directory  # noqa: PLC0415

    typer.echo(template_directory() / ("osiris_async" if asynchronous else "osiris"))


@app.command()
def init(
    directory: Annotated[str, typer.Argument(help="The folder of the migrations, new or empty.")],
    *,
    ini: Annotated[str, typer.Option("--config", "-c", help="The ini file to write.")] = "alembic.ini",
    models: Annotated[str, typer.Option(help="The modules of the models, between commas.")] = "",
    url: Annotated[str, typer.Option(help="The database's URL.")] = "",
    asynchronous: Asynchronous = False,
) -> None:
    """Create a migration environment for event-sourced models."""
    from alembic.util import CommandError  # noqa: PLC0415

    from sqla_osiris.alembic.environment import create_environment  # noqa: PLC0415

    try:
        create_environment(directory, ini=ini, asynchronous=asynchronous, models=models, url=url)
    except CommandError as error:
        typer.echo(f"osiris init {directory}: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{directory}/ and {ini} are written.")
    missing = [name for name, given in {"models": models, "sqlalchemy.url": url}.items() if not given]
    if missing:
        typer.echo(f"Give {' and '.join(missing)} in {ini}: it says how.")
    other = "" if ini == "alembic.ini" else f" -c {ini}"
    typer.echo(f'Then: alembic{other} revision --autogenerate -m "create", and alembic{other} upgrade head')


def main() -> None:
    """The console script."""
    app()
