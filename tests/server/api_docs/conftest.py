"""One server with a small catalogue for all tests of the document."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import webtest

from tests.server.api_docs.world import running_world


@pytest.fixture(scope="package")
def world(
    make_app: Callable[..., webtest.TestApp],
    make_database: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[webtest.TestApp]:
    """A server on which every operation's example works."""
    folder = tmp_path_factory.mktemp("world")
    with running_world(make_app, make_database(), folder) as app:
        yield app


@pytest.fixture(scope="package")
def document(world: webtest.TestApp) -> dict[str, Any]:
    """Its OpenAPI document."""
    return dict(world.get("/v1/openapi.json").json)
