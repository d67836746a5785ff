"""The reads of a batch have a limit of bytes and of time in all; its writes are done."""

from collections.abc import Callable
from typing import Any

import pytest
import webtest
from kinto_buildhub.client_presence import FIRST_CHECK_SECONDS, Client, answering

from tests.conftest import PUBLISHER_HEADERS

C = "/buckets/b/collections/c"
ANSWER_BYTES = 5000
RECORDS = 20


@pytest.fixture(scope="module")
def app(make_app: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    app = make_app(
        **{
            "kinto.buildhub.max_batch_answer_bytes": str(ANSWER_BYTES),
            "kinto.buildhub.batch_timeout_seconds": "20",
        }
    )
    for path in ("/buckets/b", C):
        app.put_json(f"/v1{path}", {}, headers=PUBLISHER_HEADERS)
    for number in range(RECORDS):
        body = {"data": {"text": "x" * 50}}
        app.put_json(f"/v1{C}/records/r{number}", body, headers=PUBLISHER_HEADERS)
    return app


def statuses(app: webtest.TestApp, requests: list[dict[str, Any]]) -> list[int]:
    answer = app.post_json("/v1/batch", {"requests": requests}, headers=PUBLISHER_HEADERS)
    return [each["status"] for each in answer.json["responses"]]


LIST = {"method": "GET", "path": f"{C}/records"}
WRITE = {"method": "PUT", "path": f"{C}/records/r1", "body": {"data": {"text": "new"}}}


def test_lists_beyond_the_bytes_are_refused_and_writes_are_done(app: webtest.TestApp) -> None:
    found = statuses(app, [LIST] * 10 + [WRITE])
    answered = found.index(400)
    # The one that reaches the limit is still answered.
    assert ANSWER_BYTES / 3000 < answered < ANSWER_BYTES / 1000 + 2
    assert found == [200] * answered + [400] * (10 - answered) + [200]
    assert app.get(f"/v1{C}/records/r1", headers=PUBLISHER_HEADERS).json["data"]["text"] == "new"


def test_the_refusal_names_the_limit(app: webtest.TestApp) -> None:
    body = {"requests": [LIST] * 10}
    answer = app.post_json("/v1/batch", body, headers=PUBLISHER_HEADERS)
    refusal = answer.json["responses"][-1]["body"]
    assert refusal["errno"] == 107
    assert (
        f"longer than {ANSWER_BYTES} bytes (kinto.buildhub.max_batch_answer_bytes)"
        in (refusal["message"])
    )


def test_many_short_answers_are_no_problem(app: webtest.TestApp) -> None:
    head = {"method": "HEAD", "path": f"{C}/records"}
    assert statuses(app, [head, WRITE] * 20) == [200] * 40


def test_each_batch_has_its_own_limits(app: webtest.TestApp) -> None:
    for _ in range(5):
        assert statuses(app, [LIST]) == [200]


def test_reads_end_with_the_time(app: webtest.TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(0, 1000, 8))
    monkeypatch.setattr(
        "kinto_buildhub.request_hooks.batch_limits.time.monotonic", lambda: float(next(now))
    )
    small = {"method": "GET", "path": f"{C}/records/r2"}
    assert statuses(app, [small, small, small, small, WRITE]) == [200, 200, 503, 503, 200]


def test_reads_end_when_nobody_waits_for_them(app: webtest.TestApp) -> None:
    client = Client(lambda: True, clock=iter([0.0, *[FIRST_CHECK_SECONDS] * 20]).__next__)
    with answering(client):
        assert statuses(app, [LIST, LIST, WRITE]) == [503, 503, 200]
