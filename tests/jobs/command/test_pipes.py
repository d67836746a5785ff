"""The commands as real processes in real pipes, under their new and old names."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from buildhub.settings import Settings
from buildhub_sample_archive import Fault, SampleArchive, running_sample_archive
from buildhub_sample_archive.inventories.store import write_inventories

from tests.jobs.command.processes import environment, shell
from tests.jobs.conftest import row, stored

FOLDER = "pub/firefox/releases/1.5/linux-i686"
ROWS = "".join(
    [
        row(f"{FOLDER}/fr/firefox-1.5.installer.tar.gz"),
        row(f"{FOLDER}/fr/firefox-1.5.tar.gz"),
        row(f"{FOLDER}/de/firefox-1.5.tar.gz"),
        row("pub/firefox/releases/1.5/KEY"),
    ]
)
RELEASE_FOLDER = "pub/firefox/releases/56.0b12/win32"
ROWS_WITH_METADATA = "".join(
    row(f"{RELEASE_FOLDER}/{locale}/Firefox Setup 56.0b12.exe".replace(" ", "+"))
    for locale in ("fr", "en-US")
)


@pytest.fixture
def settings(
    make_settings: Callable[..., Settings], live_server: str, sample_archive: str
) -> Settings:
    return make_settings(SERVER_URL=live_server, ARCHIVE_URL=sample_archive)


def test_records_prints_a_record_a_line_and_one_file_an_id(settings: Settings) -> None:
    done = shell("buildhub records -v", settings, ROWS)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert {record["id"] for record in records} == {
        "firefox_1-5_linux-i686_fr",
        "firefox_1-5_linux-i686_de",
    }
    assert f"conflict {FOLDER}/fr/firefox-1.5.installer.tar.gz: " in done.stderr
    assert "skipped signature: 1" in done.stderr


def test_the_old_names_work_in_a_pipe(settings: Settings) -> None:
    command = "inventory-to-records | to-kinto --collection old --auth publisher:secret"
    for counts in ("created 2, updated 0, unchanged 0", "created 0, updated 0, unchanged 2"):
        done = shell(command, settings, ROWS_WITH_METADATA, AUTH="")
        assert done.returncode == 0, done.stderr
        assert counts in done.stdout


def test_to_kinto_understands_records_in_an_envelope(settings: Settings) -> None:
    command = """buildhub records --offline | sed 's/.*/{"data": &}/' | to-kinto"""
    done = shell(command, settings, ROWS)
    assert done.returncode == 0, done.stderr
    assert len(stored(settings)) == 2


def test_to_kinto_takes_the_preferred_file_whatever_the_order_of_its_lines(
    settings: Settings,
) -> None:
    loser, winner, *_ = ROWS.splitlines(keepends=True)
    for rows in (loser, winner, loser):
        done = shell("buildhub records --offline | to-kinto", settings, rows)
        assert done.returncode == 0, done.stderr
    (record,) = stored(settings).values()
    assert record["download"]["url"].endswith("/firefox-1.5.tar.gz")


def test_to_kinto_counts_lines_that_are_no_records(settings: Settings) -> None:
    done = shell("to-kinto", settings, 'no json\n[]\n\n{"a": 1}\n')
    assert done.returncode == 1
    assert "unsettled 2 (unreadable-line 2)" in done.stdout
    assert "invalid 1" in done.stdout


def test_to_kinto_survives_lines_that_are_not_utf_8(settings: Settings) -> None:
    done = shell(r"""printf '\377\n%s\n' '{"id": "x"}' | to-kinto""", settings)
    assert "Traceback" not in done.stderr
    assert "unreadable-line 1" in done.stdout


def test_latest_inventory_to_kinto_needs_nothing_but_variables(
    settings: Settings, sample_archive: str, tmp_path: Path
) -> None:
    write_inventories(SampleArchive("tiny"), tmp_path / "bucket")
    done = shell(
        "latest-inventory-to-kinto",
        settings,
        INVENTORIES="archive",
        INVENTORIES_URL=str(tmp_path / "bucket"),
        PRODUCTS="mobile thunderbird",
        CSV_DOWNLOAD_DIRECTORY=str(tmp_path / "csv"),
        CACHE_FOLDER=str(tmp_path / "cache"),
        MIN_AGE_LAST_MODIFIED_HOURS="999999",
        NB_PARALLEL_REQUESTS="4",
        NB_RETRY_REQUEST="2",
        TIMEOUT_SECONDS="30",
        INITIALIZE_SERVER="true",
        LOG_LEVEL="warning",
    )
    assert done.returncode == 0, done.stderr
    products = {record["source"]["product"] for record in stored(settings).values()}
    assert products == {"fennec", "thunderbird"}
    assert (tmp_path / "cache" / "archive.sqlite").is_file()


def test_a_reader_that_closes_the_pipe_ends_it_quietly(settings: Settings) -> None:
    rows = "".join(row(f"{FOLDER}/{locale}/firefox-1.5.tar.gz") for locale in ("fr", "de") * 5000)
    done = subprocess.run(
        ["bash", "-c", "buildhub records --offline | head -n 1; echo ${PIPESTATUS[0]}"],
        input=rows,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    first, status = done.stdout.splitlines()
    assert json.loads(first)["source"]["product"] == "firefox"
    assert (status, done.stderr) == ("0", "")


def test_damaged_input_prints_what_could_be_read_and_says_so(settings: Settings) -> None:
    done = shell("buildhub records --offline", settings, ROWS + '"half a')
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 2
    assert "line 5: expected 5 columns, got 1" in done.stderr


@pytest.mark.parametrize("command", ["load", "record", "records"])
def test_help_shows_the_usage(settings: Settings, command: str) -> None:
    done = shell(f"buildhub {command} --help", settings)
    assert done.returncode == 0
    assert f"Usage: buildhub {command}" in done.stdout


def test_an_interrupted_load_prints_its_summary(settings: Settings) -> None:
    with running_sample_archive("tiny", faults=[Fault("delay", "^/pub/", seconds=60)]) as url:
        process = subprocess.Popen(
            [sys.executable, "-m", "buildhub", "load"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(settings, ARCHIVE_URL=url, S3_ENDPOINT_URL=url),
            text=True,
            # Where the tests are run in the background, Ctrl-C is ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert process.stderr
        while "manifest" not in process.stderr.readline():
            assert process.poll() is None
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert stderr.endswith("buildhub: stopped; the next run continues\n")
    assert "Traceback" not in stderr
    assert stdout.startswith("read ")
