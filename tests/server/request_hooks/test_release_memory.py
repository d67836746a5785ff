"""What requests leave in memory, with the garbage collector switched off."""

import gc
import json
from collections.abc import Iterator

import pytest
from kinto.core.errors import ERRORS, http_error
from kinto.core.events import ResourceChanged
from pyramid import httpexceptions

from tests.conftest import PUBLISHER_HEADERS, make_record

COUNT = 60

REFUSAL = http_error(
    httpexceptions.HTTPConflict(), errno=ERRORS.CONSTRAINT_VIOLATED, message="not today"
)


def includeme(config) -> None:
    """Plug in a listener that refuses each change with the same object."""
    config.add_subscriber(_refuse, ResourceChanged)


def _refuse(event) -> None:
    raise REFUSAL


@pytest.fixture
def records_path(app, collection_path) -> str:
    lines = [json.dumps(make_record(id=f"left-{number}")) for number in range(COUNT)]
    headers = PUBLISHER_HEADERS | {"Content-Type": "application/x-ndjson"}
    app.post(f"{collection_path}/bulk", "\n".join(lines), headers=headers)
    return f"{collection_path}/records"


@pytest.fixture
def no_collector(records_path) -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def pages_held() -> tuple[int, int]:
    """Return how many records and how many answers with records are in memory."""
    tracked = gc.get_objects()
    dictionaries = [each for each in tracked if type(each) is dict]
    records = [each for each in dictionaries if str(each.get("id")).startswith("left-")]
    parts = gc.get_referents(*(each for each in tracked if type(each) is list))
    answers = [each for each in parts if type(each) is bytes and each.startswith(b'{"data":[')]
    return len(records), len(answers)


@pytest.mark.parametrize(
    "headers",
    [pytest.param({}, id="short-way"), pytest.param(PUBLISHER_HEADERS, id="ordinary-way")],
)
@pytest.mark.usefixtures("no_collector")
def test_a_page_that_was_sent_is_no_longer_in_memory(app, records_path, headers):
    assert pages_held() == (0, 0)
    found = app.get(records_path, {"_limit": COUNT}, headers=headers).json["data"]
    assert pages_held() == (len(found), 0) == (COUNT, 0)
    del found
    assert pages_held() == (0, 0)


@pytest.mark.usefixtures("no_collector")
def test_a_batch_answers_each_of_its_requests(app, records_path):
    requests = [{"method": "GET", "path": f"{records_path}?_limit={n}"} for n in (3, 2)]
    found = app.post_json("/v1/batch", {"requests": requests}, headers=PUBLISHER_HEADERS).json
    assert [len(each["body"]["data"]) for each in found["responses"]] == [3, 2]


def test_a_redirect_keeps_its_text(app):
    answer = app.get("/buckets", status=307)
    assert answer.headers["Location"] == "http://localhost/v1/buckets"
    assert "v1/buckets" in answer.text
    assert answer.headers["Content-Length"] == str(len(answer.body))


def test_an_error_that_is_raised_again_keeps_its_content(make_app):
    app = make_app(**{"kinto.includes": f"kinto_buildhub {__name__}"})
    for _ in range(3):
        answer = app.put_json("/v1/buckets/b", {}, headers=PUBLISHER_HEADERS, status=409)
        assert answer.json["message"] == "not today"
