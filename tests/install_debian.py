"""Unpacks a server or a Python of another Debian suite into `.debian/`, for the tests. Nothing of the system changes.

    python -P tests/install_debian.py mysql-9.7 python-3.14

The packages come from the mirror that this machine's apt uses, checked with apt's own keys, with all that they depend
on; their scripts are not run. Each program is started by the loader of its own suite, with that suite's libraries.
No root is needed, only apt and dpkg.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["FOLDER", "SUITES", "NotToBeHad", "installed", "unpacked"]

FOLDER = Path(os.environ.get("OSIRIS_TEST_DEBIAN") or Path(__file__).parents[1] / ".debian")
SUITES = {
    "mariadb-10.5": ("bullseye", "mariadb-server-core-10.5", "mariadb-client-core-10.5"),
    "mariadb-10.11": ("bookworm", "mariadb-server-core", "mariadb-client-core"),
    "mariadb-11.8": ("trixie", "mariadb-server-core", "mariadb-client-core"),
    "mysql-9.7": ("sid", "mysql-server-core"),
    "postgresql-13": ("bullseye", "postgresql-13"),
    "postgresql-15": ("bookworm", "postgresql-15"),
    "postgresql-17": ("trixie", "postgresql-17"),
    "postgresql-18": ("sid", "postgresql-18"),
    "python-3.13": ("trixie", "python3.13-venv"),
    "python-3.14": ("sid", "python3.14-venv"),
    "python-3.15": ("sid", "python3.15-venv"),
}
"""Debian's suite, and the packages of it. A suite moves on: what a folder is named after is checked when it is used."""

_LAID_OUT = ("bin", "sbin", "lib", "lib64")
_STARTED_BY_LOADER = """#!/bin/sh
real=$(readlink -f "$0")
root=${{real%/usr/*}}
exec "$root/{loader}" --library-path "$root/{libraries}" {named} "$real.elf" "$@"
"""


class NotToBeHad(RuntimeError):
    """The packages cannot be fetched or unpacked here."""


def installed(name: str) -> Path:
    """The folder of what was unpacked; raise NotToBeHad, with the command to run, where it was not."""
    if not (FOLDER / name).is_dir():
        raise NotToBeHad(f"there is no {FOLDER / name}; run `python -P tests/install_debian.py {name}`")
    return FOLDER / name


def unpacked(name: str) -> Path:
    """The same, fetched now where it is missing."""
    if (FOLDER / name).is_dir():
        return FOLDER / name
    if name not in SUITES:
        raise NotToBeHad(f"not known; there are {', '.join(SUITES)}")
    suite, *packages = SUITES[name]
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as temporary:
        root = Path(temporary) / "root"
        for directory in _LAID_OUT:
            (root / "usr" / directory).mkdir(parents=True)
            (root / directory).symlink_to(f"usr/{directory}")
        for package in _fetched(suite, packages, Path(temporary)):
            _unpack(package, root)
        _start_by_loader(root)
        _have_pip(root, FOLDER / name)
        # Renamed at once: a second installer, or a crash, never leaves half a folder.
        if not (FOLDER / name).exists():
            root.rename(FOLDER / name)
    return FOLDER / name


def _fetched(suite: str, packages: list[str], folder: Path) -> list[Path]:
    """The files of the packages and of all that they depend on, as if nothing were installed."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise NotToBeHad(f"Debian's {', '.join(packages)} needs apt-get and dpkg-deb")
    (folder / "lists" / "partial").mkdir(parents=True)
    (folder / "cache" / "archives" / "partial").mkdir(parents=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text(f"deb {_mirror()} {suite} main\n", encoding="utf-8")
    configuration = {
        "Dir::Etc::SourceList": folder / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": folder / "lists",
        "Dir::State::Status": folder / "status",
        "Dir::Cache": folder / "cache",
        "APT::Install-Recommends": "0",
        "APT::Sandbox::User": "root",
        "Acquire::Check-Valid-Until": "false",  # an old suite's index is signed no more
        "Debug::NoLocking": "1",
    }
    options = [f"-o{key}={value}" for key, value in configuration.items()]
    _run("apt-get", *options, "-qq", "update")
    _run("apt-get", *options, "-qq", "-y", "--download-only", "install", *packages)
    return sorted((folder / "cache" / "archives").glob("*.deb"))


def _mirror() -> str:
    """The first that this machine's apt is set to, which holds all suites."""
    told = _run("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages")
    mirrors = [line for line in told.splitlines() if "security" not in line]
    if not mirrors:
        raise NotToBeHad("apt is set to no mirror of Debian")
    return mirrors[0]


def _unpack(package: Path, root: Path) -> None:
    left_out = [f"--exclude=./usr/share/{folder}" for folder in ("doc", "locale", "man")]
    read = ["dpkg-deb", "--fsys-tarfile", package]
    # An older suite's /lib is a folder: its files go where the link leads.
    write = ["tar", "-x", "--no-same-owner", "--keep-directory-symlink", "-C", root, *left_out]
    with subprocess.Popen(read, stdout=subprocess.PIPE) as archive:
        subprocess.run(write, stdin=archive.stdout, check=True)
    if archive.returncode:
        raise NotToBeHad(f"{package.name} cannot be unpacked")
    package.unlink()


def _start_by_loader(root: Path) -> None:
    """Lay a script over each program: this machine's loader has another suite's C library."""
    (loader,) = root.glob("usr/lib/*/ld-linux*.so.*")
    # By its name a Python knows its virtual environment. Loaders before glibc 2.33 cannot name a program.
    named = '--argv0 "$0"' if b"--argv0" in loader.read_bytes() else ""
    script = _STARTED_BY_LOADER.format(
        loader=loader.relative_to(root), libraries=loader.parent.relative_to(root), named=named
    )
    for folder in (root / "usr/bin", root / "usr/sbin", *root.glob("usr/lib/postgresql/*/bin")):
        for program in folder.iterdir():
            if program.is_symlink() or program.read_bytes()[:4] != b"\x7fELF":
                continue
            program.rename(f"{program}.elf")
            program.write_text(script, encoding="utf-8")
            program.chmod(0o755)


def _have_pip(root: Path, final: Path) -> None:
    """Have a Python's `venv` find pip: Debian's looks for its wheel in the system's folder."""
    for settings in root.glob("usr/lib/python3*/_sysconfigdata_*.py"):
        wheels = "/usr/share/python-wheels"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace(f"'{wheels}", f"'{final}{wheels}"), encoding="utf-8")


def _run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotToBeHad(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout


if __name__ == "__main__":
    try:
        for asked in sys.argv[1:]:
            unpacked(asked)
    except NotToBeHad as reason:
        sys.exit(f"{asked}: {reason}")
