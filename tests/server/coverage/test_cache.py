"""Coverage is read about once a second, and never in the way of an answer."""

import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from kinto_buildhub.coverage.cache import CoverageCache
from kinto_buildhub.coverage.completeness import read_coverage

COLLECTION = ("build-hub", "releases")
REPORT = {"product": "firefox", "channel": "nightly", "complete_until": "2024-05-01T00:00:00Z"}


class Store:
    """A store whose coverage the test sets, and whose answers it may hold back."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.readings: list[str] = []

    def list_all(self, parent_id: str, **options: Any) -> list[dict[str, Any]]:
        self.readings.append(parent_id)
        assert self.may_answer.wait(30)
        return [{**each, "last_modified": 2e12} for each in self.records]


class Clock:
    """The time, which the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    yield store
    store.may_answer.set()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def make_cache(store: Store, clock: Clock, **options: Any) -> CoverageCache:
    return CoverageCache(
        partial(read_coverage, store), lambda collection: False, clock=clock, **options
    )


def test_it_is_used_for_a_while(store: Store, clock: Clock) -> None:
    cache = make_cache(store, clock)
    for seconds, readings in ((0.0, 1), (0.5, 1), (1.0, 2), (1.5, 2), (3600.0, 3)):
        clock.now = seconds
        assert cache.find_coverage(COLLECTION) is not None
        assert len(store.readings) == readings
    assert set(store.readings) == {"/buckets/build-hub/collections/releases-coverage"}


def test_it_is_read_again_before_it_expires_and_nobody_waits(store: Store, clock: Clock) -> None:
    cache = make_cache(store, clock)
    before = cache.find_coverage(COLLECTION)
    store.may_answer.clear()
    clock.now = 0.9
    assert cache.find_coverage(COLLECTION) is before
    assert cache.find_coverage(COLLECTION) is before
    clock.now = 1.0
    store.may_answer.set()
    assert cache.find_coverage(COLLECTION) is not before
    clock.now = 1.4
    cache.find_coverage(COLLECTION)
    assert len(store.readings) == 2


def test_a_report_is_seen_when_the_second_is_over(store: Store, clock: Clock) -> None:
    cache = make_cache(store, clock)
    assert cache.find_coverage(COLLECTION).records == {}
    store.records = [REPORT]
    assert cache.find_coverage(COLLECTION).records == {}
    clock.now = 1.0
    assert set(cache.find_coverage(COLLECTION).records) == {("firefox", "nightly")}


def test_while_the_store_is_slow_older_coverage_is_used(store: Store, clock: Clock) -> None:
    cache = make_cache(store, clock, timeout_seconds=0.01)
    store.records = [REPORT]
    before = cache.find_coverage(COLLECTION)
    clock.now = 1.0
    store.may_answer.clear()
    for _ in range(3):
        assert cache.find_coverage(COLLECTION) is before
    assert len(store.readings) == 2, "they wait for the same reading"


def test_a_slow_store_leaves_the_first_answer_without_coverage(store: Store, clock: Clock) -> None:
    store.may_answer.clear()
    assert make_cache(store, clock, timeout_seconds=0.01).find_coverage(COLLECTION) is None


def test_a_store_that_fails_leaves_answers_without_coverage(store: Store, clock: Clock) -> None:
    store.list_all = None  # type: ignore[assignment,method-assign]
    assert make_cache(store, clock).find_coverage(COLLECTION) is None


def test_of_searches_it_says_what_the_index_has_caught_up_with(store: Store, clock: Clock) -> None:
    is_followed = True
    cache = CoverageCache(
        partial(read_coverage, store), lambda collection: is_followed, clock=clock
    )
    assert cache.find_coverage(COLLECTION, searched=True).records == {}
    store.records, is_followed, clock.now = [REPORT], False, 1.0
    assert cache.find_coverage(COLLECTION).records != {}
    assert cache.find_coverage(COLLECTION, searched=True).records == {}
    is_followed, clock.now = True, 2.0
    assert cache.find_coverage(COLLECTION, searched=True).records != {}
