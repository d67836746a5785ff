"""What the tests of exports share."""

import pytest

from tests.jobs.served_catalogue import Place


@pytest.fixture
def place(collection_path: str, live_server: str) -> Place:
    """An empty collection of the served app."""
    *_, bucket, _, collection = collection_path.split("/")
    return Place(live_server, bucket, collection)
