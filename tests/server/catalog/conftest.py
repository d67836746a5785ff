"""The real app with a catalogue of its own, whose pages are asked for over WSGI."""

from collections.abc import Callable

import pytest
import webtest

from tests.server.search.records import make_records

CATALOGUE = "/v1/catalog/"


@pytest.fixture(scope="session")
def catalogue(make_catalogue: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    """A catalogue with the records of the search suite, which nobody changes."""
    return make_catalogue(make_records())
