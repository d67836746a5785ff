"""Each engine answers what search pages send as Elasticsearch does."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kinto_buildhub.search.engine import Engine
from kinto_buildhub.search.service import Search

from tests.server.search.answer_differences import differences
from tests.server.search.conftest import decoded
from tests.server.search.recorded_pages import (
    INDEX,
    MAPPING,
    PAGES,
    Page,
    comparable,
    fill,
    searching,
)

# The first test on a server waits until it is fetched and started.
pytestmark = pytest.mark.timeout(900)

STEPS = [
    pytest.param(page, step, id=f"{page.name}: {step['name']}")
    for page in PAGES
    for step in page.steps()
]


@pytest.fixture(scope="session")
def search(make_engine: Callable[[], Engine]) -> Iterator[Search]:
    """Searches in the suite's records."""
    engine = make_engine()
    fill(engine)
    with searching(engine) as search:
        yield search
    engine.delete(INDEX)
    engine.close()


@pytest.mark.parametrize(("page", "step"), STEPS)
def test_a_page_gets_the_recorded_answers(search: Search, page: Page, step: dict[str, Any]) -> None:
    answer = decoded(search.answer(INDEX, MAPPING, step["body"], {}, legacy=page.legacy))
    assert differences(step["body"], step["answer"], comparable(answer)) == []
