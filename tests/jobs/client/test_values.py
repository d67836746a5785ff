"""Values of the client: how they compare, and what a type checker says of a program with them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from buildhub.client.parsing import parse_record
from buildhub.client.values import Version

from tests.conftest import make_record
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
        try:
            print(versions, official, size, url, newest(list(hub.builds(version="53.0b9"))))
        except NotIndexedYet as error:
            print(error.complete_until)


async def run() -> None:
    async with AsyncBuildHub() as hub:
        async for record in hub.builds(locale="fr"):
            print(record.version > "53.0b9", (await hub.coverage()).complete_until)


main()
asyncio.run(run())
"""


def test_versions_compare_as_versions() -> None:
    versions = ["53.0", "53.0b10", "53.0b9", "53.0b9rc1", "53.0.1", "53.0a1"]
    assert sorted(map(Version, versions)) == [
        "53.0a1", "53.0b9rc1", "53.0b9", "53.0b10", "53.0", "53.0.1",
    ]  # fmt: skip
    assert Version("53.0b9") < "53.0b10" <= Version("53.0b10") > "53.0b9"
    assert {Version("53.0"): 1}["53.0"] == 1


def test_records_compare_by_version_then_build_id() -> None:
    old, young, other = (
        parse_record(
            {**make_record(target__version=version, build__id=build_id), "last_modified": 1}
        )
        for version, build_id in (("53.0b9", "20170403"), ("53.0b9", "20170404"), ("53.0b10", ""))
    )
    assert sorted([other, young, old]) == [old, young, other]
    assert max(old, other) is other


WRONG = """
from buildhub import BuildHub

BuildHub().count(vesion="53.0")
size: str = BuildHub().before("2017").download.size
"""


@pytest.mark.parametrize(
    ("text", "verdict"),
    [pytest.param(PROGRAM, "Success", id="right"), pytest.param(WRONG, "Found 2 ", id="wrong")],
)
def test_what_a_type_checker_says_of_a_users_program(
    tmp_path: Path, text: str, verdict: str
) -> None:
    program = tmp_path / "program.py"
    program.write_text(text)
    options = ("--strict", "--follow-imports=silent", "--cache-dir", str(tmp_path))
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", *options, str(program)],
        cwd=tmp_path,
        # What is installed for development is found by import hooks, which mypy does not run.
        env={"MYPYPATH": os.pathsep.join(map(str, {*PACKAGES.values()}))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert verdict in checked.stdout, checked.stdout + checked.stderr
