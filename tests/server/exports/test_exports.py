"""``/v1/exports/`` over the real app: lists, files, parts of them, and nothing else."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
import webob
import webtest

from tests.conftest import PUBLISHER_HEADERS
from tests.server.catalog.apps import catalogue_app

EXPORTS = "/v1/exports"
FILE = f"{EXPORTS}/latest/builds.parquet"
CONTENT = bytes(range(256)) * 4
OLD, NEW = "1600000000000", "1700000000000"
LONGEST = "x" * 5000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two exports, and all kinds of things that nobody may see."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.txt").write_text("top secret")
    folder = tmp_path_factory.mktemp("exports")
    for number, name in enumerate((OLD, NEW)):
        (folder / name).mkdir()
        (folder / name / "builds.parquet").write_bytes(CONTENT)
        (folder / name / "SHA256SUMS").write_text(f"0  {name}\n")
        os.utime(folder / name, (1.6e9 + number, 1.6e9 + number))
    (folder / "latest").symlink_to(NEW)
    (folder / ".unfinished-1").mkdir()
    (folder / ".unfinished-1" / "builds.csv").write_text("half")
    (folder / "way-out").symlink_to(outside)
    (folder / "way-out.txt").symlink_to(outside / "secret.txt")
    (folder / "loop").symlink_to("loop")
    (folder / "nowhere").symlink_to("gone")
    os.mkfifo(folder / "pipe")
    (folder / "page.html").write_text("<script>alert(1)</script>")
    (folder / "a&b <i>").mkdir()
    (folder / "a&b <i>" / "ü?#%.json").write_text("{}")
    return folder


@pytest.fixture(scope="module")
def app(
    make_app: Callable[..., webtest.TestApp],
    tmp_path_factory: pytest.TempPathFactory,
    folder: Path,
) -> Iterator[webtest.TestApp]:
    index = tmp_path_factory.mktemp("index")
    settings = {"kinto.buildhub.exports_folder": str(folder)}
    with catalogue_app(make_app, index, [], **settings) as app:
        yield app


def test_the_index_lists_what_may_be_read_newest_first(app: webtest.TestApp) -> None:
    answer = app.get(f"{EXPORTS}/")
    names = [each["name"] for each in answer.json["data"]]
    assert set(names) == {OLD, NEW, "latest", "page.html", "a&b <i>"}
    assert [each for each in names if each in (OLD, NEW)] == [NEW, OLD]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    for each in answer.json["data"]:
        assert app.get(each["url"]).status_code == 200


def test_a_folder_lists_its_files_at_addresses_that_lead_to_them(app: webtest.TestApp) -> None:
    rows = {each["name"]: each for each in app.get(f"{EXPORTS}/latest/").json["data"]}
    assert rows["builds.parquet"]["bytes"] == len(CONTENT)
    assert app.get(rows["builds.parquet"]["url"]).body == CONTENT
    (row,) = app.get(f"{EXPORTS}/a&b%20%3Ci%3E/").json["data"]
    assert row["name"] == "ü?#%.json"
    assert app.get(row["url"]).json == {}


def test_browsers_get_pages(app: webtest.TestApp) -> None:
    for path in ("", "latest/", "a&b%20%3Ci%3E/"):
        page = app.get(f"{EXPORTS}/{path}", headers={"Accept": "text/html,*/*;q=0.8"})
        assert page.content_type == "text/html"
        assert "<i>" not in page.text
        assert "Accept" in page.headers["Vary"]
    assert app.get(f"{EXPORTS}/", headers={"Accept": "application/json"}).json["data"]


@pytest.mark.parametrize(
    ("path", "location"),
    [
        pytest.param("", "/", id="index"),
        pytest.param("/latest", "/latest/", id="folder"),
        pytest.param("/a&b%20%3Ci%3E", "/a%26b%20%3Ci%3E/", id="encoded"),
    ],
)
def test_a_folder_has_a_slash_at_its_end(app: webtest.TestApp, path: str, location: str) -> None:
    moved = app.get(f"{EXPORTS}{path}", status=301)
    assert moved.location == f"http://localhost{EXPORTS}{location}"


def test_a_file_has_what_clients_need_to_ask_again(app: webtest.TestApp) -> None:
    answer = app.get(FILE)
    assert answer.body == CONTENT
    assert answer.content_type == "application/vnd.apache.parquet"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Range" in answer.headers["Access-Control-Expose-Headers"]
    for headers in (
        {"If-None-Match": answer.headers["ETag"]},
        {"If-None-Match": f'"1", {answer.headers["ETag"]}'},
        {"If-Modified-Since": answer.headers["Last-Modified"]},
    ):
        known = app.get(FILE, headers=headers, status=304)
        assert (known.body, known.headers["ETag"]) == (b"", answer.headers["ETag"])
    older = {"If-Modified-Since": "Thu, 22 Jun 2017 14:06:17 GMT"}
    for headers in ({"If-None-Match": '"1"'}, older, {**older, "If-None-Match": '"1"'}):
        assert app.get(FILE, headers=headers).body == CONTENT


def test_head_tells_the_length_and_sends_nothing(app: webtest.TestApp) -> None:
    for headers in ({}, {"Range": "bytes=0-1"}):
        answer = app.head(FILE, headers=headers, status=200)
        assert (answer.body, answer.headers["Content-Length"]) == (b"", str(len(CONTENT)))
    assert app.head(f"{EXPORTS}/").body == b""


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        pytest.param("bytes=0-9", slice(0, 10), id="beginning"),
        pytest.param("bytes=100-", slice(100, None), id="to-the-end"),
        pytest.param("bytes=-8", slice(-8, None), id="end"),
        pytest.param("bytes=-99999", slice(0, None), id="more-than-all-from-the-end"),
        pytest.param("bytes=1000-99999", slice(1000, None), id="beyond-the-end"),
        pytest.param("bytes=1023-1023", slice(1023, None), id="last-byte"),
    ],
)
def test_a_part_of_a_file(app: webtest.TestApp, asked: str, part: slice) -> None:
    answer = app.get(FILE, headers={"Range": asked}, status=206)
    start, stop, _ = part.indices(len(CONTENT))
    assert answer.body == CONTENT[part]
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(CONTENT)}"
    assert answer.headers["Content-Length"] == str(stop - start)


class Wrapper:
    """What a server has for files that it sends itself."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self.file = file

    def __iter__(self) -> Iterator[bytes]:
        raise AssertionError("the server reads the file")


def test_a_server_that_sends_files_itself_gets_them_unread(app: webtest.TestApp) -> None:
    environ = webob.Request.blank(FILE, headers={"Range": "bytes=100-109"}).environ
    answers: list[tuple[str, dict[str, str]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        answers.append((status, dict(headers)))

    parts = app.app({**environ, "wsgi.file_wrapper": Wrapper}, start_response)
    ((status, headers),) = answers
    assert (status, headers["Content-Length"]) == ("206 Partial Content", "10")
    assert isinstance(parts, Wrapper)
    with parts.file:
        assert parts.file.tell() == 100


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,5-6", "lines=0-1", "bytes=9-1", "bytes=x", "bytes", "0-1", "bytes=--1"],
)
def test_what_is_no_single_part_gets_the_file(app: webtest.TestApp, asked: str) -> None:
    assert app.get(FILE, headers={"Range": asked}, status=200).body == CONTENT


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=99999-999999", "bytes=-0"])
def test_a_part_after_the_end_is_refused_with_the_length(app: webtest.TestApp, asked: str) -> None:
    refused = app.get(FILE, headers={"Range": asked}, status=416)
    assert refused.headers["Content-Range"] == f"bytes */{len(CONTENT)}"
    assert refused.json["code"] == 416
    assert "has 1024 bytes" in refused.json["message"]


def test_a_part_is_of_the_version_that_the_client_has(app: webtest.TestApp) -> None:
    whole = app.get(FILE)
    for known in (whole.headers["ETag"], whole.headers["Last-Modified"]):
        app.get(FILE, headers={"Range": "bytes=0-1", "If-Range": known}, status=206)
    for other in ('"other"', f"W/{whole.headers['ETag']}", "Thu, 22 Jun 2017 14:06:17 GMT"):
        headers = {"Range": "bytes=0-1", "If-Range": other}
        assert app.get(FILE, headers=headers, status=200).body == CONTENT


@pytest.mark.parametrize(
    "path",
    [
        *("nothing", "latest/nothing", "latest/builds.parquet/", "latest/builds.parquet/x"),
        *("way-out", "way-out/", "way-out/secret.txt", "way-out.txt"),
        *("..", "../", "../x", "%2e%2e/", "latest/../../outside0/secret.txt", "..%2f..%2fetc"),
        *(".unfinished-1/", ".unfinished-1/builds.csv", "latest/.", "latest/./builds.parquet"),
        *("/etc/passwd", "//etc/passwd", "%2fetc%2fpasswd", "loop", "nowhere", "pipe"),
        *("latest/%0a", "latest%0a", LONGEST, f"{LONGEST}/x", "x/" * 2000, "..\\.."),
    ],
)
def test_nothing_else_is_there(app: webtest.TestApp, path: str) -> None:
    answer = app.get(f"{EXPORTS}/{path}", status=404)
    assert "top secret" not in answer.text
    assert (answer.json["code"], "exports" in answer.json["message"]) == (404, True)


@pytest.mark.parametrize("path", ["%ff", "%00", "latest%00", "latest/%00/x"])
def test_what_no_text_has_is_refused(app: webtest.TestApp, path: str) -> None:
    assert app.get(f"{EXPORTS}/{path}", status=400).json["code"] == 400


def test_what_a_browser_might_run_is_only_saved(app: webtest.TestApp) -> None:
    answer = app.get(f"{EXPORTS}/page.html", headers={"Accept": "text/html"})
    assert answer.content_type == "application/octet-stream"


def test_other_methods_are_refused_and_options_name_those_there_are(app: webtest.TestApp) -> None:
    for path in (f"{EXPORTS}/", FILE):
        assert app.options(path, status=204).headers["Allow"] == "GET, HEAD, OPTIONS"
        assert app.post(path, status=405).headers["Allow"] == "GET, HEAD, OPTIONS"
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    asked["Access-Control-Request-Headers"] = "range"
    allowed = app.options(FILE, headers=asked).headers
    assert allowed["Access-Control-Allow-Origin"] == "*"
    assert allowed["Access-Control-Allow-Headers"] == "range"


def test_a_batch_gets_lists_but_no_files(app: webtest.TestApp) -> None:
    requests = [{"path": "/v1/exports/"}, {"path": FILE}]
    listed, refused = app.post_json("/v1/batch", {"requests": requests}).json["responses"]
    assert listed["body"]["data"]
    assert (refused["status"], "no room for files" in refused["body"]["message"]) == (400, True)


def test_whoever_may_not_read_the_catalogue_may_not_read_its_exports(
    app: webtest.TestApp,
) -> None:
    bucket_id, _ = app.app.registry.buildhub_catalog_collection
    path = f"/v1/buckets/{bucket_id}"
    app.patch_json(path, {"permissions": {"read": []}}, headers=PUBLISHER_HEADERS)
    try:
        for each in (f"{EXPORTS}/", FILE):
            app.get(each, status=401)
        assert app.get(FILE, headers=PUBLISHER_HEADERS).headers["Cache-Control"] == (
            "private, no-cache"
        )
    finally:
        everyone = {"permissions": {"read": ["system.Everyone"]}}
        app.patch_json(path, everyone, headers=PUBLISHER_HEADERS)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({}, "kinto.buildhub.exports_folder names no folder", id="no-setting"),
        pytest.param(
            {"kinto.buildhub.exports_folder": "/nonexistent/exports"},
            "There are no exports yet",
            id="no-folder",
        ),
    ],
)
def test_without_a_folder_there_is_a_reason(
    make_app: Callable[..., webtest.TestApp], tmp_path: Path, settings: Any, message: str
) -> None:
    with catalogue_app(make_app, tmp_path, [], **settings) as app:
        assert message in app.get(f"{EXPORTS}/", status=404).json["message"]
        assert app.get(FILE, status=404).json["code"] == 404
