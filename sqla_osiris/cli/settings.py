"""Where do the models and the URL come from? Options, the environment, pyproject.toml, alembic.ini, in this order."""

import sys
import tomllib
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from configparser import Error as WrongINI
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import registry

from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.schema.log import Log

__all__ = ["Settings", "existing", "model_of", "settings_of"]

_MODELS_ADVICE = (
    "Name the modules in which models are declared: --models myapp.models, the environment variable OSIRIS_MODELS, or "
    'models = ["myapp.models"] under [tool.sqla_osiris] in pyproject.toml.'
)
_URL_ADVICE = (
    "Name the store: --url sqlite:///hr.db, the environment variable OSIRIS_URL, or url = … under [tool.sqla_osiris] in "
    "pyproject.toml; sqlalchemy.url in alembic.ini is read, too."
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The modules of the models, and the store's URL, as far as they are known; ``where`` the modules are named."""

    modules: tuple[str, ...]
    url: str | None
    where: str

    def required_url(self) -> str:
        """Return the URL. Raises OsirisError where there is none."""
        if not self.url:
            raise OsirisError(f"No store is named. {_URL_ADVICE}")
        return self.url

    def models(self) -> dict[str, type[Any]]:
        """Import the modules, and return the models of their metadata by name, in the order of the names.

        A name that two modules give to their models has its module in front of it. Raises OsirisError for a module that
        is not there or has no models; what a module raises itself, other than for a missing one, passes unchanged.
        """
        if not self.modules:
            raise OsirisError(f"No models are named. {_MODELS_ADVICE}")
        found: dict[type[Any], None] = {}
        for name in self.modules:
            models = list(_models_in(_module(name, self.where)))
            if not models:
                raise OsirisError(f"{self.where}: {name} declares no event-sourced model. {_MODELS_ADVICE}")
            found.update(dict.fromkeys(models))
        names = [model.__name__ for model in found]
        named = {
            model.__name__
            if names.count(model.__name__) == 1
            else f"{model.__module__}.{model.__name__}": model
            for model in found
        }
        return dict(sorted(named.items()))


def settings_of(models: str | None, url: str | None) -> Settings:
    """Return what is given, and for the rest what the nearest folder says that has a file with settings."""
    given = tuple(_names(models)) if models else ()
    if given and url:
        return Settings(given, url, "--models")
    for folder in (Path.cwd(), *Path.cwd().parents):
        for file, read in (("pyproject.toml", _project), ("alembic.ini", _ini)):
            found = read(folder / file) if (folder / file).is_file() else {}
            if found:
                modules = given or tuple(_names(found.get("models") or ()))
                return Settings(modules, url or found.get("url"), "--models" if given else str(folder / file))
    return Settings(given, url, "--models")


def model_of(models: Mapping[str, type[Any]], name: str) -> type[Any]:
    """Return the model of this name; ``module.Name`` is taken, too. Raises OsirisError, which names those that there are."""
    found = models.get(name) or next(
        (model for model in models.values() if f"{model.__module__}.{model.__name__}" == name), None
    )
    if found is None:
        near = get_close_matches(name, models, 1, 0.5)
        meant = f" Is {near[0]} meant?" if near else ""
        raise OsirisError(f"There is no model {name}.{meant} The models are: {', '.join(models)}.")
    return found


def existing(url: str) -> str:
    """Return the URL. Raises OsirisError where it is one of a file that is not there: a driver would make an empty one."""
    try:
        parsed = make_url(url)
        in_files = database_of(parsed.get_dialect()()).in_files
    except (ArgumentError, ValueError, NoSuchModuleError, ModuleNotFoundError, OsirisError):
        return url  # of another store, or repository() says what is wrong with it
    name = parsed.database
    if in_files and name and name != ":memory:" and not name.startswith("file:") and not Path(name).is_file():
        raise OsirisError(
            f"There is no database file {name} (looked for from {Path.cwd()}). Give the URL of the one that is meant; "
            "migrations, or create() of a repository, make a new one."
        )
    return url


def _names(given: str | list[str] | tuple[str, ...]) -> Iterator[str]:
    parts = given.split(",") if isinstance(given, str) else given
    return filter(None, (str(part).strip() for part in parts))


def _project(file: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("sqla_osiris", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OsirisError(f"{file} cannot be read: {error}.") from error
    if unknown := table.keys() - {"models", "url"}:
        raise OsirisError(
            f"{file}: [tool.sqla_osiris] has {', '.join(sorted(unknown))}; it takes models and url."
        )
    return dict(table)


def _ini(file: Path) -> dict[str, Any]:
    parser = ConfigParser({"here": str(file.parent)})
    try:
        parser.read_string(file.read_text(encoding="utf-8"))
        options = {"models": "models", "url": "sqlalchemy.url"}
        found = {name: parser.get("alembic", option, fallback=None) for name, option in options.items()}
    except WrongINI as error:
        # The text of the error quotes lines, of which one may have a password.
        raise OsirisError(f"{file} cannot be read: {type(error).__name__}.") from None
    return {name: value for name, value in found.items() if value}


def _module(name: str, where: str) -> ModuleType:
    """Import a module as a program that is started in this folder does: a console script has another path."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return import_module(name)
    except (ModuleNotFoundError, TypeError, ValueError) as error:
        missing = getattr(error, "name", None)
        if missing is not None and not f"{name}.".startswith(f"{missing}."):
            raise OsirisError(
                f"{where}: {name} imports {missing}, which is not installed in {sys.prefix}. Install it there, or start "
                "osiris from the environment of the application."
            ) from error
        raise OsirisError(
            f"{where}: there is no module {name}. Write it as Python imports it from the folder {here}. {_MODELS_ADVICE}"
        ) from error


def _models_in(module: ModuleType) -> Iterator[type[Any]]:
    """Yield the models that the module has, and all that share a base with one, or with a base, of its."""
    for value in list(vars(module).values()):
        if not isinstance(value, type):
            continue
        if isinstance(vars(value).get("__osiris__"), Log):
            yield value
        mapped = getattr(value, "registry", None)
        for mapper in mapped.mappers if isinstance(mapped, registry) else ():
            if isinstance(vars(mapper.class_).get("__osiris__"), Log):
                yield mapper.class_
