"""Changes become visible in the order of their timestamps, so pollers miss none."""

import json
import socket
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import transaction
from kinto.core.storage.postgresql import Storage as StockStorage
from kinto_buildhub.storage import Storage
from kinto_buildhub.storage.bulk_writes import NewObject

from tests.conftest import PUBLISHER_HEADERS, kinto_settings
from tests.stand_ins.live_server import LiveServer, live_server

LIST = ("record", "/buckets/b/collections/c")


@contextmanager
def other_transaction(work: Callable[[], object]) -> Iterator[threading.Thread]:
    """Do *work* in a thread and transaction of its own, and commit; wait for it at the end."""

    def run() -> None:
        with transaction.manager:
            work()

    thread = threading.Thread(target=run)
    thread.start()
    yield thread
    thread.join()


@pytest.fixture(scope="module")
def own_app(make_app: Callable[..., Any]) -> Any:
    return make_app()


@pytest.fixture
def storage(own_app: Any) -> Iterator[Storage]:
    """Our storage on an empty database; its transactions end when the test says so."""
    storage = own_app.app.registry.storage
    storage.flush()
    transaction.begin()
    yield storage
    transaction.abort()


def stock(storage: Storage) -> StockStorage:
    """Kinto's own storage on the same database."""
    return StockStorage(client=storage.client, max_fetch_size=1000)


WRITES: dict[str, Callable[[Any], object]] = {
    "create": lambda storage: storage.create(*LIST, {"id": "late"}),
    "update": lambda storage: storage.update(*LIST, "late", {"id": "late"}),
    "delete": lambda storage: storage.delete(*LIST, "old"),
    "delete all": lambda storage: storage.delete_all(*LIST),
    "upsert": lambda storage: storage.upsert_many(*LIST, [NewObject("late", "{}")]),
    "first timestamp": lambda storage: storage.resource_timestamp(*LIST),
}


def test_the_old_names_of_parameters_still_work(storage):
    """As in the stock storage, with a warning."""
    old = {"collection_id": LIST[0], "parent_id": LIST[1]}
    calls = [
        ("create", {"record": {"id": "one"}}),
        ("update", {"object_id": "one", "record": {"id": "one", "a": 1}}),
        ("get", {"object_id": "one"}),
        ("delete", {"object_id": "one"}),
        ("delete_all", {}),
        ("purge_deleted", {}),
    ]
    for name, more in calls:
        for own in (storage, stock(storage)):
            with pytest.warns(DeprecationWarning, match="deprecated, use") as warned:
                getattr(own, name)(**old, **more)
            assert len(warned) == 1 + ("record" in more)
            if name in ("create", "delete"):
                break


def list_ids(storage: Any) -> list[str]:
    with transaction.manager:
        return [found["id"] for found in storage.list_all(*LIST, include_deleted=True)]


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_waits_for_the_one_that_was_numbered_before(storage, write):
    if write is not WRITES["first timestamp"]:
        storage.create(*LIST, {"id": "old"})
        transaction.commit()
    storage.create(*LIST, {"id": "early"})
    with other_transaction(lambda: write(storage)) as other:
        other.join(0.3)
        assert other.is_alive()
        transaction.commit()
    assert "early" in list_ids(storage)


def test_stock_storage_shows_a_later_timestamp_first(storage):
    """The reason for all this; when Kinto mends it, the lock can go."""
    # The first timestamp of a list would have the other transaction wait.
    storage.create(*LIST, {"id": "old"})
    transaction.commit()
    early = stock(storage).create(*LIST, {"id": "early"})
    # In the same millisecond the other would draw the same timestamp, and wait for the first.
    time.sleep(0.005)
    with other_transaction(lambda: stock(storage).create(*LIST, {"id": "late"})) as other:
        other.join()
    seen = {}

    def poll() -> None:
        seen.update((each["id"], each) for each in stock(storage).list_all(*LIST))

    with other_transaction(poll):
        pass
    transaction.commit()
    assert seen.keys() == {"old", "late"}
    assert seen["late"]["last_modified"] > early["last_modified"]


def test_writes_to_another_collection_do_not_wait(storage):
    storage.create(*LIST, {"id": "early"})
    elsewhere = ("record", "/buckets/b/collections/d")
    with other_transaction(lambda: storage.create(*elsewhere, {"id": "late"})) as other:
        other.join(5)
        assert not other.is_alive()


def test_the_deletion_of_a_bucket_waits_for_writers_of_its_records(storage):
    storage.resource_timestamp(*LIST)
    transaction.commit()
    storage.create(*LIST, {"id": "early"})

    def delete_bucket() -> None:
        storage.delete_all(resource_name=None, parent_id="/buckets/b/*", with_deleted=False)

    with other_transaction(delete_bucket) as other:
        other.join(0.3)
        assert other.is_alive()
        transaction.commit()
    assert list_ids(storage) == []


def test_a_read_only_server_cannot_set_a_timestamp_up(storage):
    storage.readonly = True
    with pytest.raises(Exception, match="Cannot initialize empty resource timestamp"):
        storage.resource_timestamp(*LIST)
    storage.readonly = False
    created = storage.create(*LIST, {"id": "some"})
    storage.readonly = True
    assert storage.resource_timestamp(*LIST) == created["last_modified"]


# Many writers and pollers, over HTTP, on two server processes.

IDS = [f"r{number}" for number in range(30)]
WRITER_COUNT = 5
POLLER_COUNT = 2
SECONDS = 5


@pytest.fixture(scope="module")
def server(make_database: Callable[[], str]) -> Iterator[LiveServer]:
    settings = kinto_settings(make_database(), **{"kinto.bulk.batch_size": "7"})
    with live_server(settings, workers=2) as server:
        yield server


def test_a_body_that_never_ends_keeps_no_other_writer_waiting(server):
    bucket = f"{server.url}/buckets/{uuid.uuid4().hex}"
    records = f"{bucket}/collections/c/records"
    for url in (bucket, f"{bucket}/collections/c"):
        requests.put(url, json={}, headers=PUBLISHER_HEADERS, timeout=10).raise_for_status()
    headers = PUBLISHER_HEADERS | {
        "Host": "localhost",
        "Content-Type": "application/json",
        "Content-Length": "100",
    }
    lines = [f"PUT {urlsplit(records).path}/slow HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        slow.sendall("\r\n".join([*lines, "", "{"]).encode())
        time.sleep(0.5)
        for number in range(2):  # One for each server process, more or less.
            answer = requests.put(
                f"{records}/r{number}", json={}, headers=PUBLISHER_HEADERS, timeout=5
            )
            assert answer.status_code == 201


class Client(threading.Thread, ABC):
    """Does something again and again until it is stopped."""

    def __init__(self, collection: str, stop: threading.Event) -> None:
        super().__init__()
        self.collection, self.stop = collection, stop
        self.session = requests.Session()
        self.session.headers.update(PUBLISHER_HEADERS)

    def run(self) -> None:
        while not self.stop.is_set():
            self.step()
        self.step()
        self.session.close()

    @abstractmethod
    def step(self) -> None:
        """Do it once."""


class Writer(Client):
    """Writes at random, in all the ways there are."""

    def __init__(self, collection: str, stop: threading.Event, seed: int) -> None:
        super().__init__(collection, stop)
        self.chance = Random(seed)  # noqa: S311
        self.answers: list[tuple[int, str]] = []

    def step(self) -> None:
        ways = [self.put, self.delete, self.delete_some, self.bulk, self.batch]
        (way,) = self.chance.choices(ways, weights=[5, 3, 1, 4, 2])
        answer = way()
        self.answers.append((answer.status_code, answer.text))

    def put(self) -> requests.Response:
        body = {"data": {"value": self.chance.random()}}
        return self.session.put(f"{self.collection}/records/{self.chance.choice(IDS)}", json=body)

    def delete(self) -> requests.Response:
        return self.session.delete(f"{self.collection}/records/{self.chance.choice(IDS)}")

    def delete_some(self) -> requests.Response:
        return self.session.delete(f"{self.collection}/records?gt_value=0.9")

    def bulk(self) -> requests.Response:
        lines = [
            {"id": chosen, "value": self.chance.random()}
            for chosen in self.chance.choices(IDS, k=20)
        ]
        return self.session.post(
            f"{self.collection}/bulk",
            data="\n".join(map(json.dumps, lines)),
            headers={"Content-Type": "application/x-ndjson"},
        )

    def batch(self) -> requests.Response:
        base, _, path = self.collection.partition("/v1")
        parts = [
            {"method": "PUT", "path": f"/v1{path}/records/{chosen}", "body": {"data": {"value": 1}}}
            for chosen in self.chance.sample(IDS, 3)
        ]
        return self.session.post(f"{base}/v1/batch", json={"requests": parts})


class Poller(Client):
    """Follows the collection as Kinto's documentation says: asks what is newer than the ETag."""

    def __init__(self, collection: str, stop: threading.Event) -> None:
        super().__init__(collection, stop)
        self.records: dict[str, dict[str, Any]] = {}
        self.since = "0"

    def step(self) -> None:
        answer = self.session.get(
            f"{self.collection}/records", params={"_since": self.since, "_sort": "last_modified"}
        )
        self.since = answer.headers["ETag"].strip('"')
        for record in answer.json()["data"]:
            if record.get("deleted"):
                self.records.pop(record["id"], None)
            else:
                self.records[record["id"]] = record


def test_pollers_end_with_what_the_store_holds(server):
    bucket = f"{server.url}/buckets/{uuid.uuid4().hex}"
    collection = f"{bucket}/collections/c"
    for url in (bucket, collection):
        requests.put(url, json={}, headers=PUBLISHER_HEADERS, timeout=10).raise_for_status()
    stop_writing, stop_polling = threading.Event(), threading.Event()
    pollers = [Poller(collection, stop_polling) for _ in range(POLLER_COUNT)]
    writers = [Writer(collection, stop_writing, seed) for seed in range(WRITER_COUNT)]
    for client in (*pollers, *writers):
        client.start()
    stop_writing.wait(SECONDS)
    stop_writing.set()
    for writer in writers:
        writer.join()
    stop_polling.set()
    for poller in pollers:
        poller.join()

    answers = [answer for writer in writers for answer in writer.answers]
    # 404: deleted already.
    assert [answer for answer in answers if answer[0] not in (200, 201, 404)] == []
    assert len(answers) > 5
    listed = requests.get(f"{collection}/records", headers=PUBLISHER_HEADERS, timeout=10)
    stored = {record["id"]: record for record in listed.json()["data"]}
    assert [poller.records == stored for poller in pollers] == [True] * POLLER_COUNT
