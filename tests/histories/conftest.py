"""The servers of the tests, for rounds."""

from collections.abc import Iterator

import pytest

from tests.histories.grounds import Servers

SESSION_FIXTURES = {
    "postgresql": "postgresql_url",
    "mariadb": "mariadb_url",
    "mongodb": "mongodb_url",
    "dynamodb": "dynamodb_url",
}


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Iterator[Servers]:
    """Those that other tests use, too, started when they are asked for."""
    with _Shared(request) as shared:
        yield shared


class _Shared(Servers):
    def __init__(self, request: pytest.FixtureRequest) -> None:
        super().__init__()
        self._request = request

    def url(self, kind: str) -> str:
        if kind in SESSION_FIXTURES:
            return str(self._request.getfixturevalue(SESSION_FIXTURES[kind]))
        return super().url(kind)
