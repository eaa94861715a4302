"""Copies one SQLite log into another, in pages of few events: a process for test_copy to kill."""

import sys

from sqlalchemy import create_engine

from sqla_osiris import SQLRepository, copy
from sqla_osiris.repositories import copying
from tests.repositories.models import EveryEmployee

if __name__ == "__main__":
    vars(copying).update(_EVENTS_A_PAGE=50, _ROWS_A_PAGE=50)
    source, target = (SQLRepository(EveryEmployee, create_engine(url)) for url in sys.argv[1:])

    def tell(said: object) -> None:
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()

    tell("started")
    copy(source, target, progress=tell)
    tell("finished")
