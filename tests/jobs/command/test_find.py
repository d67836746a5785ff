"""``buildhub find`` and ``download``: questions from the shell."""

import csv
import io
import json
from pathlib import Path

import pytest
from aiohttp import web
from buildhub.command import main
from click.testing import CliRunner, Result

from tests.conftest import make_record
from tests.jobs.served_catalogue import Place
from tests.stand_ins.http_server import running
from tests.stand_ins.programs import free_port


def call(place: Place, *arguments: str, **environment: str) -> Result:
    own = {"SERVER_URL": place.url, "BUCKET": place.bucket, "COLLECTION": place.collection}
    return CliRunner().invoke(main, [*arguments], env=own | environment)


def urls(result: Result) -> list[str]:
    return result.stdout.split()


def test_words_in_any_order_find_builds(catalogue: Place) -> None:
    found = call(catalogue, "find", "de", "53.0b9", "win64")
    assert found.exit_code == 0
    header, row = (line.split() for line in found.stdout.splitlines())
    assert header[:5] == ["Product", "Version", "Channel", "Platform", "Locale"]
    assert row[:6] == ["firefox", "53.0b9", "beta", "win64", "de", "20170403075439"]
    assert "Locale de, Version 53.0b9, Platform win64: 1 build" in found.stderr


FORMS = [
    pytest.param(["--latest", "nightly"], ["20170619030424"], id="latest"),
    pytest.param(["--before", "2017-05-04", "nightly"], ["20170503030212"], id="before"),
    pytest.param(["--limit", "1", "nightly"], ["20170619030424"], id="limit"),
    pytest.param(["--", "nightly", "-56.0a1", "-20170503030212"], ["20170504030207"], id="without"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "build_ids"), FORMS)
def test_options_narrow_down(catalogue: Place, arguments: list[str], build_ids: list[str]) -> None:
    found = call(catalogue, "find", "--json", *arguments)
    records = [json.loads(line) for line in found.stdout.splitlines()]
    assert [record["build"]["id"] for record in records] == build_ids


def test_csv_keeps_build_ids_as_text(catalogue: Place) -> None:
    found = call(catalogue, "find", "--csv", "3.0", "win32")
    (row,) = csv.DictReader(io.StringIO(found.stdout))
    assert row["build.id"] == "20080101000000"


def test_nothing_found_is_told_by_the_exit_code(catalogue: Place) -> None:
    found = call(catalogue, "find", "firefox", "99.0")
    assert found.exit_code == 1
    assert "0 builds" in found.stderr


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("product:seamonkey", "seamonkey"),
        ("pub/seamonkey/releases/2.49/seamonkey.exe", "pub/seamonkey/releases/2.49/seamonkey.exe"),
        ("product:klar", None),
        ("pub/focus/releases/126.0/klar.apk", None),
    ],
)
def test_what_is_not_covered_is_told_with_what_is(
    catalogue: Place, text: str, name: str | None
) -> None:
    found = call(catalogue, "find", text)
    assert found.exit_code == 1
    told = f"Not covered by the catalogue: {name}. It covers firefox, devedition, thunderbird, "
    assert (told in found.stderr) == (name is not None)
    assert ("Not covered" in found.stderr) == (name is not None)


def test_what_is_not_understood_is_named(catalogue: Place) -> None:
    assert "text gibberish" in call(catalogue, "find", "gibberish").stderr


def test_a_text_that_is_too_long_is_a_wrong_argument(catalogue: Place) -> None:
    found = call(catalogue, "find", *["word"] * 100)
    assert found.exit_code == 2
    assert "64" in found.stderr


def test_a_server_that_is_down_is_named() -> None:
    nowhere = Place(f"http://127.0.0.1:{free_port()}/v1", "build-hub", "releases")
    found = call(nowhere, "find", "firefox")
    assert found.exit_code == 3
    assert "127.0.0.1" in found.stderr


def page_of(*records: dict[str, object]) -> web.Response:
    found = [{**record, "last_modified": 1} for record in records]
    return web.json_response(
        {"total": len(found), "records": found, "terms": [], "complete_until": None}
    )


def test_a_build_is_downloaded_under_its_name(tmp_path: Path) -> None:
    content = b"installer" * 1000

    async def handle(request: web.Request) -> web.Response:
        if not request.path.endswith(".json"):
            return web.Response(body=content)
        file = f"{request.url.origin()}/pub/Firefox 53.0b9.exe"
        return page_of(make_record(download__url=file, download__size=len(content)))

    with running(handle) as url:
        place = Place(f"{url}/v1", "build-hub", "releases")
        done = call(place, "download", "53.0b9", "-o", str(tmp_path))
        addresses = call(place, "find", "--url", "53.0b9")
    assert done.exit_code == 0, done.stderr
    assert Path(done.stdout.strip()).read_bytes() == content
    assert urls(addresses) == [f"{url}/pub/Firefox%2053.0b9.exe"]


def test_several_builds_are_not_downloaded(catalogue: Place, tmp_path: Path) -> None:
    done = call(catalogue, "download", "53.0b9", "-o", str(tmp_path))
    assert done.exit_code == 1
    assert "5 builds are found" in done.stderr
    assert list(tmp_path.iterdir()) == []


COMPLETIONS = [
    ("buildhub fi", 1, {"find"}),
    ("buildhub find thu", 2, {"thunderbird", "thunderbird-android"}),
    ("buildhub find firefox fi", 3, {"fi"}),
    ("buildhub find nightly-", 2, {"nightly-old-id"}),
    ("buildhub download pt-", 2, {"pt-BR", "pt-PT"}),
]


@pytest.mark.parametrize(("typed", "at", "expected"), COMPLETIONS)
def test_a_shell_completes_words(typed: str, at: int, expected: set[str]) -> None:
    completed = CliRunner().invoke(
        main,
        env={
            "_BUILDHUB_COMPLETE": "bash_complete",
            "COMP_WORDS": typed,
            "COMP_CWORD": str(at),
        },
        prog_name="buildhub",
    )
    assert {line.partition(",")[2] for line in completed.stdout.splitlines()} == expected
