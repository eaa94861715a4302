"""The environment of migrations, and the metadata that it compares with: for ``env.py`` and ``osiris init``."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import MetaData
from sqlalchemy.orm import registry

from sqla_osiris.declarative.model import EventSourced
from sqla_osiris.errors import OsirisError

__all__ = ["WrongModels", "create_environment", "in_schemas_of", "metadata_of", "template_directory"]

_PACKAGE = Path(__file__).parent.parent


def template_directory() -> Path:
    """Return the folder of the environments ``osiris`` and ``osiris_async``, in the wheel or beside a checkout's package."""
    places = [_PACKAGE / "alembic_templates", _PACKAGE.parent / "alembic_templates"]
    found = [place for place in places if (place / "osiris" / "env.py").is_file()]
    if not found:
        raise OsirisError(
            f"The migration templates are in neither of {', '.join(map(str, places))}. Install sqla_osiris anew, from a "
            "wheel or as an editable checkout; a zip file cannot be imported from."
        )
    return found[0]


class WrongModels(OsirisError, CommandError):
    """A module that ``models`` in an ini file names has no models. The command ``alembic`` shows the message alone."""


class _Config(Config):
    """Alembic's, with our templates beside its own rule for finding one."""

    def get_template_directory(self) -> str:
        return str(template_directory())


def create_environment(
    directory: str, *, ini: str = "alembic.ini", asynchronous: bool = False, models: str = "", url: str = ""
) -> None:
    """Write a migration environment, as ``alembic init`` does, with the models and the URL in its ini file.

    Raises alembic.util.CommandError where the ini file is there already, or the directory has something in it.
    """
    existing = [Path(ini)] if Path(ini).exists() else []
    existing += [Path(directory)] if Path(directory).is_dir() and any(Path(directory).iterdir()) else []
    if existing:
        raise CommandError(
            f"{existing[0]} is there already, and stays as it is. Does the project have an environment? Then add two "
            "lines to its env.py, as docs/migrations.md says. For another environment give another directory, and --config "
            "for its ini file."
        )
    with redirect_stdout(
        StringIO()
    ):  # Alembic reports each file, and what is to be edited that is given here
        command.init(_Config(ini), directory, "osiris_async" if asynchronous else "osiris")
    written = Path(ini)
    lines = written.read_text(encoding="utf-8").splitlines()
    given = {"models": models, "sqlalchemy.url": url.replace("%", "%%")}
    for i, line in enumerate(lines):
        option = line.partition("=")[0].strip()
        if given.get(option):
            lines[i] = f"{option} = {given[option]}"
    written.write_text("\n".join(lines) + "\n", encoding="utf-8")


def metadata_of(modules: str | None) -> list[MetaData]:
    """Return the metadata that the classes of these modules (their names between commas) are declared in, each once.

    Without any module that of ``EventSourced`` itself. Raises WrongModels for a module without models.
    """
    names = [name.strip() for name in (modules or "").split(",") if name.strip()]
    where = f"models = {', '.join(names)} in the ini file"
    found: list[MetaData] = []
    for name in names:
        own = _metadata_in(_module(name, where))
        if not own:
            raise WrongModels(f"{where}: {name} has neither a mapped class nor a MetaData. {_ADVICE}")
        found += own
    # A MetaData is what it is by identity; a dict keeps each once, in order.
    return list({id(each): each for each in found}.values()) or [EventSourced.metadata]


_ADVICE = "Name the modules in which the models are declared: models = myapp.models, myapp.more"


def _module(name: str, where: str) -> ModuleType:
    try:
        return import_module(name)
    except (ModuleNotFoundError, TypeError) as error:
        missing = getattr(error, "name", None)
        if missing is not None and not f"{name}.".startswith(f"{missing}."):
            raise  # of something that the module imports
        raise WrongModels(
            f"{where}: there is no module {name}. Write it as Python imports it, from the folder that prepend_sys_path in "
            f"the ini file names. {_ADVICE}"
        ) from error


def in_schemas_of(metadata: Sequence[MetaData]) -> Callable[[str | None, str, Mapping[str, Any]], bool]:
    """Return an ``include_name`` that lets through the default schema, those of this metadata, and all names in them."""
    schemas = {table.schema for each in metadata for table in each.tables.values()} | {None}

    def include_name(name: str | None, kind: str, _parents: Mapping[str, Any]) -> bool:
        return kind != "schema" or name in schemas

    return include_name


def _metadata_in(module: ModuleType) -> list[MetaData]:
    found: list[MetaData] = []
    for value in vars(module).values():
        declared = getattr(value, "metadata", None) if _is_declared(value) else value
        if isinstance(declared, MetaData):
            found.append(declared)
    return found


def _is_declared(value: object) -> bool:
    """Return whether it is a declarative base or a mapped class; EventSourced alone is neither."""
    return isinstance(value, type) and (
        isinstance(getattr(value, "registry", None), registry) or hasattr(value, "__osiris__")
    )
