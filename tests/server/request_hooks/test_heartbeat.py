"""The heartbeat checks once, however many ask."""

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from kinto_buildhub.request_hooks.heartbeat import KeptHeartbeat


def make_request() -> Any:
    return SimpleNamespace(response=SimpleNamespace(status_code=200))


class Checks:
    """Counts its calls; the backend answers after *release*."""

    def __init__(self, status_code: int = 200) -> None:
        self.count = 0
        self.status_code = status_code
        self.release = threading.Event()
        self.release.set()

    def __call__(self, request: Any) -> dict[str, Any]:
        self.count += 1
        count = self.count
        assert self.release.wait(10)
        request.response.status_code = self.status_code
        return {"storage": self.status_code == 200, "count": count}


def test_those_who_ask_at_once_share_a_check():
    checks = Checks()
    checks.release.clear()
    kept = KeptHeartbeat(checks)
    with ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(kept.answer, make_request()) for _ in range(20)]
        checks.release.set()
        assert {each.result()["count"] for each in answers} == {1}


@pytest.mark.parametrize(("age_seconds", "count"), [(0.0, 1), (0.9, 1), (1.0, 2), (5.0, 2)])
def test_a_result_is_kept_for_a_second(age_seconds, count):
    now = [100.0]
    kept = KeptHeartbeat(Checks(), clock=lambda: now[0])
    kept.answer(make_request())
    now[0] += age_seconds
    assert kept.answer(make_request())["count"] == count


def test_a_failure_is_kept_too():
    kept = KeptHeartbeat(Checks(503))
    for _ in range(2):
        request = make_request()
        assert kept.answer(request) == {"storage": False, "count": 1}
        assert request.response.status_code == 503


def test_the_server_answers_with_it(make_app):
    app = make_app()
    checks = []
    app.app.registry.heartbeats["counted"] = lambda request: not checks.append(request)
    answers = [app.get("/v1/__heartbeat__") for _ in range(5)]
    assert len(checks) == 1
    assert all(answer.json == answers[0].json for answer in answers)
    assert answers[0].json["counted"] is True
