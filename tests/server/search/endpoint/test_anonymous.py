"""An anonymous search takes the fast path, and only the time that it takes shows it."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from types import SimpleNamespace

import psycopg2
import pytest
from kinto_buildhub.anonymous.queries.database import APPLICATION_NAME, PAUSE_SECONDS
from kinto_buildhub.search.errors import TimedOut
from kinto_buildhub.search.mapping import METADATA_KEY

from tests.conftest import PUBLISHER_HEADERS
from tests.server.anonymous import kinto_path
from tests.server.anonymous.kinto_path import summary
from tests.server.search.collections import make_collection, search_of

ON_KINTO_PATH = {"Cookie": "any=thing"}


@pytest.mark.parametrize("endpoint", ["search", "_search"])
@pytest.mark.parametrize(
    ("body", "parameters"),
    [
        ({"query": {"term": {"target.os": "mac"}}, "sort": ["id"]}, ""),
        ({"size": 0, "aggs": {"p": {"terms": {"field": "source.product"}}}}, ""),
        ({}, "?q=target.os:mac&size=1&sort=id"),
        ({"query": {"foo": {}}}, ""),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"Origin": "https://example.org"}], ids=["", "a page"])
def test_both_paths_answer_alike(search_app, filled_path, endpoint, body, parameters, headers):
    path = f"{filled_path}/{endpoint}{parameters}"
    # The first of its kind shows the headers.
    search_app.post_json(path, body, headers=headers, status="*")
    fast = search_app.post_json(path, body, headers=headers, status="*")
    kintos = search_app.post_json(path, body, headers=headers | ON_KINTO_PATH, status="*")
    assert fast.status == kintos.status
    assert {**fast.json, "took": 0} == {**kintos.json, "took": 0}
    # The first goes with `took`; the other is for pages of other origins, in any order.
    ignored = {"Content-Length", "Access-Control-Expose-Headers"}
    assert {name: value for name, value in fast.headers.items() if name not in ignored} == {
        name: value for name, value in kintos.headers.items() if name not in ignored
    }


def test_kintos_own_path_reports_a_failure_on_the_fast_path(search_app, filled_path):
    deep = b'{"a":' * 1010 + b"1" + b"}" * 1010  # The parser's limit is 1024.
    body = b'{"aggs": {"a": {"terms": {"field": "id"}, "meta": ' + deep + b"}}}"
    for headers in ({}, ON_KINTO_PATH):
        answer = search_app.post(f"{filled_path}/_search", body, headers=headers, status=400)
        assert "nested too deep" in answer.json["message"]


def test_a_search_that_takes_too_long_is_not_made_again(search_app, filled_path, monkeypatch):
    asked = []

    def give_up(*arguments):
        asked.append(arguments)
        raise TimedOut("It took too long.")

    monkeypatch.setattr(search_of(search_app).engine, "search", give_up)
    answer = search_app.post_json(f"{filled_path}/_search", {"from": 1}, status=504)
    assert answer.json["message"] == "It took too long."
    assert len(asked) == 1


def test_complete_until_is_looked_up_before_the_search(search_app, filled_path, monkeypatch):
    moments = ["before"]
    search = search_of(search_app).engine.search

    def search_late(*arguments):
        found = search(*arguments)
        moments[0] = "after"
        return found

    def find(*arguments, **options):
        moment = moments[0]
        return SimpleNamespace(complete_until=lambda *selected: moment)

    monkeypatch.setattr(search_app.app.registry.buildhub_coverage, "find_coverage", find)
    monkeypatch.setattr(search_of(search_app).engine, "search", search_late)
    answer = search_app.post_json(f"{filled_path}/_search", {"from": 2})
    assert (answer.headers["Complete-Until"], moments) == ("before", ["after"])


def test_a_collection_that_is_deleted_is_gone_at_once(search_app, empty_path):
    search_app.post_json(f"{empty_path}/search", {})
    search_app.delete(empty_path, headers=PUBLISHER_HEADERS)
    search_app.post_json(f"{empty_path}/search", {}, status=404)


def test_a_permission_that_is_taken_back_is_gone_at_once(search_app, empty_path):
    search_app.post_json(f"{empty_path}/search", {})
    bucket_path = empty_path.partition("/collections")[0]
    for readers, status in (([], 401), (["system.Everyone"], 200), ([], 401)):
        permissions = {"permissions": {"read": readers}}
        search_app.patch_json(bucket_path, permissions, headers=PUBLISHER_HEADERS)
        search_app.post_json(f"{empty_path}/search", {}, status=status)


def test_a_mapping_that_has_changed_counts_when_the_index_is_made_anew(search_app, empty_path):
    body = {"sort": ["size"]}
    search_app.post_json(f"{empty_path}/search", {})
    assert "size" in search_app.post_json(f"{empty_path}/search", body, status=400).json["message"]
    changed = {"data": {METADATA_KEY: {"properties": {"size": {"type": "long"}}}}}
    search_app.patch_json(empty_path, changed, headers=PUBLISHER_HEADERS)
    give_up = time.monotonic() + 30
    while search_app.post_json(f"{empty_path}/search", body, status="*").status_code != 200:
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_a_connection_that_breaks_costs_nobody_an_answer(search_app, filled_path, monkeypatch):
    monkeypatch.setattr(search_app.app.registry.buildhub_permissions, "lease_seconds", 0.0)
    search_app.app.registry.buildhub_epoch.advance()

    def ask():
        answer = search_app.post_json(f"{filled_path}/search", {"sort": ["id"]}).json
        return answer["hits"]

    def end_connections(cursor):
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            (APPLICATION_NAME,),
        )
        return cursor.fetchone()[0]

    expected = ask()
    url = search_app.app.registry.settings["storage_url"]
    for _ in range(2):
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            assert end_connections(cursor) >= 1
            while end_connections(cursor):  # They end when they come to it.
                time.sleep(0.01)
        assert ask() == expected
        time.sleep(PAUSE_SECONDS)
        assert ask() == expected


@pytest.mark.parametrize(
    ("setting", "status"),
    [
        ("collection_read_principals", 401),
        ("collection_write_principals", 401),
        ("record_read_principals", 200),
        ("bucket_read_principals", 401),
    ],
)
def test_settings_grant_what_they_grant_on_kintos_own_path(make_app, tmp_path, setting, status):
    app = make_app(**{"kinto.search.path": str(tmp_path), f"kinto.{setting}": "system.Everyone"})
    try:
        path = make_collection(app, read=())
        for headers in ({}, ON_KINTO_PATH):
            answer = app.post_json(f"{path}/search", {}, headers=headers, status="*")
            # What may be searched might not have its index yet.
            assert answer.status_code in (status, 503 if status == 200 else status)
    finally:
        search_of(app).follower.stop()
        search_of(app).engine.close()


def test_searches_are_logged_as_they_came(search_app, filled_path, caplog):
    def lines(**headers):
        caplog.clear()
        with caplog.at_level(logging.INFO, "request.summary"):
            search_app.post_json(
                f"{filled_path}/_search?size=1", {}, headers={"User-Agent": "tests", **headers}
            )
        return [summary(record) for record in caplog.records if record.name == "request.summary"]

    lines()
    [fast], [kintos] = lines(), lines(**ON_KINTO_PATH)
    assert fast == kintos
    assert (fast["path"], fast["code"]) == (f"{filled_path}/_search", 200)


@pytest.mark.parametrize("endpoint", ["search", "_search"])
def test_searches_are_counted(make_app, tmp_path, endpoint):
    includes = "kinto_buildhub tests.server.anonymous.kinto_path.add_metrics"
    app = make_app(**{"kinto.search.path": str(tmp_path), "kinto.includes": includes})
    try:
        path = f"{make_collection(app)}/{endpoint}"
        give_up = time.monotonic() + 30
        while app.post_json(path, {}, status="*").status_code != 200:
            assert time.monotonic() < give_up

        def counted(**headers):
            kinto_path.metrics.clear()
            app.post_json(path, {}, headers=headers)
            # The time of the backends is measured where they are called; `took` may have a digit
            # more.
            return [
                (name.partition(" ")[0], labels)
                for name, labels in kinto_path.metrics
                if not name.startswith("backend")
            ]

        assert counted() == counted(**ON_KINTO_PATH)
        assert "request_summary" in dict(counted())
    finally:
        search_of(app).follower.stop()
        search_of(app).engine.close()


def test_a_thread_that_has_answered_holds_no_connection(search_app, empty_path):
    """One in an open transaction keeps the database from tidying up."""
    client = search_app.app.registry.storage.client

    def ask():
        search_app.post_json(f"{empty_path}/search", {})
        return client.session_factory().in_transaction()

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(ask).result() is False
