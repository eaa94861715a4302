"""MariaDB and MySQL for tests and benchmarks: where do they come from, who starts and stops them?

MariaDB comes from the system's packages (`.ci/run` installs Debian's `mariadb-server`; its own service is not used), MySQL
from another Debian suite (tests/install_debian.py). `OSIRIS_TEST_MARIADB_BASEDIR` and `OSIRIS_TEST_MYSQL_BASEDIR` name
the `usr` folder of another version; `OSIRIS_TEST_MARIADB_URL` and `OSIRIS_TEST_MYSQL_URL` (read by conftest) a server
that already runs.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_connection

from tests.install_debian import NotToBeHad, installed
from tests.server_processes import (
    ATTEMPTS,
    SECONDS_TO_START,
    SECONDS_TO_STOP,
    ServerMissing,
    as_server_user,
    free_port,
    give_to_server_user,
    interrupt_on_sigterm,
    reachable,
    run,
    server_folder,
)

__all__ = ["mariadb_server", "mysql_server"]

MYSQL = "mysql-9.7"
# Tables live as long as a test: statistics that outlive the server cost more than its CREATE TABLE.
NOT_DURABLE = [
    *("--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--innodb-doublewrite=0"),
    "--innodb-stats-persistent=0",
]
# PyMySQL prepares TLS for each connection, whatever the server offers: 30 ms, for tests that open thousands.
URL = "{driver}://root@127.0.0.1:{port}/mysql?ssl_disabled=true"


@contextmanager
def mariadb_server(*, durable: bool) -> Iterator[str]:
    """The SQLAlchemy URL (PyMySQL) of a fresh MariaDB, as its superuser; the server ends with the block.

    Its character set and collation are the server's own defaults. ``durable`` as for PostgreSQL. Raises ServerMissing.
    """
    with _folder_for("mariadb", durable=durable) as folder:
        basedir = _mariadb_basedir(folder)
        server, install = _program(basedir, "mariadbd"), _program(basedir, "mariadb-install-db")
        unguarded = ["--auth-root-authentication-method=normal", "--skip-test-db"]
        # A server that starts removes what it takes for its own remains in the temporary folder.
        own = [*_based(basedir), f"--datadir={folder / 'data'}", f"--tmpdir={folder}"]
        run("MariaDB", folder, install, "--no-defaults", *own, *unguarded)
        options = [] if durable else NOT_DURABLE
        with _running("MariaDB", folder, [server, "--no-defaults", *own, *options]) as port:
            yield URL.format(driver="mariadb+pymysql", port=port)


@contextmanager
def mysql_server(*options: str, durable: bool) -> Iterator[str]:
    """The same of a fresh MySQL. Without ``durable`` it has no binary log, which would fill the memory it is in.

    ``options`` are further ones of its own, which it is initialised with too.
    """
    with _folder_for("mysql", durable=durable) as folder:
        basedir = _mysql_basedir(folder)
        server = _program(basedir, "mysqld")
        own = [*_based(basedir), f"--datadir={folder / 'data'}", f"--tmpdir={folder}", *options]
        run("MySQL", folder, server, "--no-defaults", "--initialize-insecure", *own)
        own += ["--mysqlx=OFF", "--secure-file-priv=NULL"]
        own += [] if durable else ["--skip-log-bin", *NOT_DURABLE]
        with _running("MySQL", folder, [server, "--no-defaults", *own]) as port:
            yield URL.format(driver="mysql+pymysql", port=port)


@contextmanager
def _folder_for(name: str, *, durable: bool) -> Iterator[Path]:
    interrupt_on_sigterm()
    folder = server_folder(name, durable=durable)
    try:
        give_to_server_user(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _mariadb_basedir(folder: Path) -> Path | None:
    """The one that is named; None is the system's own, which PATH leads to."""
    named = os.environ.get("OSIRIS_TEST_MARIADB_BASEDIR")
    return reachable("MariaDB", Path(named, "sbin/mariadbd"), folder).parents[1] if named else None


def _mysql_basedir(folder: Path) -> Path:
    named = os.environ.get("OSIRIS_TEST_MYSQL_BASEDIR")
    try:
        basedir = Path(named) if named else installed(MYSQL) / "usr"
    except NotToBeHad as reason:
        raise ServerMissing(
            "MySQL", f"{reason}, or set OSIRIS_TEST_MYSQL_URL to a running server"
        ) from reason
    return reachable("MySQL", basedir / "sbin/mysqld", folder).parents[1]


def _based(basedir: Path | None) -> list[str]:
    return [f"--basedir={basedir}"] if basedir else []


def _program(basedir: Path | None, name: str) -> Path:
    places = (
        f"{basedir}/sbin:{basedir}/bin"
        if basedir
        else f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    )
    found = shutil.which(name, path=places)
    if found is None:
        raise ServerMissing(
            "MariaDB",
            f"{name} is not installed; as root, apt-get install --no-install-recommends mariadb-server, "
            "or set OSIRIS_TEST_MARIADB_URL to a running server",
        )
    return Path(found)


@contextmanager
def _running(name: str, folder: Path, command: list[str | Path]) -> Iterator[int]:
    """Its port, while it runs."""
    process, port = _start(name, folder, command)
    try:
        yield port
    finally:
        _stop(process)


def _start(name: str, folder: Path, command: list[str | Path]) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(ATTEMPTS):
        port = free_port()
        listening = [f"--port={port}", "--bind-address=127.0.0.1"]
        files = [f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}"]
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [*command, *listening, *files],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **as_server_user(),
            )
        if _answers(process, port):
            return process, port
        _stop(process)
    said = (folder / "log").read_text(errors="replace")[-2000:]
    raise ServerMissing(name, f"{command[0]} did not start:\n{said}")


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether the process comes to greet on the port. A port that another took first ends the process."""
    deadline = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), create_connection(("127.0.0.1", port), timeout=1) as connection:
            if connection.recv(1):
                return True
        time.sleep(0.05)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
