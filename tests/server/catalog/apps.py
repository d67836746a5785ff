"""Apps with a catalogue of their own, made for a few tests."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import webtest

from tests.conftest import PUBLISHER_HEADERS
from tests.server.search.collections import make_collection, search_of

MakeApp = Callable[..., webtest.TestApp]


@contextmanager
def catalogue_app(
    make_app: MakeApp,
    folder: Path,
    records: list[dict[str, Any]],
    *,
    metadata: Mapping[str, Any] | None = None,
    **settings: str,
) -> Iterator[webtest.TestApp]:
    """Yield an app whose catalogue holds the given records.

    Args:
        folder: where the embedded engine keeps its index.
        metadata: of the collection; None for that of the real one.
        settings: more settings of the app.
    """
    app = make_app(
        **{"kinto.search.path": str(folder), "kinto.elasticsearch.force_refresh": "true"} | settings
    )
    try:
        path = make_collection(app)
        _, _, _, bucket_id, _, collection_id = path.split("/")
        app.app.registry.buildhub_catalog_collection = (bucket_id, collection_id)
        if metadata is not None:
            app.put_json(path, {"data": dict(metadata)}, headers=PUBLISHER_HEADERS)
        put_in_bulk(app, path, records)
        yield app
    finally:
        search_of(app).follower.stop()
        search_of(app).engine.close()


def put_in_bulk(app: webtest.TestApp, path: str, records: list[dict[str, Any]]) -> None:
    """Write records with one request."""
    body = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    answer = app.post(
        f"{path}/bulk",
        body,
        headers=PUBLISHER_HEADERS | {"Content-Type": "application/x-ndjson"},
    )
    lines = [json.loads(line) for line in answer.body.splitlines()]
    refused = [line for line in lines[:-1] if line["status"] not in ("created", "updated")]
    assert not refused, refused[:3]
