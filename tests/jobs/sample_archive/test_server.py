"""The sample archive, asked over HTTP as the real one is."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
import requests
from buildhub.sample_archive import INVENTORY_BUCKET, SampleArchive, running_sample_archive

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


def test_a_listing_tells_what_the_archive_holds(styled: tuple[str, str]) -> None:
    style, url = styled
    answer = get(f"{url}/{FOLDER}", **JSON)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    listed = {file["name"]: file for file in answer.json()["files"]}
    for made in SampleArchive("tiny").iter_objects(FOLDER):
        told = listed.pop(made.path.removeprefix(FOLDER))
        assert told["last_modified"] == made.modified.strftime("%Y-%m-%dT%H:%M:%SZ")
        if style == "s3":
            assert told["size"] == made.size
    assert not listed


def test_head_tells_the_exact_size_that_get_sends(gcs: str) -> None:
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
