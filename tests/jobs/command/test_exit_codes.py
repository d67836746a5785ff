"""How commands end, as a shell and cron see it: exit codes, and what is printed."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
import requests
from buildhub.settings import Settings
from buildhub.walk.state_file import open_state, state_path

from tests.jobs.command.processes import shell
from tests.stand_ins.programs import free_port


@pytest.fixture
def settings(
    make_settings: Callable[..., Settings], live_server: str, sample_archive: str
) -> Settings:
    return make_settings(SERVER_URL=live_server, ARCHIVE_URL=sample_archive)


PUBLISHING = [
    "buildhub load",
    "buildhub load /missing/manifest.json",
    "buildhub walk",
    "buildhub listen --once --queue http://127.0.0.1:1/queue",
    "LISTEN_TOKEN=x buildhub listen --port $PORT_TO_USE",
    "to-kinto",
    "latest-inventory-to-kinto",
    "buildhub init",
    "buildhub audit --repair",
]


@pytest.mark.parametrize("command", PUBLISHING)
def test_without_an_account_nothing_is_read(command: str, settings: Settings) -> None:
    done = shell(command, settings, "{}", AUTH="", AUTH_FILE="", PORT_TO_USE=str(free_port()))
    assert done.returncode == 2, done.stderr
    assert "needs credentials: set AUTH, BUILDHUB_TOKEN" in done.stderr
    assert done.stdout == ""


COLLEAGUE = "colleague:secret"


@pytest.mark.parametrize(
    "command", ["buildhub load /missing/manifest.json", "buildhub walk", "to-kinto"]
)
def test_without_the_right_to_write_nothing_is_read(command: str, settings: Settings) -> None:
    assert shell("buildhub init", settings).returncode == 0
    done = shell(command, settings, "not JSON\n", AUTH=COLLEAGUE, INITIALIZE_SERVER="false")
    assert done.returncode == 3, done.stderr
    assert "does not allow writing to" in done.stderr
    assert "writing as 'colleague'" in done.stderr
    assert "read 0," in done.stdout + done.stderr


def test_a_refused_init_claims_nothing(settings: Settings) -> None:
    first = shell("buildhub init", settings)
    assert first.stdout.count("create /buckets/") == 3
    again = shell("buildhub init", settings, AUTH=COLLEAGUE)
    assert (again.returncode, again.stdout) == (3, "")


def test_changed_descriptions_are_one_line(settings: Settings) -> None:
    shell("buildhub init", settings)
    url = f"{settings.server_url}/buckets/{settings.bucket_id}/collections/releases"
    auth = ("publisher", "secret")
    schema = requests.get(url, auth=auth, timeout=10).json()["data"]["schema"]
    old = json.loads(json.dumps(schema).replace('"description": "', '"description": "Old: '))
    requests.patch(url, json={"data": {"schema": old}}, auth=auth, timeout=10).raise_for_status()
    done = shell("buildhub init", settings)
    count = json.dumps(schema).count('"description": "')
    path = f"/buckets/{settings.bucket_id}/collections/releases"
    assert done.stdout == f"{path}: change {count} descriptions\n"


def test_a_second_walk_has_an_exit_code_of_its_own(settings: Settings) -> None:
    with open_state(settings):
        done = shell("buildhub walk", settings)
        quiet = shell("buildhub walk --quiet", settings)
    assert (done.returncode, done.stdout) == (4, "")
    assert "another walk to this collection is running" in done.stderr
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (4, "", "")


def test_a_quiet_run_prints_nothing_if_all_is_done(settings: Settings) -> None:
    done = shell("buildhub walk -q --version 56.0b12", settings)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_quiet_run_prints_what_failed(settings: Settings) -> None:
    away = replace(settings, archive_url=f"http://127.0.0.1:{free_port()}/")
    done = shell("buildhub walk -q", away, NB_RETRY_REQUEST="0")
    assert done.returncode == 3
    assert "buildhub: " in done.stderr


def test_a_walk_state_of_another_version_leads_to_a_full_walk(settings: Settings) -> None:
    path = state_path(settings)
    path.parent.mkdir(parents=True)
    old = "CREATE TABLE folder (path TEXT PRIMARY KEY, etag TEXT, asked REAL NOT NULL, page BLOB)"
    done = shell(
        f"python -c \"import sqlite3; sqlite3.connect('{path}').execute('{old}')\"", settings
    )
    assert done.returncode == 0, done.stderr
    walks = [shell("buildhub walk --version 56.0b12", settings) for _ in range(2)]
    assert [walk.returncode for walk in walks] == [0, 0], walks[0].stderr
    assert walks[0].stderr.count("walk_state_from_other_version") == 1
    assert "walk_state_from_other_version" not in walks[1].stderr
