"""Collections with records, made over HTTP, and the search service of the app they are in."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import webtest
from buildhub_schema import collection_metadata
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.service import Search

from tests.conftest import PUBLISHER_HEADERS

FOLLOWED_WITHIN_SECONDS = 10


def search_of(app: webtest.TestApp) -> Search:
    """Return the search service of the app."""
    found: Search = app.app.registry.buildhub_search
    return found


def make_collection(app: webtest.TestApp, *, read: tuple[str, ...] = ("system.Everyone",)) -> str:
    """Create a bucket and a collection; return the path."""
    bucket_id = f"search-{uuid.uuid4().hex}"
    app.put_json(
        f"/v1/buckets/{bucket_id}",
        {"permissions": {"read": list(read)}},
        headers=PUBLISHER_HEADERS,
    )
    path = f"/v1/buckets/{bucket_id}/collections/releases"
    app.put_json(path, {"data": collection_metadata()}, headers=PUBLISHER_HEADERS)
    return path


# WebOb keeps longer bodies in temporary files, and never closes them.
_RECORDS_A_REQUEST = 8


def put_records(app: webtest.TestApp, path: str, records: list[dict[str, Any]]) -> None:
    """Write records, a few in one request."""
    for start in range(0, len(records), _RECORDS_A_REQUEST):
        requests = [
            {"method": "PUT", "path": f"{path}/records/{record['id']}", "body": {"data": record}}
            for record in records[start : start + _RECORDS_A_REQUEST]
        ]
        answer = app.post_json("/v1/batch", {"requests": requests}, headers=PUBLISHER_HEADERS)
        statuses = {each["status"] for each in answer.json["responses"]}
        assert statuses <= {200, 201}, answer.json["responses"][:3]


def index_of(path: str) -> IndexId:
    """Return the index of the collection at a path."""
    parts = path.split("/")
    return IndexId(parts[3], parts[5])


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until the condition is met; *what* is for the message if it is not."""
    give_up = time.monotonic() + FOLLOWED_WITHIN_SECONDS
    while not condition():
        assert time.monotonic() < give_up, f"{what} did not happen"
        time.sleep(0.02)


def total(app: webtest.TestApp, path: str) -> int:
    """Return the number of records that a search finds."""
    return int(app.post_json(f"{path}/search", {"size": 0}).json["hits"]["total"])
