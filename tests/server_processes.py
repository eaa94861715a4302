"""How is a server's process started for a test, as whom, where, and what is said if it cannot be had?

What the servers of tests/servers.py and tests/mysql_servers.py have in common.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

__all__ = [
    "ATTEMPTS",
    "SECONDS_TO_START",
    "SECONDS_TO_STOP",
    "ServerMissing",
    "as_server_user",
    "free_port",
    "give_to_server_user",
    "interrupt_on_sigterm",
    "reachable",
    "run",
    "server_folder",
]

# PostgreSQL, MariaDB and MySQL refuse to run as root, and `nobody` exists everywhere; no account is created.
UNPRIVILEGED_USER = "nobody"
ATTEMPTS = 3
SECONDS_TO_START = 60
SECONDS_TO_STOP = 30
_MEMORY, _MEMORY_WANTED = Path("/dev/shm"), 8_000_000_000  # noqa: S108


class ServerMissing(RuntimeError):
    """A server cannot be found or started. What becomes of the tests that need it, tests/missing.py says."""

    def __init__(self, server: str, why: str) -> None:
        super().__init__(server, why)
        self.server, self.why = server, why

    def __str__(self) -> str:
        return f"{self.server}: {self.why}"


def server_folder(name: str, *, durable: bool) -> Path:
    """A new folder: in memory, where there is much of it, if the data need not reach a disk."""
    roomy = not durable and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _MEMORY_WANTED
    return Path(tempfile.mkdtemp(prefix=f"osiris-{name}-", dir=_MEMORY if roomy else None))


def interrupt_on_sigterm() -> None:
    # By default SIGTERM ends Python without its `finally` blocks, and the server would outlive its tests.
    ours_to_set = threading.current_thread() is threading.main_thread()
    if ours_to_set and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def reachable(server: str, program: Path, folder: Path) -> Path:
    """The program where the server's user may execute it: a checkout below root's home is closed to it."""
    try:
        run(server, folder, program, "--version")
    except PermissionError:
        tree = _tree(program)
        # The program looks for its libraries in the tree, or beside it.
        for part in (tree, tree.with_name(f"{tree.name}.libs")):
            if part.is_dir():
                shutil.copytree(part, folder / part.name, symlinks=True)
        return folder / tree.name / program.relative_to(tree)
    return program


def _tree(program: Path) -> Path:
    """The folder that holds all of a server: one that Debian's packages were unpacked into, or the wheel's package."""
    usr = [folder for folder in program.parents if folder.name == "usr"]
    return usr[0].parent if usr else program.parents[2]


def run(server: str, folder: Path, *command: str | Path) -> None:
    # Output goes to a file: the server inherits it, and a pipe would stay open as long as the server lives.
    with tempfile.TemporaryFile("w+") as output:
        finished = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            **as_server_user(),
        )
        if finished.returncode == 0:
            return
        output.seek(0)
        said = output.read()
    log = folder / "log"
    if log.is_file():
        said += log.read_text(errors="replace")[-2000:]
    raise ServerMissing(server, f"{' '.join(map(str, command))} failed:\n{said}")


def as_server_user() -> dict[str, object]:
    """What subprocess needs to leave root, as setpriv would; nothing for anybody else."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(UNPRIVILEGED_USER)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def give_to_server_user(folder: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(folder, user=UNPRIVILEGED_USER)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
