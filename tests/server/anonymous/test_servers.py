"""Servers with other settings; each answers as on Kinto's own path."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from kinto_buildhub.anonymous.eligibility import find_database
from kinto_buildhub.anonymous.queries.database import PAUSE_SECONDS
from kinto_buildhub.run.application import opened_registry
from kinto_buildhub.run.configuration import read_ini
from kinto_buildhub.settings import DATABASE_SETTINGS, HMAC_SECRET

from tests.conftest import PUBLISHER_HEADERS
from tests.server.anonymous import kinto_path
from tests.server.anonymous.conftest import INCLUDES, ON_KINTO_PATH, Place
from tests.server.anonymous.kinto_path import summary
from tests.server.anonymous.test_equivalence import ask_both

PLUGIN = "tests.server.anonymous.kinto_path"


@pytest.mark.parametrize(
    "settings",
    [
        {"kinto.backoff": "30"},
        {"kinto.paginate_by": "1"},
        {"kinto.storage_max_fetch_size": "2"},
        {"kinto.record_cache_expires_seconds": "60"},
        {"kinto.cors_origins": "https://example.org"},
        {"kinto.http_scheme": "https", "kinto.http_host": "example.org"},
        {"kinto.project_docs": "https://example.org/docs"},
        {"kinto.transaction_per_request": "false"},
        {
            "multiauth.policies": "account basicauth",
            "multiauth.policy.account.use": "kinto.plugins.accounts.AccountsPolicy",
            "kinto.includes": f"kinto.plugins.accounts {INCLUDES}",
        },
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_settings_that_shape_answers_do_so_on_the_fast_path(make_place, settings):
    place = make_place(**settings)
    place.fill([{"made": "a"}, {"made": "b"}, {}])
    for method in ("GET", "HEAD"):
        for query in ("", "_limit=1", "_to=5", "made=a"):
            for named in ({}, {"Origin": "https://example.org"}, {"Origin": "https://other.org"}):
                ask_both(place, query, method, named)
    assert place.is_fast(lambda: place.ask(Origin="https://example.org"))


@pytest.mark.parametrize(
    "settings",
    [
        {"kinto.includes": f"{INCLUDES} {PLUGIN}.add_tween"},
        {"kinto.eos": '"2099-01-01"', "kinto.eos_message": "Farewell"},
        {"kinto.event_listeners": PLUGIN, "kinto.event_listeners.kinto_path.actions": "read"},
        {
            "multiauth.policies": "odd basicauth",
            "multiauth.policy.odd.use": "pyramid.authentication.RemoteUserAuthenticationPolicy",
        },
    ],
    ids=["a-tween", "an-end", "a-listener", "a-policy"],
)
def test_an_unknown_server_has_no_fast_path(make_place, settings):
    place = make_place(**settings)
    assert not place.is_fast(lambda: place.ask())
    ask_both(place, "", "GET", {})


def test_the_settings_that_come_with_the_server_have_a_fast_path(make_database):
    given = dict.fromkeys((each.ini_name for each in DATABASE_SETTINGS), make_database())
    given[HMAC_SECRET.ini_name] = "tests only"
    settings = read_ini(Path(__file__).parents[3] / "kinto.ini") | given
    with opened_registry(settings, command="tests") as registry:
        assert find_database(registry) is not None


def test_listeners_get_each_record_that_is_read(make_place):
    place = make_place(
        **{"kinto.event_listeners": PLUGIN, "kinto.event_listeners.kinto_path.actions": "read"}
    )
    place.fill([{}])
    kinto_path.reader.read.clear()
    place.ask()
    assert kinto_path.reader.read == ["r0"]


@pytest.mark.parametrize(
    ("setting", "status"),
    [
        ("record_read_principals", 200),
        ("record_write_principals", 200),
        ("collection_read_principals", 401),
        ("bucket_read_principals", 401),
    ],
)
def test_settings_grant_what_they_grant_on_kintos_own_path(make_place, setting, status):
    place = make_place(**{f"kinto.{setting}": "system.Everyone"})
    place.app.patch_json(
        f"/v1/buckets/{place.bucket_id}", {"permissions": {"read": []}}, headers=PUBLISHER_HEADERS
    )
    assert (place.ask().status_code, place.ask(**ON_KINTO_PATH).status_code) == (status, status)


def requests_of(place: Place) -> list[Callable[..., Any]]:
    """Return a list, the same from memory, and both for a single record."""

    def ask(**headers: str) -> Any:
        return place.ask("made=a&_limit=1", User_Agent="tests", **headers)

    def get(**headers: str) -> Any:
        return place.get_record("r0", Accept_Language="fr", **headers)

    return [ask, ask, get, get]


def test_requests_are_logged_as_they_came(place, caplog):
    place.fill([{"made": "a"}])
    for ask in requests_of(place):
        with caplog.at_level(logging.INFO, "request.summary"):
            caplog.clear()
            ask()
            ask(**ON_KINTO_PATH)
        fast, kintos = (summary(record) for record in caplog.records)
        assert fast == kintos
    assert place.is_kept(lambda: place.ask("made=a&_limit=1", User_Agent="others"))


def test_requests_are_logged_in_full_where_kinto_does(place, caplog):
    place.fill([{"made": "a"}])
    for ask in requests_of(place):
        with caplog.at_level(logging.DEBUG, "request.summary"):
            caplog.clear()
            ask(X_Own="5")
        [line] = [each for each in caplog.records if each.name == "request.summary"]
        assert line.headers["X-Own"] == "5"
        assert b'"made":"a"' in line.response["body"]


def test_requests_are_counted(make_place):
    place = make_place(
        **{
            "kinto.includes": f"{INCLUDES} {PLUGIN}.add_metrics",
            "kinto.metrics_matchdict_fields": "bucket_id collection_id record_id",
        }
    )
    place.fill([{"made": "a"}])

    def counted(ask: Callable[..., Any], **headers: str) -> list[Any]:
        kinto_path.metrics.clear()
        ask(**headers)
        # The time of the backends is measured where they are called.
        return [each for each in kinto_path.metrics if not each[0].startswith("backend")]

    for ask in requests_of(place):
        fast, kintos = counted(ask), counted(ask, **ON_KINTO_PATH)
        assert fast == kintos
        assert [name for name, _ in fast if name == "request_summary"]
    assert place.is_kept(ask)


def test_what_subscribers_may_change_is_not_kept(make_place):
    place = make_place(**{"kinto.includes": f"{INCLUDES} {PLUGIN}.add_subscriber"})
    place.fill([{"made": "a"}])
    for _ in range(3):
        ask_both(place, "", "GET", {})
    assert place.is_fast(place.ask)
    assert not place.is_kept(place.ask)


def test_a_connection_that_breaks_costs_nobody_an_answer(shared_place):
    shared_place.fill([{"made": "a"}])
    expected = shared_place.ask().body
    for _ in range(2):
        assert shared_place.end_connections() >= 1
        assert shared_place.ask().body == expected
        assert not shared_place.is_fast(lambda: shared_place.ask())
        time.sleep(PAUSE_SECONDS)
        assert shared_place.is_fast(lambda: shared_place.ask())
        assert shared_place.ask().body == expected


def test_a_statement_that_fails_costs_no_connection(shared_place):
    shared_place.fill([{"made": "abc"}])
    assert shared_place.ask().status_code == 200
    # More expressions than PostgreSQL takes.
    too_many = "_sort=" + ",".join(f"made.a{number}" for number in range(1700))
    ask_both(shared_place, too_many, "GET", {})
    assert not shared_place.is_fast(lambda: shared_place.ask(too_many))
    assert shared_place.is_fast(lambda: shared_place.ask())


def test_threads_answer_side_by_side_and_leave_no_transaction_open(shared_place):
    shared_place.fill([{"made": str(number)} for number in range(50)])
    expected = {query: shared_place.ask(query).body for query in ("", "_limit=3", "made=5")}
    with ThreadPoolExecutor(4) as threads:
        asked = list(expected) * 40
        answers = threads.map(lambda query: shared_place.ask(query).body, asked)
        assert list(answers) == [expected[query] for query in asked]
        with shared_place.connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
            )
            assert cursor.fetchone() == (0,)
