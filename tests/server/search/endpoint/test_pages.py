"""Search pages themselves, with a collection's address as their host."""

import json

import pytest

from tests.server.search.answer_differences import differences
from tests.server.search.recorded_pages import PAGES, Page, comparable

# The first run installs what the pages are made of.
pytestmark = pytest.mark.timeout(600)


def as_javascript(answer):
    """Return an answer as JavaScript writes it: 1.0 is 1 there."""

    def number(text):
        return int(float(text)) if float(text).is_integer() else float(text)

    return json.loads(json.dumps(answer), parse_float=number)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_sends_and_gets_as_recorded(page: Page, collection_url: str) -> None:
    recorded, steps = page.steps(), page.run(collection_url)
    assert [step["name"] for step in steps] == [step["name"] for step in recorded]
    for expected, found in zip(recorded, steps, strict=True):
        assert found["body"] == expected["body"], found["name"]
        answer = as_javascript(expected["answer"])
        differing = differences(found["body"], answer, comparable(found["answer"]))
        assert differing == [], found["name"]


def test_a_page_of_another_origin_may_send_what_its_client_adds(search_app, filled_path):
    answer = search_app.options(
        f"{filled_path}/_search",
        headers={
            "Origin": "https://page.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-elastic-client-meta,authorization",
        },
    )
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(",")
    assert {"content-type", "x-elastic-client-meta", "authorization"} <= set(allowed)
