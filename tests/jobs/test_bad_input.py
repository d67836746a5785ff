"""What can be wrong with what a load is given: the message, the exit code, and nothing lost."""

import asyncio
import gzip
import os
import resource
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from aiohttp import web
from buildhub.command import main
from buildhub.counts.summary import ExitCode
from buildhub.load import load as load_job
from buildhub.settings import SETTINGS, Settings
from buildhub_sample_archive import running_sample_archive
from buildhub_sample_archive.http.faults import Fault
from buildhub_schema import collection_metadata
from click.testing import CliRunner, Result

from tests.conftest import serving
from tests.jobs.conftest import AUTH, row, stored, write_inventory
from tests.stand_ins.http_server import Handler, forwarding, running
from tests.stand_ins.programs import free_port

FOLDER = "pub/firefox/releases/50.0/linux-x86_64"
ROWS = [row(f"{FOLDER}/{locale}/firefox-50.0.tar.bz2") for locale in ("de", "fr", "pl", "sv-SE")]
IDS = {f"firefox_50-0_linux-x86_64_{locale}" for locale in ("de", "fr", "pl", "sv-se")}
PACKED = gzip.compress("".join(ROWS).encode(), mtime=0)


@pytest.fixture
def settings(
    make_settings: Callable[..., Settings], live_server: str, sample_archive: str
) -> Settings:
    return make_settings(SERVER_URL=live_server, ARCHIVE_URL=sample_archive)


def load(settings: Settings, *arguments: str, **variables: str) -> Result:
    """Run ``buildhub load`` with *settings* in its environment."""
    given = {
        each.variable: str(getattr(settings, each.name))
        for each in SETTINGS
        if each.default is None or each.name in ("server_url", "archive_url", "bucket_id")
        if getattr(settings, each.name) is not None
    }
    environment = {
        **given,
        "BUILDHUB_DATA": str(settings.data_folder),
        "NB_RETRY_REQUEST": "1",
        "LOG_LEVEL": "WARNING",
    }
    return CliRunner().invoke(main, ["load", *arguments], env={**environment, **variables})


MANIFESTS = [
    pytest.param("no json", "expected JSON, got b'no json'", id="not-json"),
    pytest.param("", "expected JSON, got b''", id="empty"),
    pytest.param("<!doctype html>", "expected JSON, got b'<!doctype html>'", id="a-page"),
    pytest.param("[]", "the manifest: expected an object, got '[]'", id="a-list"),
    pytest.param('{"files": 5}', "files: expected a list, got '5'", id="files-are-a-number"),
    pytest.param(
        '{"files": ["manifest.json"]}',
        "an element of files: expected an object, got 'manifest.json'",
        id="files-are-texts",
    ),
    pytest.param(
        '{"files": [{"key": "a", "size": "much", "MD5checksum": "%s"}]}' % ("0" * 32),
        "size: expected a whole number, got 'much'",
        id="size-is-a-text",
    ),
    pytest.param(
        '{"files": [{"key": 5, "size": 1, "MD5checksum": "%s"}]}' % ("0" * 32),
        "key: expected a text, got '5'",
        id="key-is-a-number",
    ),
    pytest.param(
        '{"files": [{"key": "a", "size": 1, "MD5checksum": "../../../escaped"}]}',
        "MD5checksum: expected 32 hexadecimal digits, got '../../../escaped'",
        id="checksum-is-a-path",
    ),
    pytest.param(
        '{"fileSchema": 5, "files": []}', "fileSchema: expected a text, got '5'", id="schema-number"
    ),
    pytest.param("{}", "lacks 'files'", id="no-files"),
    pytest.param('{"files": [{"key": "a", "size": 1}]}', "lacks 'MD5checksum'", id="no-checksum"),
    pytest.param('{"fileFormat": "ORC", "files": []}', "expected parts in CSV, got ORC", id="orc"),
    pytest.param(
        '{"fileSchema": "Bucket, Key", "files": []}',
        "fileSchema lacks Size, LastModifiedDate",
        id="columns",
    ),
]


@pytest.mark.parametrize(("text", "message"), MANIFESTS)
def test_an_unreadable_manifest_is_named(
    settings: Settings, tmp_path: Path, text: str, message: str
) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(text)
    done = load(settings, str(manifest))
    assert done.exit_code == 3
    assert f"manifest {manifest}: " in done.stderr
    assert message in done.stderr


def test_a_missing_manifest_is_named(settings: Settings, tmp_path: Path) -> None:
    done = load(settings, str(tmp_path / "manifest.json"))
    assert done.exit_code == 3
    assert f"manifest {tmp_path}/manifest.json: not found" in done.stderr


def test_of_two_inventories_the_readable_one_is_loaded(settings: Settings, tmp_path: Path) -> None:
    good = write_inventory(tmp_path, ROWS)
    (tmp_path / "bad").mkdir()
    done = load(settings, str(tmp_path / "bad" / "manifest.json"), good)
    assert done.exit_code == 1
    assert set(stored(settings)) == IDS
    assert "unsettled 1 (missing-inventory 1)" in done.stdout


PARTS = [
    pytest.param({"packed": PACKED[:-20]}, "damaged after line", id="truncated-at-the-source"),
    pytest.param({"packed": b"\x1f\x8b" + PACKED[5:]}, "damaged after line 0", id="not-gzip"),
    pytest.param({"size": 10}, "expected 10 bytes, got", id="another-size"),
    pytest.param({"MD5checksum": "0" * 32}, f"expected MD5 {'0' * 32}, got", id="another-md5"),
    pytest.param({"key": "data/missing.csv.gz"}, "missing.csv.gz: not found", id="not-there"),
]


@pytest.mark.parametrize(("changes", "message"), PARTS)
def test_a_damaged_part_is_named(
    settings: Settings, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    done = load(settings, write_inventory(tmp_path, ROWS, **changes))
    assert done.exit_code == 1
    assert "inventory part " in done.stderr
    assert message in done.stderr


def test_rows_before_the_damage_are_published(settings: Settings, tmp_path: Path) -> None:
    rows = [row(f"{FOLDER}/fr/firefox-50.0.tar.bz2")]
    rows += [row(f"pub/nothing/{os.urandom(20).hex()}") for _ in range(5000)]
    packed = gzip.compress("".join(rows).encode())
    done = load(settings, write_inventory(tmp_path, [], packed=packed[: len(packed) // 2]))
    assert done.exit_code == 1
    assert set(stored(settings)) == {"firefox_50-0_linux-x86_64_fr"}


BAD_ROWS = [
    pytest.param('"bucket","key"\n', "line 3: expected 5 columns, got 2", id="columns-missing"),
    pytest.param("\n", "line 3: expected 5 columns, got 0", id="an-empty-line"),
    pytest.param(
        row(f"{FOLDER}/it/firefox-50.0.tar.bz2", size="much"), "'much'", id="size-is-no-number"
    ),
    pytest.param(
        row(f"{FOLDER}/it/firefox-50.0.tar.bz2", modified="once"), "'once'", id="date-is-none"
    ),
    pytest.param('"x' * 200_000 + "\n", "line 3: expected 5 columns, got 0", id="enormous-line"),
    pytest.param('"unclosed,"\n', "line 3: expected 5 columns, got ", id="an-unclosed-quote"),
]

ODD_ROWS = [
    pytest.param("no, quotes, at, all, here\n", id="no-quotes"),
    pytest.param('"a","key\nof two lines","1","2015-10-09T15:20:10.000Z","e"\n', id="newline"),
    pytest.param('"a","key\0with NUL","1","2015-10-09T15:20:10.000Z","e"\n', id="nul"),
    pytest.param(row(f"{FOLDER}/it/firefox-50.0%00.tar.bz2"), id="encoded-nul"),
    pytest.param(row(f"{FOLDER}/it/firefox-50.0%FF.tar.bz2"), id="encoded-noise"),
    pytest.param(row("\ufffd" * 300), id="not-utf-8"),
    pytest.param(row("../" * 100 + "etc/passwd"), id="a-way-out"),
    pytest.param(row("/" * 1024), id="slashes"),
]


@pytest.mark.parametrize("odd", ODD_ROWS)
def test_a_row_that_is_only_odd_is_no_build_and_no_damage(
    settings: Settings, tmp_path: Path, odd: str
) -> None:
    rows = [*ROWS[:2], odd, *ROWS[2:]]
    packed = gzip.compress("".join(rows).encode().replace(b"\xef\xbf\xbd", b"\xff"))
    done = load(settings, write_inventory(tmp_path, [], packed=packed))
    assert (done.exit_code, done.stderr) == (0, "")
    assert set(stored(settings)) == IDS


def test_a_bomb_takes_no_memory(settings: Settings, tmp_path: Path) -> None:
    bomb = gzip.compress("".join(ROWS).encode() + b"x" * 100_000_000)
    inventory = write_inventory(tmp_path, [], packed=bomb)
    tracemalloc.start()
    done = load(settings, inventory)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert done.exit_code == 1
    assert "line 5: expected 5 columns, got 0" in done.stderr
    assert set(stored(settings)) == IDS
    assert peak_bytes < 20_000_000


@pytest.mark.parametrize(("bad", "message"), BAD_ROWS)
def test_a_bad_row_does_not_cost_the_others(
    settings: Settings, tmp_path: Path, bad: str, message: str
) -> None:
    done = load(settings, write_inventory(tmp_path, [*ROWS[:2], bad, *ROWS[2:]]))
    assert done.exit_code == 1
    assert message in done.stderr
    assert set(stored(settings)) == IDS


def test_a_record_that_breaks_the_schema_does_not_cost_the_others(
    settings: Settings, tmp_path: Path
) -> None:
    schema = collection_metadata()["schema"]
    schema["properties"]["target"]["properties"]["locale"]["enum"] = ["de", "fr", "pl"]
    bucket = f"{settings.server_url}/buckets/{settings.bucket_id}"
    for url, data in ((bucket, {}), (f"{bucket}/collections/releases", {"schema": schema})):
        requests.put(url, json={"data": data}, auth=tuple(AUTH.split(":")), timeout=10)
    done = load(settings, write_inventory(tmp_path, ROWS))
    assert done.exit_code == 1
    assert "created 3" in done.stdout
    assert "invalid 1 (target.locale 1)" in done.stdout
    assert "firefox_50-0_linux-x86_64_sv-se" in done.stderr
    assert "'sv-SE' is not one of" in done.stderr


def test_a_server_that_is_down_at_the_start_is_named(settings: Settings, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    done = load(settings, write_inventory(tmp_path, ROWS), SERVER_URL=url)
    assert done.exit_code == 3
    assert f"buildhub: {url}: Cannot connect" in done.stderr


def test_what_is_no_kinto_server_is_refused(settings: Settings, tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"hello": "world"})

    with running(answer) as url:
        done = load(settings, write_inventory(tmp_path, ROWS), SERVER_URL=f"{url}/v1")
    assert done.exit_code == 2
    assert f"{url}/v1: no Kinto server" in done.stderr


def test_a_server_that_goes_down_midway_loses_nothing(
    settings: Settings, tmp_path: Path, live_server: str
) -> None:
    inventory = write_inventory(tmp_path, ROWS)

    def down(request: web.Request, bulk_count: int) -> web.Response | None:
        return web.Response(status=503) if bulk_count >= 2 else None

    with running(forwarding(live_server.removesuffix("/v1"), down)) as url:
        one_by_one = replace(settings, server_url=f"{url}/v1", lines_per_request=1)
        summary = asyncio.run(load_job(one_by_one, sources=[inventory]))
    assert summary.exit_code == ExitCode.FAILURE
    assert str(summary.failure) == f"{url}/v1: answers 503"
    assert summary.line().startswith("read 4, builds 4, created 2")
    assert len(stored(settings)) == 2
    again = load(settings, inventory)
    assert (again.exit_code, set(stored(settings))) == (0, IDS)


@pytest.fixture(scope="module")
def accounts_server(make_app: Callable[..., Any]) -> Iterator[str]:
    """A server that knows two accounts, publisher and other."""
    app = make_app(
        **{
            "kinto.includes": "kinto.plugins.accounts kinto_buildhub",
            "kinto.account_create_principals": "system.Everyone",
            "multiauth.policies": "account",
            "multiauth.policy.account.use": "kinto.plugins.accounts.AccountsPolicy",
        }
    )
    for name in ("publisher", "other"):
        app.put_json(f"/v1/accounts/{name}", {"data": {"password": "secret"}}, status=201)
    with serving(app.app) as url:
        yield url


def test_a_wrong_password_is_refused_at_once_and_not_shown(
    settings: Settings, tmp_path: Path, accounts_server: str
) -> None:
    inventory = write_inventory(tmp_path, ROWS)
    done = load(settings, inventory, SERVER_URL=accounts_server, AUTH="publisher:wr0ng")
    assert done.exit_code == 2
    assert (
        f"buildhub: {accounts_server} does not accept this user name and password; "
        "writing as 'publisher'"
    ) in done.stderr
    assert "wr0ng" not in done.output


def test_an_account_without_permission_is_refused(
    settings: Settings, tmp_path: Path, accounts_server: str
) -> None:
    inventory = write_inventory(tmp_path, ROWS)
    assert load(settings, inventory, SERVER_URL=accounts_server).exit_code == 0
    done = load(settings, inventory, SERVER_URL=accounts_server, AUTH="other:secret")
    assert done.exit_code == 3
    assert "read 0, builds 0," in done.output
    assert "other" in done.stderr
    assert accounts_server in done.stderr


def test_without_an_account_the_message_names_the_setting(
    settings: Settings, tmp_path: Path, accounts_server: str
) -> None:
    inventory = write_inventory(tmp_path, ROWS)
    assert load(settings, inventory, SERVER_URL=accounts_server).exit_code == 0
    done = load(replace(settings, auth=None), inventory, SERVER_URL=accounts_server)
    assert done.exit_code == 2
    assert (
        f"publishing to {accounts_server} needs credentials: set AUTH, BUILDHUB_TOKEN"
        in done.stderr
    )


def test_a_cache_folder_that_cannot_be_made_is_named(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "cache"
    done = load(settings, write_inventory(tmp_path, ROWS), CACHE_FOLDER=str(folder))
    assert done.exit_code == 2
    assert f"cache folder {folder}: cannot be made" in done.stderr


def test_a_damaged_cache_is_moved_aside_with_a_warning(settings: Settings, tmp_path: Path) -> None:
    settings.cache_path.parent.mkdir(parents=True)
    settings.cache_path.write_bytes(b"no database" * 1000)
    done = load(settings, write_inventory(tmp_path, ROWS))
    assert done.exit_code == 0
    assert "cache_damaged" in done.stderr
    assert settings.cache_path.with_suffix(".damaged").read_bytes().startswith(b"no database")
    assert set(stored(settings)) == IDS


def test_a_full_disk_is_named(settings: Settings, tmp_path: Path, sample_archive: str) -> None:
    done = load_with_a_full_disk(
        settings, CSV_DOWNLOAD_DIRECTORY=str(tmp_path), S3_ENDPOINT_URL=sample_archive
    )
    assert done.returncode == 3
    assert f"buildhub: {tmp_path}/" in done.stderr
    assert "cannot be written" in done.stderr


def test_a_full_disk_under_the_cache_costs_no_record(settings: Settings, tmp_path: Path) -> None:
    done = load_with_a_full_disk(settings, write_inventory(tmp_path, ROWS))
    assert done.returncode == 0, done.stderr
    assert set(stored(settings)) == IDS


def load_with_a_full_disk(
    settings: Settings, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run ``buildhub load`` where no file can grow beyond 16 kilobytes."""
    return subprocess.run(
        [sys.executable, "-m", "buildhub", "load", *arguments],
        env={
            **os.environ,
            "AUTH": AUTH,
            "SERVER_URL": settings.server_url,
            "BUCKET": settings.bucket_id,
            "ARCHIVE_URL": settings.archive_url,
            "BUILDHUB_DATA": str(settings.data_folder),
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2**14, 2**14)),
    )


@contextmanager
def broken_archive(*faults: Fault) -> Iterator[str]:
    with running_sample_archive("tiny", faults=faults) as url:
        yield url


def test_metadata_out_of_reach_leaves_builds_for_the_next_run(
    settings: Settings, tmp_path: Path, sample_archive: str
) -> None:
    folder = "pub/firefox/releases/56.0b12/win32"
    rows = [row(f"{folder}/{locale}/Firefox+Setup+56.0b12.exe") for locale in ("de", "fr")]
    inventory = write_inventory(tmp_path, rows + ROWS)
    with broken_archive(Fault("unavailable", "candidates/56.0b12-candidates/")) as url:
        done = load(settings, inventory, ARCHIVE_URL=url)
    assert done.exit_code == 1
    assert "unsettled 2 (metadata-out-of-reach 2)" in done.stdout
    assert set(stored(settings)) == IDS
    assert load(settings, inventory).exit_code == 0
    assert stored(settings)["firefox_beta_56-0b12_win32_fr"]["build"]["id"]


def test_an_archive_that_is_down_ends_the_load(settings: Settings) -> None:
    with broken_archive(Fault("unavailable", "^/pub/")) as url:
        done = load(settings, ARCHIVE_URL=url, S3_ENDPOINT_URL=url)
    assert done.exit_code == 3
    assert "buildhub: the archive is down: " in done.stderr


def test_a_load_that_fails_midway_says_so_and_nothing_else(
    settings: Settings, live_server: str, sample_archive: str
) -> None:
    def down(request: web.Request, bulk_count: int) -> web.Response | None:
        return web.Response(status=503) if bulk_count >= 9 else None

    with running(forwarding(live_server.removesuffix("/v1"), down)) as url:
        done = subprocess.run(
            [sys.executable, "-m", "tests.stand_ins.recorded_load"],
            env={
                **os.environ,
                "ACKNOWLEDGED": os.devnull,
                "LINES": "10",
                "AUTH": AUTH,
                "SERVER_URL": f"{url}/v1",
                "BUCKET": settings.bucket_id,
                "ARCHIVE_URL": sample_archive,
                "S3_ENDPOINT_URL": sample_archive,
                "BUILDHUB_DATA": str(settings.data_folder),
                "LOG_LEVEL": "WARNING",
                "NB_RETRY_REQUEST": "0",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr == f"buildhub: {url}/v1: answers 503\n"


async def _page(request: web.Request) -> web.Response:
    return web.Response(text="<!doctype html>", content_type="text/html")


async def _loop(request: web.Request) -> web.Response:
    raise web.HTTPFound(request.path_qs)


async def _ring(request: web.Request) -> web.Response:
    return web.json_response({"prefixes": ["inventories/", "../", "."], "files": []})


async def _cut(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"files": [')
    request.transport.close()
    return response


HOSTILE = [
    pytest.param(_page, "manifest.json", "expected JSON, got b'<!doctype html>'", id="a-page"),
    pytest.param(_page, "", "expected JSON", id="a-page-for-a-folder"),
    pytest.param(_loop, "manifest.json", "redirects without end", id="redirects-without-end"),
    pytest.param(_ring, "", "something in the folder", id="a-folder-that-lists-itself"),
    pytest.param(_cut, "manifest.json", "payload", id="an-answer-that-breaks-off"),
]


@pytest.mark.parametrize(("handler", "name", "complaint"), HOSTILE)
def test_a_hostile_source_is_named(
    settings: Settings, handler: Handler, name: str, complaint: str
) -> None:
    with running(handler) as url:
        done = load(settings, f"{url}/public/inventories/{name}")
    assert done.exit_code == 3
    assert f"{url}/public/inventories/" in done.stderr
    assert complaint in done.stderr
