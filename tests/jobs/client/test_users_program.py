"""What a program with the client loads, and what type checkers say of it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.imports import PACKAGES

PROGRAM = """
import asyncio
from datetime import date

from buildhub import AsyncBuildHub, BuildHub
from buildhub.client.errors import NotIndexedYet
from buildhub.client.values import Record, Version


def newest(records: list[Record]) -> Record:
    return max(records)


def main() -> None:
    with BuildHub("https://example.org/v1", token="t") as hub:
        versions: tuple[Version, ...] = hub.versions(product="firefox", channel=["beta"])
        official: bool = hub.is_official("20170914084942")
        size: int = hub.before(date(2017, 6, 1)).download.size
        url: str | None = hub.revision("20170914084942").url
        height: int = hub.builds(locale="fr").to_polars().height
        print(height, hub.builds(limit=1).to_pandas().shape)
        try:
            print(versions, official, size, url, newest(list(hub.builds(version="53.0b9"))))
        except NotIndexedYet as error:
            print(error.complete_until)


async def run() -> None:
    async with AsyncBuildHub() as hub:
        async for record in hub.builds(locale="fr"):
            print(record.version > "53.0b9", (await hub.coverage()).complete_until)
        print((await hub.builds(version="53.0b9").to_polars()).columns)


main()
asyncio.run(run())
"""

WRONG = """
from buildhub import BuildHub

BuildHub().count(vesion="53.0")
size: str = BuildHub().before("2017").download.size
"""

FOLDERS = sorted({str(path) for path in PACKAGES.values()})
LOADED = """
import sys
from buildhub import BuildHub

print(*sorted(sys.modules))
"""
NOT_FOR_QUESTIONS = {"aiohttp", "asyncio", "click", "kinto", "pyarrow", "rich", "structlog"}
OURS_FOR_QUESTIONS = {
    "aio", "client", "errors", "setting_parsers", "sqlite_file", "temporary_files",
}  # fmt: skip


def run(*command: str, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def mypy(program: Path) -> str:
    # Of Polars, which takes half a minute to read, the other type checker knows.
    (program.parent / "mypy.ini").write_text("[mypy]\n[mypy-polars.*]\nfollow_imports = skip\n")
    options = ("--strict", "--follow-imports=silent", "--cache-dir", str(program.parent))
    # What is installed for development is found by import hooks, which mypy does not run.
    path = os.pathsep.join(FOLDERS)
    return run("-m", "mypy", *options, str(program), folder=program.parent, MYPYPATH=path)


def pyright(program: Path) -> str:
    settings = {"typeCheckingMode": "strict", "extraPaths": FOLDERS}
    (program.parent / "pyrightconfig.json").write_text(json.dumps(settings))
    options = ("--pythonpath", sys.executable)
    # Else it asks whether there is a newer one.
    quiet = {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    return run("-m", "pyright", *options, str(program), folder=program.parent, **quiet)


VERDICTS = [
    pytest.param(mypy, PROGRAM, "Success", id="mypy-right"),
    pytest.param(mypy, WRONG, "Found 2 ", id="mypy-wrong"),
    pytest.param(pyright, PROGRAM, "0 errors", id="pyright-right"),
    pytest.param(pyright, WRONG, "2 errors", id="pyright-wrong"),
]


@pytest.mark.parametrize(("check", "text", "verdict"), VERDICTS)
def test_what_a_type_checker_says_of_a_users_program(
    tmp_path: Path, check: Callable[[Path], str], text: str, verdict: str
) -> None:
    program = tmp_path / "program.py"
    program.write_text(text)
    said = check(program)
    assert verdict in said, said


def test_a_program_loads_neither_the_jobs_nor_what_is_for_asynchronous_ones(tmp_path: Path) -> None:
    modules = run("-c", LOADED, folder=tmp_path).split()
    assert NOT_FOR_QUESTIONS.isdisjoint(modules)
    ours = {name.split(".")[1] for name in modules if name.startswith("buildhub.")}
    assert ours == OURS_FOR_QUESTIONS
