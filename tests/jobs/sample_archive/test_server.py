"""The sample archive, asked over HTTP as the real one is."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from buildhub.sample_archive import INVENTORY_BUCKET, SampleArchive, running_sample_archive

JSON = {"Accept": "application/json"}
FOLDER = "pub/firefox/releases/56.0b12/win32/fr/"

Answer = tuple[int, Any, bytes]


def get(url: str, method: str = "GET", **headers: str) -> Answer:
    request = Request(url, headers=headers, method=method)
    try:
        with urlopen(request, timeout=10) as response:
            return response.status, response.headers, response.read()
    except HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.fixture(scope="module", params=["s3", "gcs"])
def styled(request: pytest.FixtureRequest) -> Iterator[tuple[str, Callable[..., Answer]]]:
    """A style, and a function that asks a server of that style."""
    with running_sample_archive("tiny", request.param) as url:
        yield request.param, lambda path, **kw: get(f"{url}/{quote(path)}", **kw)


@pytest.fixture(scope="module")
def gcs() -> Iterator[str]:
    with running_sample_archive("tiny") as url:
        yield url


def test_a_listing_tells_what_the_archive_holds(styled: Any) -> None:
    style, ask = styled
    status, headers, body = ask(FOLDER, **JSON)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    listed = {file["name"]: file for file in json.loads(body)["files"]}
    for made in SampleArchive("tiny").iter_objects(FOLDER):
        told = listed.pop(made.path.removeprefix(FOLDER))
        assert told["last_modified"] == made.modified.strftime("%Y-%m-%dT%H:%M:%SZ")
        if style == "s3":
            assert told["size"] == made.size
    assert not listed


def test_head_tells_the_exact_size_that_get_sends(gcs: str) -> None:
    path = "pub/firefox/candidates/56.0b12-candidates/build1/win32/en-US/mozharness.zip"
    made = next(
        o
        for o in SampleArchive("tiny").iter_objects(path[: path.rindex("/") + 1])
        if o.path == path
    )
    status, headers, body = get(f"{gcs}/{path}", method="HEAD")
    assert (status, int(headers["Content-Length"]), body) == (200, made.size, b"")
    assert len(get(f"{gcs}/{path}")[2]) == made.size


def test_every_answer_is_labelled_as_sample_data(gcs: str) -> None:
    for path in ("", "pub/", "pub/nothing/", FOLDER, f"s3/{INVENTORY_BUCKET}"):
        _, headers, _ = get(f"{gcs}/{path}")
        assert headers["X-Sample-Data"].startswith("sample data"), path
