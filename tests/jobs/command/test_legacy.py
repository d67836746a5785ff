"""The commands of earlier systems mean what they always meant."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import requests
from buildhub.settings import Settings

from tests.jobs.command.processes import shell
from tests.jobs.conftest import AUTH, row, stored

FOLDER = "pub/firefox/releases/56.0b12/win32"
OLD, YOUNG = (
    f"{datetime.now(UTC) - timedelta(hours=hours):%Y-%m-%dT%H:%M:%S.000Z}" for hours in (72, 24)
)
ROWS = "".join(
    row(f"{FOLDER}/{locale}/Firefox+Setup+56.0b12.exe", modified=modified)
    for locale, modified in (("fr", OLD), ("en-US", YOUNG))
)
# A build without metadata in the archive, and so without a build ID.
INCOMPLETE = row("pub/firefox/releases/1.5/linux-i686/fr/firefox-1.5.tar.gz")


@pytest.fixture
def settings(
    make_settings: Callable[..., Settings], live_server: str, sample_archive: str
) -> Settings:
    return make_settings(SERVER_URL=live_server, ARCHIVE_URL=sample_archive)


def ids(output: str) -> set[str]:
    lines = [json.loads(line) for line in output.splitlines()]
    return {line.get("data", line)["id"].rpartition("_")[2] for line in lines}


# Command, variables, and the locales of the records that are printed.
AGES = [
    ("inventory-to-records", {}, {"fr", "en-us"}),
    ("inventory-to-records", {"MIN_AGE_LAST_MODIFIED_HOURS": "0"}, {"fr", "en-us"}),
    ("inventory-to-records", {"MIN_AGE_LAST_MODIFIED_HOURS": "48"}, {"en-us"}),
    ("buildhub records", {"MIN_AGE_HOURS": "48"}, {"fr"}),
    ("buildhub records --min-age-hours 48", {}, {"fr"}),
]


@pytest.mark.parametrize(("command", "variables", "locales"), AGES)
def test_the_age_of_files(
    command: str, variables: dict[str, str], locales: set[str], settings: Settings
) -> None:
    done = shell(command, settings, ROWS, **variables)
    assert done.returncode == 0, done.stderr
    assert ids(done.stdout) == locales


@pytest.mark.parametrize("command", ["records", "load", "walk", "audit"])
def test_new_commands_refuse_the_old_variable(command: str, settings: Settings) -> None:
    done = shell(f"buildhub {command}", settings, ROWS, MIN_AGE_LAST_MODIFIED_HOURS="48")
    assert (done.returncode, done.stdout) == (2, "")
    assert "is MIN_AGE_HOURS meant" in done.stderr


# Command, and whether it prints envelopes, and incomplete records.
OUTPUTS = [
    ("inventory-to-records", True, False),
    ("inventory-to-records --offline", True, True),
    ("buildhub records", False, True),
]


@pytest.mark.parametrize(("command", "has_envelope", "has_incomplete"), OUTPUTS)
def test_what_is_printed(
    command: str, has_envelope: bool, has_incomplete: bool, settings: Settings
) -> None:
    done = shell(command, settings, ROWS + INCOMPLETE)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line.keys() == {"data"} for line in lines} == {has_envelope}
    assert len(lines) == 2 + has_incomplete


OPTIONS = [
    "--skip",
    "--retry 3",
    "-D",
    "--debug",
    "-q",
    "--quiet",
    "-v",
    "--verbose",
    "--skip --retry 0 -q -D",
]


@pytest.mark.parametrize("options", OPTIONS)
def test_options_of_to_kinto(options: str, settings: Settings) -> None:
    done = shell(f"to-kinto {options}", settings, "")
    assert done.returncode == 0, done.stderr
    assert bool(done.stdout) == ("-q" not in options)


@pytest.mark.parametrize("options", ["-D", "--debug", "--debug --skip-incomplete"])
def test_options_of_inventory_to_records(options: str, settings: Settings) -> None:
    done = shell(f"inventory-to-records {options}", settings, ROWS)
    assert done.returncode == 0, done.stderr
    assert ids(done.stdout) == {"fr", "en-us"}


def test_lines_with_permissions_and_without_an_id(settings: Settings) -> None:
    printed = shell("inventory-to-records", settings, ROWS).stdout
    first, second = (json.loads(line) for line in sorted(printed.splitlines()))
    del first["data"]["id"]
    second["permissions"] = {"write": ["account:colleague"]}
    lines = f"{json.dumps(first)}\n{json.dumps(second)}\n"
    for _ in range(2):
        done = shell("to-kinto", settings, lines)
        assert done.returncode == 0, done.stderr
    found = stored(settings)
    assert len(found) == 3, "each time, a record without an ID gets a new one"
    url = (
        f"{settings.server_url}/buckets/{settings.bucket_id}/collections/"
        f"{settings.collection_id}/records/{second['data']['id']}"
    )
    answer = requests.get(url, auth=tuple(AUTH.split(":")), timeout=10).json()
    assert "account:colleague" in answer["permissions"]["write"]
