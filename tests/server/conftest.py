"""The real app with a catalogue of its own, for the tests of several capabilities."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import webtest

from tests.server.catalog.apps import catalogue_app


@pytest.fixture(scope="session")
def make_catalogue(
    make_app: Callable[..., webtest.TestApp], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., webtest.TestApp]]:
    """Return a function that makes an app whose catalogue holds the given records."""
    with ExitStack() as stack:

        def make(records: list[dict[str, Any]], **changes: Any) -> webtest.TestApp:
            folder = tmp_path_factory.mktemp("catalogue")
            return stack.enter_context(catalogue_app(make_app, folder, records, **changes))

        yield make
