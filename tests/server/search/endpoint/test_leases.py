"""Who may read is not asked before each search, and nobody can tell by the answers."""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest
import requests
import webtest
from kinto_buildhub.anonymous import leases
from kinto_buildhub.anonymous.leases import Leased, Mark
from kinto_buildhub.anonymous.permissions import MOST_COLLECTIONS, Readable
from pyramid.exceptions import ConfigurationError

from tests.conftest import PUBLISHER_HEADERS, kinto_settings, make_record
from tests.server.search.endpoint.conftest import make_collection, search_of
from tests.stand_ins.live_server import live_server

EVERYONE = {"permissions": {"read": ["system.Everyone"]}}
NOBODY: dict[str, Any] = {"permissions": {"read": []}}


@pytest.fixture(scope="module")
def servers(
    make_app: Callable[..., webtest.TestApp],
    make_database: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[webtest.TestApp, webtest.TestApp]]:
    """Two servers on one database, one search folder and one file of leases."""
    folder = tmp_path_factory.mktemp("leases")
    url = make_database()
    settings = {
        "kinto.search.path": str(folder / "search"),
        "kinto.search.leases": str(folder / "leases"),
        "kinto.includes": "kinto.plugins.flush kinto.plugins.default_bucket kinto_buildhub",
    }
    apps = (make_app(url, **settings), make_app(url, **settings))
    yield apps
    for app in apps:
        search_of(app).follower.stop()
        search_of(app).engine.close()


@pytest.fixture(autouse=True)
def long_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here is gone because its time is over, unless a test says so."""
    monkeypatch.setattr(leases, "LEASE_SECONDS", 600.0)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the database was asked about."""
    found: list[tuple[str, str]] = []
    real = Readable.ask

    def ask(self: Readable, *collection: str) -> Any:
        found.append((collection[0], collection[1]))
        return real(self, *collection)

    monkeypatch.setattr(Readable, "ask", ask)
    return found


def status(app: webtest.TestApp, path: str) -> int:
    """How a search without credentials is answered."""
    return int(app.post_json(f"{path}/search", {}, status="*").status_code)


def forget(app: webtest.TestApp) -> None:
    """End all leases, so that the database is asked once more."""
    app.app.registry.buildhub_readers.change()


def wait_for_index(app: webtest.TestApp, path: str) -> None:
    give_up = time.monotonic() + 30
    while status(app, path) != 200:
        assert time.monotonic() < give_up
        time.sleep(0.02)


@pytest.fixture
def path(servers: tuple[webtest.TestApp, webtest.TestApp]) -> str:
    """A collection that both servers have answered searches of."""
    found = make_collection(servers[0])
    for app in servers:
        wait_for_index(app, found)
    return found


def test_the_database_is_asked_once(
    servers: tuple[webtest.TestApp, webtest.TestApp], path: str, asked: list[tuple[str, str]]
) -> None:
    forget(servers[1])
    assert [status(servers[1], path) for _ in range(20)] == [200] * 20
    assert len(asked) == 1


def patched(path: str, body: dict[str, Any]) -> Callable[[webtest.TestApp], Any]:
    return lambda app: app.patch_json(path, body, headers=PUBLISHER_HEADERS)


def deleted(path: str) -> Callable[[webtest.TestApp], Any]:
    return lambda app: app.delete(path, headers=PUBLISHER_HEADERS)


def batched(path: str, body: dict[str, Any]) -> Callable[[webtest.TestApp], Any]:
    request = {"method": "PATCH", "path": path, "body": body}
    return lambda app: app.post_json(
        "/v1/batch", {"requests": [request]}, headers=PUBLISHER_HEADERS
    )


def batched_with_a_conflict(path: str, body: dict[str, Any]) -> Callable[[webtest.TestApp], Any]:
    """The conflict ends the transaction that the batch began with."""
    records = path + "/collections/releases/records"

    def record(record_id: str, **more: Any) -> dict[str, Any]:
        return {"data": make_record(id=record_id) | more}

    def change(app: webtest.TestApp) -> Any:
        taken = {"last_modified": 1_500_000_000_000}
        app.put_json(f"{records}/first", record("first", **taken), headers=PUBLISHER_HEADERS)
        app.put_json(f"{records}/latest", record("latest"), headers=PUBLISHER_HEADERS)
        requests = [
            {"method": "PUT", "path": f"{records}/second", "body": record("second", **taken)},
            {"method": "PATCH", "path": path, "body": body},
        ]
        answer = app.post_json("/v1/batch", {"requests": requests}, headers=PUBLISHER_HEADERS)
        assert [each["status"] for each in answer.json["responses"]] == [409, 200]
        return answer

    return change


CHANGES: dict[str, Callable[[str, str], Callable[[webtest.TestApp], Any]]] = {
    "taken back": lambda bucket, path: patched(bucket, NOBODY),
    "taken back in a batch": lambda bucket, path: batched(bucket, NOBODY),
    "taken back after a conflict": lambda bucket, path: batched_with_a_conflict(bucket, NOBODY),
    "collection deleted": lambda bucket, path: deleted(path),
    "bucket deleted": lambda bucket, path: deleted(bucket),
    "all collections deleted": lambda bucket, path: deleted(f"{bucket}/collections"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("writer", [0, 1], ids=["here", "by another process"])
def test_what_is_no_longer_for_everyone_is_gone_at_once(
    servers: tuple[webtest.TestApp, webtest.TestApp],
    path: str,
    asked: list[tuple[str, str]],
    writer: int,
    change: str,
) -> None:
    forget(servers[0])
    assert [status(servers[0], path) for _ in range(3)] == [200] * 3
    assert len(asked) == 1
    CHANGES[change](path.partition("/collections")[0], path)(servers[writer])
    assert status(servers[0], path) in (401, 404)


def test_nothing_is_left_when_everything_is_flushed(
    make_app: Callable[..., webtest.TestApp], tmp_path: Path
) -> None:
    app = make_app(
        **{
            "kinto.search.path": str(tmp_path / "search"),
            "kinto.search.leases": str(tmp_path / "leases"),
            "kinto.includes": "kinto.plugins.flush kinto_buildhub",
            "kinto.flush_endpoint_enabled": "true",
        }
    )
    try:
        path = make_collection(app)
        wait_for_index(app, path)
        app.post("/v1/__flush__", headers=PUBLISHER_HEADERS)
        assert status(app, path) in (401, 404)
    finally:
        search_of(app).follower.stop()
        search_of(app).engine.close()


def test_a_permission_on_the_collection_alone_comes_and_goes(
    servers: tuple[webtest.TestApp, webtest.TestApp], path: str
) -> None:
    reader, writer = servers
    patched(path.partition("/collections")[0], NOBODY)(writer)
    for body, expected in [(EVERYONE, 200), (NOBODY, 401), (EVERYONE, 200), (NOBODY, 401)]:
        patched(path, body)(writer)
        assert status(reader, path) == expected


def test_a_change_past_the_servers_is_seen_when_the_lease_is_over(
    servers: tuple[webtest.TestApp, webtest.TestApp], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "LEASE_SECONDS", 0.3)
    app = servers[0]
    # Begins a lease of that length, whatever one is held.
    patched(path, {"data": {"displayFields": ["id"]}})(app)
    assert status(app, path) == 200
    with (
        closing(psycopg2.connect(app.app.registry.settings["storage_url"])) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM access_control_entries WHERE principal = 'system.Everyone'")
    give_up = time.monotonic() + 30
    while status(app, path) == 200:
        assert time.monotonic() < give_up
        time.sleep(0.02)
    assert status(app, path) == 401


def test_what_the_database_said_before_a_change_is_not_held(tmp_path: Path) -> None:
    mark = Mark(tmp_path / "leases")
    said = itertools.count()

    def ask(*collection: str) -> Callable[[], Any]:
        number = next(said)

        def answer() -> Any:
            if number == 0:
                mark.change()  # Somebody else's commit, after the database has looked.
            return number

        return answer

    leased = Leased(SimpleNamespace(ask=ask, find=None), mark)  # type: ignore[arg-type]
    answers = [leased.ask("a", "b")() for _ in range(4)]  # type: ignore[misc]
    assert answers == [0, 1, 1, 1]


def test_what_is_not_there_is_asked_for_again(tmp_path: Path) -> None:
    said: Iterator[Any] = iter([None, lambda: None, lambda: 5])
    readable = SimpleNamespace(ask=lambda *collection: next(said), find=None)
    leased = Leased(readable, Mark(tmp_path / "leases"))  # type: ignore[arg-type]
    assert leased.ask("a", "b") is None
    assert leased.ask("a", "b")() is None  # type: ignore[misc]
    assert [leased.ask("a", "b")() for _ in range(3)] == [5, 5, 5]  # type: ignore[misc]


def test_many_collections_do_not_fill_the_memory(tmp_path: Path) -> None:
    readable = SimpleNamespace(ask=lambda *collection: lambda: collection, find=None)
    leased = Leased(readable, Mark(tmp_path / "leases"))  # type: ignore[arg-type]
    for number in range(2 * MOST_COLLECTIONS + 1):
        assert leased.ask("a", str(number))() == ("a", str(number))  # type: ignore[misc]
    assert len(leased._held) <= MOST_COLLECTIONS


def test_requests_that_write_records_alone_end_no_lease(
    servers: tuple[webtest.TestApp, webtest.TestApp], path: str, asked: list[tuple[str, str]]
) -> None:
    forget(servers[0])
    for number in range(5):
        body = {"data": make_record(id="one", build__number=number)}
        servers[1].put_json(f"{path}/records/one", body, headers=PUBLISHER_HEADERS)
        servers[1].post_json(f"{path}/search", {}, headers=PUBLISHER_HEADERS)
        assert status(servers[0], path) == 200
    assert len(asked) == 1


def test_a_file_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter"
    path.write_text("Dear reader, all is well.")
    with pytest.raises(FileExistsError, match="there is something else in it"):
        Mark(path)
    assert path.read_text() == "Dear reader, all is well."


def test_a_file_that_is_cut_off_costs_nothing_but_leases(tmp_path: Path) -> None:
    mark = Mark(tmp_path / "leases")
    os.truncate(tmp_path / "leases", 0)
    assert mark.read() == b""
    mark.change()
    assert mark.read() == Mark(tmp_path / "leases").read() != b""


def test_all_who_have_the_file_see_a_change(tmp_path: Path) -> None:
    one, other = Mark(tmp_path / "leases"), Mark(tmp_path / "leases")
    seen = {one.read()}
    for mark in (one, other) * 5:
        mark.change()
        assert one.read() == other.read()
        seen.add(one.read())
    assert len(seen) == 11


def test_a_file_that_cannot_be_made_is_named(
    make_app: Callable[..., webtest.TestApp], tmp_path: Path
) -> None:
    path = tmp_path / "missing" / "leases"
    with pytest.raises(ConfigurationError, match=f"kinto.search.leases is {path}: No such file"):
        make_app(**{"kinto.search.leases": str(path)})


def test_no_process_answers_after_a_permission_was_taken_back(
    make_database: Callable[[], str], tmp_path: Path
) -> None:
    settings = kinto_settings(
        make_database(),
        **{
            "kinto.search.path": str(tmp_path / "search"),
            "kinto.search.leases": str(tmp_path / "leases"),
        },
    )
    bucket, path = "buckets/some", "buckets/some/collections/releases"
    mapping = {"data": {"index:schema": {"properties": {"id": {"type": "keyword"}}}}}

    with live_server(settings, workers=2) as server:

        def put(at: str, body: dict[str, Any]) -> None:
            answer = requests.put(
                f"{server.url}/{at}", json=body, headers=PUBLISHER_HEADERS, timeout=30
            )
            assert answer.ok, answer.text

        def statuses() -> set[int]:
            # Each connection is taken by whichever process comes first.
            return {
                requests.post(f"{server.url}/{path}/search", json={}, timeout=30).status_code
                for _ in range(6)
            }

        put(bucket, EVERYONE)
        put(path, mapping)
        give_up = time.monotonic() + 30
        while statuses() != {200}:
            assert time.monotonic() < give_up
        for _ in range(10):
            put(bucket, NOBODY)
            assert statuses() == {401}
            put(bucket, EVERYONE)
            assert statuses() == {200}
