"""The folder pages of both listing services, byte for byte."""

import pytest
from buildhub_sample_archive.http.content_types import content_type_of
from buildhub_sample_archive.http.listing import STYLES, listing_page, rounded_size
from buildhub_sample_archive.objects import File, Folder, describe, same

HOUR = "2018-08-08T05:"
FOLDER = Folder.of(
    [
        File("firefox-61.0.2.json", 910, HOUR, exact=True),
        File("Firefox Setup 61.0.2.exe", 54_916_211, HOUR, exact=True),
        File("a+b.txt", 12_345, HOUR, exact=True),
    ],
    {"xpi": same(Folder()), "ach": same(Folder())},
)
TIMES = [f"{describe('pub/x/' + file.name, file).modified}Z" for file in FOLDER.files]
S3_JSON = (
    '{"prefixes":["ach/","xpi/"],"files":['
    f'{{"name":"Firefox Setup 61.0.2.exe","last_modified":"{TIMES[0]}","size":54916211}},'
    f'{{"name":"a+b.txt","last_modified":"{TIMES[1]}","size":12345}},'
    f'{{"name":"firefox-61.0.2.json","last_modified":"{TIMES[2]}","size":910}}]}}\n'
)
GCS_JSON = (
    '{"prefixes": ["ach/", "xpi/"], "files": ['
    f'{{"name": "Firefox Setup 61.0.2.exe", "size": "52M", "last_modified": "{TIMES[0]}"}}, '
    f'{{"name": "a+b.txt", "size": "12K", "last_modified": "{TIMES[1]}"}}, '
    f'{{"name": "firefox-61.0.2.json", "size": 910, "last_modified": "{TIMES[2]}"}}]}}'
)


@pytest.mark.parametrize(("style", "wanted"), [("s3", S3_JSON), ("gcs", GCS_JSON)])
def test_json_is_that_of_the_listing_service(style: str, wanted: str) -> None:
    page = listing_page(STYLES[style], "pub/x/", FOLDER, "application/json", "")
    assert (page.status, page.body.decode()) == (200, wanted)
    assert page.headers["Vary"] == "Accept"


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/json;q=1", "application/json, text/html", "Application/JSON"]
)
@pytest.mark.parametrize("style", STYLES)
def test_any_other_accept_header_gives_html(style: str, accept: str) -> None:
    page = listing_page(STYLES[style], "pub/x/", FOLDER, accept, "")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    text = page.body.decode()
    assert "<title>Directory Listing: /pub/x/</title>" in text
    assert "Index of /pub/x/" in text
    assert "sample data" in text
    assert '<td>Dir</td><td><a href="/pub/">..</a></td>' in text
    assert '<td>File</td><td><a href="/pub/x/a%2Bb.txt">a+b.txt</a></td><td>12K</td>' in text
    assert f"<td>08-Aug-2018 {TIMES[2][11:16]}</td>" in text


def test_the_newer_listing_service_answers_a_known_etag_with_304() -> None:
    page = listing_page(STYLES["gcs"], "pub/x/", FOLDER, "application/json", "")
    assert len(page.headers["ETag"]) == 64
    again = listing_page(STYLES["gcs"], "pub/x/", FOLDER, "application/json", page.headers["ETag"])
    assert (again.status, again.body) == (304, b"")


def test_pages_of_the_older_listing_service_may_be_cached_for_15_minutes() -> None:
    page = listing_page(STYLES["s3"], "pub/x/", FOLDER, "application/json", "")
    assert page.headers["Cache-Control"] == "max-age=900"
    assert "ETag" not in page.headers


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, 0),
        (1023, 1023),
        (1024, "1K"),
        (1024 * 1024 - 1, "1024K"),
        (1024 * 1024, "1M"),
        (55_751_598, "53M"),
        (20_000_000_000, "19073M"),
    ],
)
def test_the_newer_listing_service_rounds_sizes(size: int, shown: int | str) -> None:
    assert rounded_size(size) == shown


@pytest.mark.parametrize(
    ("name", "modified", "content_type"),
    [
        ("firefox-50.0.json", "2016-10-28T00:56:42", "application/octet-stream"),
        ("firefox-61.0.json", "2018-06-26T00:56:42", "application/json"),
        ("firefox-50.0.txt", "2016-10-28T00:56:42", "text/plain; charset=utf-8"),
        ("Firefox 50.0.dmg", "2016-10-28T00:56:42", "application/x-apple-diskimage"),
        ("Firefox 61.0.dmg", "2018-06-26T00:56:42", "application/x-iso9660-image"),
        ("firefox-135.0.tar.xz", "2025-02-04T00:56:42", "application/x-xz"),
        ("SHA256SUMS", "2018-06-26T00:56:42", "text/plain"),
        ("fennec.apk", "2017-11-14T00:56:42", "application/vnd.android.package-archive"),
    ],
)
def test_a_file_has_the_content_type_of_its_uploader(
    name: str, modified: str, content_type: str
) -> None:
    assert content_type_of(name, modified) == content_type
