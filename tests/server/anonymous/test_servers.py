"""Servers that are set up in another way than usual; each answers as it does the ordinary way."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kinto_buildhub.anonymous.eligibility import find_database
from kinto_buildhub.anonymous.permissions import APPLICATION_NAME, PAUSE_SECONDS
from kinto_buildhub.run.application import opened_registry
from kinto_buildhub.run.configuration import read_ini
from kinto_buildhub.settings import DATABASE_SETTINGS, HMAC_SECRET

from tests.conftest import PUBLISHER_HEADERS
from tests.server.anonymous import kinto_path
from tests.server.anonymous.conftest import INCLUDES, ORDINARY
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
def test_settings_that_shape_answers_do_so_on_the_short_way(make_place, settings):
    place = make_place(**settings)
    place.fill([{"made": "a"}, {"made": "b"}, {}])
    for method in ("GET", "HEAD"):
        for query in ("", "_limit=1", "_to=5", "made=a"):
            for named in ({}, {"Origin": "https://example.org"}, {"Origin": "https://other.org"}):
                ask_both(place, query, method, named)
    assert place.goes_short(lambda: place.ask(Origin="https://example.org"))


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
def test_a_server_that_is_not_known_has_no_short_way(make_place, settings):
    place = make_place(**settings)
    assert not place.goes_short(lambda: place.ask())
    ask_both(place, "", "GET", {})


def test_the_settings_that_come_with_the_server_have_a_short_way(make_database):
    given = dict.fromkeys((each.ini_name for each in DATABASE_SETTINGS), make_database())
    given[HMAC_SECRET.ini_name] = "tests only"
    settings = read_ini(Path(__file__).parents[3] / "kinto.ini") | given
    with opened_registry(settings, command="tests") as registry:
        assert find_database(registry) is not None


def test_who_listens_is_told_of_each_record_that_is_read(make_place):
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
def test_settings_grant_what_they_grant_the_ordinary_way(make_place, setting, status):
    place = make_place(**{f"kinto.{setting}": "system.Everyone"})
    place.app.patch_json(
        f"/v1/buckets/{place.bucket_id}", {"permissions": {"read": []}}, headers=PUBLISHER_HEADERS
    )
    assert (place.ask().status_code, place.ask(**ORDINARY).status_code) == (status, status)


def test_requests_are_logged_as_they_came(shared_place, caplog):
    with caplog.at_level(logging.INFO, "request.summary"):
        shared_place.ask("made=5&_limit=1", User_Agent="tests")
        shared_place.ask("made=5&_limit=1", User_Agent="tests", **ORDINARY)
    short, long = (dict(record.__dict__) for record in caplog.records)
    names = ("agent", "path", "method", "querystring", "code", "errno")
    assert {name: short[name] for name in names} == {name: long[name] for name in names}
    assert short["querystring"] == {"made": "5", "_limit": "1"}
    assert isinstance(short["t"], int)


def test_requests_are_counted(make_place):
    place = make_place(**{"kinto.includes": f"{INCLUDES} {PLUGIN}.add_metrics"})

    def counted(**named):
        kinto_path.metrics.clear()
        place.ask("made=a", **named)
        return list(kinto_path.metrics)

    assert place.goes_short(counted)
    short, long = counted(), counted(**ORDINARY)
    # What the backends take is measured where they are asked.
    assert short == [(name, value) for name, value in long if not name.startswith("backend")]
    assert ("request_summary", ("endpoint", "record-plural")) in [
        (name, pair) for name, pairs in short for pair in pairs
    ]


def test_a_connection_that_breaks_costs_nobody_an_answer(shared_place):
    shared_place.fill([{"made": "a"}])
    expected = shared_place.ask().body
    for _ in range(2):
        with shared_place.connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = %s",
                (APPLICATION_NAME,),
            )
            assert cursor.fetchone()[0] >= 1
        assert shared_place.ask().body == expected
        assert not shared_place.goes_short(lambda: shared_place.ask())
        time.sleep(PAUSE_SECONDS)
        assert shared_place.goes_short(lambda: shared_place.ask())
        assert shared_place.ask().body == expected


def test_a_statement_that_fails_costs_no_connection(shared_place):
    shared_place.fill([{"made": "abc"}])
    assert shared_place.ask().status_code == 200
    # To PostgreSQL the backslash escapes what comes next, and nothing does.
    half_a_pattern = "like_made=*ab%5C"
    ask_both(shared_place, half_a_pattern, "GET", {})
    assert not shared_place.goes_short(lambda: shared_place.ask(half_a_pattern))
    assert shared_place.goes_short(lambda: shared_place.ask())


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
