"""The commands for migrations: ``template``, where their templates are, and ``init``, a new environment."""

from typing import Annotated, Final

import typer

from sqla_osiris.cli.commands import Call, command
from sqla_osiris.errors import OsirisError

__all__ = ["app"]

app: Final = typer.Typer()

Asynchronous = Annotated[bool, typer.Option("--async", help="For an asynchronous driver.")]


@command(app, store=False)
def template(call: Call, *, asynchronous: Asynchronous = False) -> None:
    """Print the template's folder, for: alembic init -t "$(osiris template)" migrations."""
    _require_alembic()
    from sqla_osiris.alembic.environment import template_directory  # noqa: PLC0415  (an extra)

    folder = str(template_directory() / ("osiris_async" if asynchronous else "osiris"))
    call.out.show({"template": folder}, lambda: [folder])


@command(app, store=False)
def init(
    call: Call,
    directory: Annotated[str, typer.Argument(help="The folder of the migrations, new or empty.")],
    *,
    ini: Annotated[str, typer.Option("--config", "-c", help="The ini file to write.")] = "alembic.ini",
    models: Annotated[str, typer.Option(help="The modules of the models, between commas.")] = "",
    url: Annotated[str, typer.Option(help="The database's URL.")] = "",
    asynchronous: Asynchronous = False,
) -> None:
    """Create a migration environment for event-sourced models."""
    _require_alembic()
    from alembic.util import CommandError  # noqa: PLC0415  (an extra)

    from sqla_osiris.alembic.environment import create_environment  # noqa: PLC0415  (an extra)

    try:
        create_environment(directory, ini=ini, asynchronous=asynchronous, models=models, url=url)
    except CommandError as error:
        raise OsirisError(f"{error}") from error
    missing = [name for name, given in {"models": models, "sqlalchemy.url": url}.items() if not given]
    other = "" if ini == "alembic.ini" else f" -c {ini}"
    lines = [f"{directory}/ and {ini} are written."]
    if missing:
        lines.append(f"Give {' and '.join(missing)} in {ini}: it says how.")
    lines.append(f'Then: alembic{other} revision --autogenerate -m "create", and alembic{other} upgrade head')
    call.out.show({"directory": directory, "ini": ini, "missing": missing}, lambda: lines)


def _require_alembic() -> None:
    try:
        import alembic  # noqa: F401, PLC0415  (an extra)
    except ModuleNotFoundError as error:
        raise OsirisError(
            "Migrations need Alembic, which is not installed: pip install 'sqla_osiris[alembic]'."
        ) from error
