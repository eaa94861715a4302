"""A migration project on a fresh database, once on each of the databases."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.migrations.project import Project

pytest.register_assert_rewrite("tests.migrations.laws")


@pytest.fixture
def project(engine: Engine, tmp_path: Path) -> Project:
    return Project(tmp_path / "project", engine)
