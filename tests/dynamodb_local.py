"""AWS's own DynamoDB Local for the tests: who starts and stops it?

One process for a test session, in memory, on a free port (of all interfaces: it cannot be told otherwise), stopped by
its own process id. `OSIRIS_TEST_DYNAMODB_URL` names another server, as `dynamodb://key:secret@host:port/?region=...`.
"""

import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.install_dynamodb_local import FOLDER
from tests.server_processes import ServerMissing, free_port, interrupt_on_sigterm

__all__ = ["dynamodb_local"]

SECONDS = 120


@contextmanager
def dynamodb_local() -> Iterator[str]:
    """The `dynamodb://` URL of a fresh server. Raises ServerMissing."""
    java, jar = shutil.which("java"), FOLDER / "DynamoDBLocal.jar"
    if java is None or not jar.is_file():
        missing = "java" if java is None else str(jar)
        raise ServerMissing(
            "DynamoDB Local",
            f"there is no {missing}; run `python -P tests/install_dynamodb_local.py`, or set "
            "OSIRIS_TEST_DYNAMODB_URL to a running server",
        )
    interrupt_on_sigterm()
    with tempfile.TemporaryDirectory(prefix="osiris-dynamodb-") as folder:
        port = free_port()
        log = Path(folder) / "log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                [
                    java,
                    # It lives for minutes: less compiling costs less than it would gain.
                    *("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
                    f"-Djava.library.path={FOLDER / 'DynamoDBLocal_lib'}",
                    "-jar",
                    str(jar),
                    *("-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)),
                ],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_for(server, port, log)
            yield f"dynamodb://osiris:osiris@127.0.0.1:{port}/?region=eu-west-1"
        finally:
            server.terminate()
            server.wait()


def wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
        except urllib.error.HTTPError:
            return  # it answers, and asks for a signature
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise ServerMissing("DynamoDB Local", f"it did not start:\n{log.read_text(errors='replace')[-2000:]}")
