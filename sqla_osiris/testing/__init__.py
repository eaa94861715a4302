"""Property tests of reducers, models and stores: ``pip install 'sqla_osiris[testing]'``.

``check_reducer`` and ``check_model`` look for a counter-example to the laws of the fold; ``events`` makes a model's events;
``RepositoryMachine`` drives a repository against the one in memory. The promises that a store must keep, as named tests, are
in :mod:`sqla_osiris.testing.conformance`. Works under pytest and unittest alike.
"""

try:
    import hypothesis as _hypothesis  # noqa: F401
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        "sqla_osiris.testing needs Hypothesis: pip install 'sqla_osiris[testing]'", name=_error.name
    ) from _error

from sqla_osiris.errors import LawBroken
from sqla_osiris.testing.machine import RepositoryMachine
from sqla_osiris.testing.model_laws import check_model
from sqla_osiris.testing.reducer_laws import check_reducer
from sqla_osiris.testing.strategies import events

__all__ = ["LawBroken", "RepositoryMachine", "check_model", "check_reducer", "events"]
