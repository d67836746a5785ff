"""Permissions are not asked for before each search, and no answer shows it."""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import requests
import webtest
from kinto_buildhub.anonymous.leases import Epoch, LeasedPermissions
from kinto_buildhub.anonymous.queries.permissions import MAX_COLLECTIONS, PermissionQueries
from kinto_buildhub.search.index_names import IndexId
from pyramid.exceptions import ConfigurationError

from tests.conftest import PUBLISHER_HEADERS, kinto_settings, make_record
from tests.server.search.collections import make_collection, search_of
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
    for app in apps:
        # No lease ends because its time is over, unless a test says so.
        app.app.registry.buildhub_permissions.lease_seconds = 600.0
    yield apps
    for app in apps:
        search_of(app).follower.stop()
        search_of(app).engine.close()


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[IndexId]:
    """The collections that the database was asked about."""
    found: list[IndexId] = []
    real = PermissionQueries.send

    def send(self: PermissionQueries, index: IndexId) -> Any:
        found.append(index)
        return real(self, index)

    monkeypatch.setattr(PermissionQueries, "send", send)
    return found


def status(app: webtest.TestApp, path: str) -> int:
    """How a search without credentials is answered."""
    return int(app.post_json(f"{path}/search", {}, status="*").status_code)


def end_leases(app: webtest.TestApp) -> None:
    """Have the database asked once more."""
    app.app.registry.buildhub_epoch.advance()


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
        status(app, found)  # The first goes Kinto's own path, and shows the headers.
    return found


def test_the_database_is_asked_once(
    servers: tuple[webtest.TestApp, webtest.TestApp], path: str, queries: list[IndexId]
) -> None:
    end_leases(servers[1])
    assert [status(servers[1], path) for _ in range(20)] == [200] * 20
    assert len(queries) == 1


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
    queries: list[IndexId],
    writer: int,
    change: str,
) -> None:
    end_leases(servers[0])
    assert [status(servers[0], path) for _ in range(3)] == [200] * 3
    assert len(queries) == 1
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
    app = servers[0]
    monkeypatch.setattr(app.app.registry.buildhub_permissions, "lease_seconds", 0.3)
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


class FakeQueries:
    """Gives collections out in turn, each as a function that returns it, or None."""

    def __init__(self, *pending: Any) -> None:
        self.pending = list(pending)

    def send(self, index: IndexId) -> Any:
        return self.pending.pop(0)

    def fetch_collection(self, index: IndexId) -> Any:
        raise NotImplementedError


INDEX = IndexId("a", "b")


def test_what_the_database_said_before_a_change_is_not_held(tmp_path: Path) -> None:
    epoch = Epoch(tmp_path / "leases")

    def answer_late() -> Any:
        epoch.advance()  # Somebody else's commit, after the database has looked.
        return 0

    leased = LeasedPermissions(FakeQueries(answer_late, lambda: 1), epoch)
    assert [leased.send(INDEX)() for _ in range(4)] == [0, 1, 1, 1]  # type: ignore[misc]


def test_a_missing_collection_is_asked_for_again(tmp_path: Path) -> None:
    queries = FakeQueries(None, lambda: None, lambda: 5)
    leased = LeasedPermissions(queries, Epoch(tmp_path / "leases"))
    assert leased.send(INDEX) is None
    assert leased.send(INDEX)() is None  # type: ignore[misc]
    assert [leased.send(INDEX)() for _ in range(3)] == [5, 5, 5]  # type: ignore[misc]


def test_a_lease_ends_when_its_time_is_over(tmp_path: Path) -> None:
    now = itertools.count(step=4)
    leased = LeasedPermissions(
        FakeQueries(lambda: 1, lambda: 2),
        Epoch(tmp_path / "leases"),
        lease_seconds=10.0,
        clock=lambda: next(now),
    )
    assert [leased.send(INDEX)() for _ in range(4)] == [1, 1, 1, 2]  # type: ignore[misc]


def test_many_collections_do_not_fill_the_memory(tmp_path: Path) -> None:
    count = 2 * MAX_COLLECTIONS + 1
    queries = FakeQueries(*[lambda number=number: number for number in range(count)])
    leased = LeasedPermissions(queries, Epoch(tmp_path / "leases"))
    for number in range(count):
        assert leased.send(IndexId("a", str(number)))() == number  # type: ignore[misc]
    assert len(leased._held) <= MAX_COLLECTIONS


def test_requests_that_write_records_alone_end_no_lease(
    servers: tuple[webtest.TestApp, webtest.TestApp], path: str, queries: list[IndexId]
) -> None:
    end_leases(servers[0])
    for number in range(5):
        body = {"data": make_record(id="one", build__number=number)}
        servers[1].put_json(f"{path}/records/one", body, headers=PUBLISHER_HEADERS)
        servers[1].post_json(f"{path}/search", {}, headers=PUBLISHER_HEADERS)
        assert status(servers[0], path) == 200
    assert len(queries) == 1


def test_a_file_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter"
    path.write_text("Dear reader, all is well.")
    with pytest.raises(FileExistsError, match="there is something else in it"):
        Epoch(path)
    assert path.read_text() == "Dear reader, all is well."


def test_a_file_that_is_cut_off_costs_nothing_but_leases(tmp_path: Path) -> None:
    epoch = Epoch(tmp_path / "leases")
    os.truncate(tmp_path / "leases", 0)
    assert epoch.current() == b""
    epoch.advance()
    assert epoch.current() == Epoch(tmp_path / "leases").current() != b""


def test_all_who_have_the_file_see_a_change(tmp_path: Path) -> None:
    one, other = Epoch(tmp_path / "leases"), Epoch(tmp_path / "leases")
    seen = {one.current()}
    for epoch in (one, other) * 5:
        epoch.advance()
        assert one.current() == other.current()
        seen.add(one.current())
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
