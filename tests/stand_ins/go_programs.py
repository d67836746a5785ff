"""Programs that are built with Go, from its module proxy, into the cache of the tests.

They stay there for the next run.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.stand_ins.search_servers import CACHE

BUILD_TIMEOUT_SECONDS = 1200
"""The largest of them takes four minutes on two cores with nothing else to do."""

_OLDEST_GO = (1, 26)


class GoMissing(Exception):
    """This machine cannot build a program; the message says why."""


def build(module: str, version: str) -> Path:
    """Return the program of a module, built where that has not been done yet.

    Raises:
        GoMissing: there is no Go that is new enough, or it cannot build it.
    """
    name = module.rpartition("/")[2]

    def install(go: str, scratch: Path) -> list[str]:
        return [go, "install", f"{module}@{version}"]

    return _built(name, version, install)


def build_sources(folder: Path) -> Path:
    """Return the program of sources of our own, with ``go.mod`` and ``go.sum``; raises as `build`.

    Args:
        folder: it is not written to.
    """
    sources = sorted(each for each in folder.iterdir() if each.is_file())
    digest = hashlib.sha256(b"\0".join(each.read_bytes() for each in sources)).hexdigest()[:16]

    def compile_sources(go: str, scratch: Path) -> list[str]:
        return [go, "build", "-C", str(folder), "-mod=readonly", "-o", str(scratch / folder.name)]

    return _built(folder.name, digest, compile_sources)


def _built(name: str, version: str, command: Callable[[str, Path], list[str]]) -> Path:
    """Return a program of the cache, made by a *command* of Go in a folder that it gets."""
    folder = CACHE / f"{name}-{version}"
    program = folder / name
    if program.exists():
        return program
    go = _find_go(name)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        # Of several processes of tests one builds it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                _run(command(go, Path(scratch)), Path(scratch))
                # It appears when it is whole.
                (Path(scratch) / name).replace(program)
    return program


def _find_go(name: str) -> str:
    """Return the command, from our environment or the machine's."""
    places = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    go = shutil.which("go", path=places)
    oldest = ".".join(map(str, _OLDEST_GO))
    if go is None:
        raise GoMissing(f"{name} is built with Go {oldest} or newer, which is missing")
    shown = subprocess.run([go, "version"], capture_output=True, text=True, timeout=60, check=False)
    found = re.search(r"go([0-9]+)\.([0-9]+)", shown.stdout)
    if found is None or (int(found[1]), int(found[2])) < _OLDEST_GO:
        raise GoMissing(f"{name} is built with Go {oldest} or newer, not {shown.stdout.strip()!r}")
    return go


def _run(command: list[str], scratch: Path) -> None:
    done = subprocess.run(
        command,
        env=os.environ | {"GOBIN": str(scratch), "GOFLAGS": "-buildvcs=false"},
        cwd=scratch,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=BUILD_TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise GoMissing(f"{' '.join(command)} failed: {done.stdout[-500:]}")
