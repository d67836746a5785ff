"""The real app with a catalogue of its own, whose pages are asked for over WSGI."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import webtest

from tests.server.search.collections import make_collection, put_records, search_of
from tests.server.search.records import make_records

CATALOGUE = "/v1/catalog/"


@pytest.fixture(scope="session")
def make_catalogue(
    make_app: Callable[..., webtest.TestApp], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., webtest.TestApp]]:
    """Return a function that makes an app whose catalogue holds the given records."""
    apps: list[webtest.TestApp] = []

    def make(records: list[dict[str, Any]], **settings: str) -> webtest.TestApp:
        folder: Path = tmp_path_factory.mktemp("catalogue")
        app = make_app(
            **{
                "kinto.search.path": str(folder),
                "kinto.elasticsearch.force_refresh": "true",
                "kinto.batch_max_requests": "500",
            }
            | settings
        )
        apps.append(app)
        path = make_collection(app)
        _, _, _, bucket_id, _, collection_id = path.split("/")
        app.app.registry.buildhub_catalog_collection = (bucket_id, collection_id)
        put_records(app, path, records)
        return app

    yield make
    for app in apps:
        search_of(app).follower.stop()
        search_of(app).engine.close()


@pytest.fixture(scope="session")
def catalogue(make_catalogue: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    """A catalogue with the records of the search suite, which nobody changes."""
    return make_catalogue(make_records())
