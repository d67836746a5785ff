"""The sample archive, asked over HTTP as the real one is."""

import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import requests
from buildhub_sample_archive import INVENTORY_BUCKET, SampleArchive, running_sample_archive
from buildhub_sample_archive.__main__ import main
from click.testing import CliRunner

JSON = {"Accept": "application/json"}
FOLDER = "pub/firefox/releases/56.0b12/win32/fr/"


def get(url: str, **headers: str) -> requests.Response:
    # The library's own Accept header would not do for the default.
    return requests.get(url, headers={"Accept": "*/*"} | headers, timeout=10)


@pytest.fixture(scope="module", params=["s3", "gcs"])
def styled(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """A style, and the URL of a server of that style."""
    with running_sample_archive("tiny", request.param) as url:
        yield request.param, url


@pytest.fixture(scope="module")
def gcs() -> Iterator[str]:
    with running_sample_archive("tiny") as url:
        yield url


def test_a_listing_has_the_files_of_the_archive(styled: tuple[str, str]) -> None:
    style, url = styled
    answer = get(f"{url}/{FOLDER}", **JSON)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    listed = {file["name"]: file for file in answer.json()["files"]}
    for made in SampleArchive("tiny").iter_objects(FOLDER):
        shown = listed.pop(made.path.removeprefix(FOLDER))
        assert shown["last_modified"] == made.modified.strftime("%Y-%m-%dT%H:%M:%SZ")
        if style == "s3":
            assert shown["size"] == made.size
    assert not listed


def test_head_returns_the_exact_size_that_get_sends(gcs: str) -> None:
    folder = "pub/firefox/candidates/56.0b12-candidates/build1/win32/en-US/"
    for made in SampleArchive("tiny").iter_objects(folder):
        if made.size < 5_000_000:
            url = f"{gcs}/{quote(made.path)}"
            head = requests.head(url, timeout=10)
            assert (head.status_code, head.headers["Content-Length"]) == (200, str(made.size))
            assert len(get(url).content) == made.size


def test_every_answer_is_labelled_as_sample_data(gcs: str) -> None:
    for path in ("", "pub/", "pub/nothing/", FOLDER, f"s3/{INVENTORY_BUCKET}"):
        assert get(f"{gcs}/{path}").headers["X-Sample-Data"].startswith("sample data"), path


@pytest.mark.parametrize(
    ("style", "path", "status", "content_type"),
    [
        pytest.param("s3", "pub/nothing/", 404, "text/plain; charset=utf-8", id="folder-s3"),
        pytest.param("gcs", "pub/nothing/", 404, "text/html; charset=utf-8", id="folder-gcs"),
        pytest.param("s3", f"{FOLDER}nothing.exe", 404, "application/xml", id="file-s3"),
        pytest.param("gcs", f"{FOLDER}nothing.exe", 404, "application/xml", id="file-gcs"),
        pytest.param("s3", "pub/firefox", 200, "application/json", id="no-slash-s3"),
        pytest.param("gcs", "pub/firefox", 404, "application/xml", id="no-slash-gcs"),
        pytest.param("s3", "pub/mobile/releases/winmo/", 200, "text/html", id="index-s3"),
        pytest.param("gcs", "pub/mobile/releases/winmo/", 200, "application/json", id="index-gcs"),
    ],
)
def test_the_two_listing_services_differ(
    style: str, path: str, status: int, content_type: str
) -> None:
    with running_sample_archive("tiny", style) as url:
        answer = get(f"{url}/{path}", **JSON)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, content_type)


@pytest.mark.parametrize(
    ("style", "space", "status"),
    [("s3", "%20", 200), ("s3", "+", 200), ("gcs", "%20", 200), ("gcs", "+", 404)],
)
def test_only_the_older_store_read_a_plus_as_a_space(style: str, space: str, status: int) -> None:
    name = "Firefox Setup 56.0b12.exe".replace(" ", space)
    with running_sample_archive("tiny", style) as url:
        assert requests.head(f"{url}/{FOLDER}{name}", timeout=10).status_code == status


def test_a_file_with_a_known_etag_is_not_sent_again(gcs: str) -> None:
    url = f"{gcs}/pub/firefox/releases/56.0b12/KEY"
    answer = get(url)
    again = get(url, **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_content_is_the_same_on_every_request_and_names_its_path(gcs: str) -> None:
    url = f"{gcs}/pub/firefox/releases/56.0b12/KEY"
    assert get(url).content == get(url).content
    assert b"pub/firefox/releases/56.0b12/KEY" in get(url).content


def test_the_old_place_of_everything_leads_to_the_new_one(gcs: str) -> None:
    answer = get(f"{gcs}/pub/mozilla.org/{FOLDER.removeprefix('pub/')}", **JSON)
    assert answer.url == f"{gcs}/{FOLDER}"
    assert answer.json()["files"]


def test_nothing_can_be_written(gcs: str) -> None:
    assert requests.put(f"{gcs}/{FOLDER}x", data=b"", timeout=10).status_code == 405


def test_a_bucket_that_is_not_there_is_named(gcs: str) -> None:
    answer = get(f"{gcs}/s3/somebody-else?list-type=2")
    assert answer.status_code == 404
    assert "NoSuchBucket" in answer.text
    assert "somebody-else" in answer.text


def test_the_folders_of_the_full_size_can_be_listed() -> None:
    with running_sample_archive("full") as url:
        releases = get(f"{url}/pub/firefox/releases/", **JSON).json()["prefixes"]
        assert len(releases) > 1_800
        month = get(f"{url}/pub/firefox/nightly/2018/06/", **JSON).json()["prefixes"]
        assert len(month) > 60


def test_the_command_serves_until_a_signal_stops_it() -> None:
    command = [sys.executable, "-m", "buildhub_sample_archive", "serve", "--size", "tiny"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        manifest = process.stdout.readline().split()[-1]
        assert get(f"{url}pub/", **JSON).json()["prefixes"]
        assert get(manifest).json()["files"]
        process.terminate()
        assert process.wait(timeout=10) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--size", "huge"], "size 'huge' of the sample archive: expected tiny, default, full"),
        (["--fault", "broken"], "fault 'broken': expected one of"),
    ],
)
def test_the_command_names_what_it_does_not_understand(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(main, ["serve", *arguments])
    assert result.exit_code == 1
    assert message in result.output
