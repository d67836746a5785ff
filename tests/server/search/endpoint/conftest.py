"""A Kinto with the embedded engine, and collections in it."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import webtest
from buildhub_schema import collection_metadata
from kinto_buildhub.search.service import Search
from webtest.http import StopableWSGIServer

from tests.conftest import PUBLISHER_HEADERS
from tests.server.search.records import make_records


@pytest.fixture(scope="session")
def search_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the embedded engine keeps its indexes."""
    return tmp_path_factory.mktemp("search")


@pytest.fixture(scope="session")
def search_app(
    make_app: Callable[..., webtest.TestApp], search_folder: Path
) -> Iterator[webtest.TestApp]:
    """The real app with the embedded engine. A write is answered when searches find it."""
    app = make_app(
        **{
            "kinto.search.path": str(search_folder),
            "kinto.search.leases": str(search_folder / "leases"),
            "kinto.elasticsearch.force_refresh": "true",
            "kinto.flush_endpoint_enabled": "true",
            "kinto.batch_max_requests": "500",
        }
    )
    yield app
    search_of(app).follower.stop()
    search_of(app).engine.close()


def search_of(app: webtest.TestApp) -> Search:
    """Return the search service of the app."""
    found: Search = app.app.registry.buildhub_search
    return found


@pytest.fixture
def empty_path(search_app: webtest.TestApp) -> str:
    """The path of an empty collection that everyone may read."""
    return make_collection(search_app)


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


@pytest.fixture(scope="session")
def filled_path(search_app: webtest.TestApp) -> str:
    """The path of a collection with the suite's records, which nobody changes."""
    path = make_collection(search_app)
    put_records(search_app, path, make_records())
    return path


@pytest.fixture(scope="session")
def collection_url(search_app: webtest.TestApp, filled_path: str) -> Iterator[str]:
    """The URL of that collection on a listening server."""
    server = StopableWSGIServer.create(search_app.app)
    yield f"http://127.0.0.1:{server.effective_port}{filled_path}"
    server.shutdown()
