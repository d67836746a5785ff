"""A fast path that keeps failing is a warning a minute, and costs no answer."""

import logging

import pytest
from kinto_buildhub.anonymous.failures import FailureLog
from kinto_buildhub.anonymous.records import RecordLists

EVENT = "fast_path_failed"


def warnings_of(caplog):
    return [record for record in caplog.records if record.message == EVENT]


def test_one_failure_a_minute_is_logged_with_its_traceback(caplog):
    now = [0.0]
    failures = FailureLog(interval_seconds=60.0, clock=lambda: now[0])
    for second in range(0, 130, 10):
        now[0] = float(second)
        failures.report(ValueError(f"at {second} s"))
    found = warnings_of(caplog)
    assert [each.reason for each in found] == ["at 0 s", "at 60 s", "at 120 s"]
    assert [each.unreported_count for each in found] == [0, 5, 5]
    assert {each.levelno for each in found} == {logging.WARNING}
    assert all(each.exc_info[0] is ValueError for each in found)


def test_whatever_is_raised_is_logged_and_kintos_own_path_answers(make_place, monkeypatch, caplog):
    place = make_place()
    place.fill([{"made": "a"}])

    def fail(*arguments):
        raise RuntimeError("out of luck")

    monkeypatch.setattr(RecordLists, "answer", fail)
    for _ in range(3):
        assert not place.is_fast(lambda: place.ask())
        assert place.ask().json["data"][0]["made"] == "a"
    [found] = warnings_of(caplog)
    assert found.reason == "out of luck"


@pytest.mark.parametrize("query", ["_limit=x", "it.size=x", "%ff=a", "_token=x"])
def test_a_mistake_in_a_request_is_no_failure(make_place, caplog, query):
    place = make_place()
    assert place.ask(query).status_code == 400
    assert warnings_of(caplog) == []


def test_a_database_that_does_not_answer_is_logged(make_place, caplog):
    place = make_place()
    place.fill([{}])
    place.ask()
    place.end_connections()
    assert place.ask().status_code == 200
    [found] = warnings_of(caplog)
    assert "terminat" in found.reason or "closed" in found.reason
