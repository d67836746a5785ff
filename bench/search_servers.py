"""The servers that are compared, each filled with the same records and the same mapping."""

import base64
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from buildhub.command.server.serving import create_credentials
from buildhub_schema import BUCKET_ID, COLLECTION_ID, collection_metadata
from kinto_buildhub.run.configuration import PACKAGED_INI
from kinto_buildhub.run.data_folder import DataFolder
from kinto_buildhub.run.migrate import migrate
from kinto_buildhub.run.serve import running_database
from kinto_buildhub.search.elastic.documents import build_document
from kinto_buildhub.search.elastic.engine import ElasticEngine
from kinto_buildhub.search.elastic.generations import REFRESH_INTERVAL
from kinto_buildhub.search.embedded.generation import Generation
from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.index_names import IndexId, index_name
from kinto_buildhub.search.mapping import METADATA_KEY, Mapping
from kinto_buildhub.search.settings import Limits
from kinto_buildhub.settings import read_settings as read_server_settings

from bench.corpus import iter_records
from bench.corpus_database import PARENT_ID, load_corpus, settle
from bench.http_client import HttpClient
from tests.stand_ins import search_servers
from tests.stand_ins.programs import free_port

INDEX = IndexId(BUCKET_ID, COLLECTION_ID)
MAPPING = Mapping(collection_metadata()[METADATA_KEY])
_ALIAS = index_name("kinto", INDEX)
_BULK_RECORDS = 5000
_NOW_MS = 1_770_000_000_000
_PUBLISHER = "publisher"
# As in published figures for these servers; the tests give them less.
_HEAP = ("-Xms512m", "-Xmx1g")


@dataclass(frozen=True, slots=True)
class ComparedServer:
    """One of the servers that are compared.

    Attributes:
        name: in the tables.
        url: its address.
        search_path: where searches are sent, below the address.
        write_path: where bodies of `write_body` are sent.
        write_body: makes the body that writes some records, each with its ID.
        indexed: indexing rate in records a second; 0 if the index was there already.
        process_ids: of its processes, without the database.
        disk_bytes: the size of its index.
        folder: of the embedded engine; None for the others.
        authorization: the header for writes.
    """

    name: str
    url: str
    search_path: str
    write_path: str
    write_body: Callable[[list[dict[str, Any]]], bytes]
    indexed: float
    process_ids: Callable[[], list[int]]
    disk_bytes: Callable[[], int]
    folder: Path | None = None
    authorization: str = ""

    def connect(self) -> HttpClient:
        """Return a new connection, for reading."""
        return HttpClient(self.url)

    def memory_bytes(self) -> int:
        """Return the memory of its processes now; shared memory is counted once."""
        rollups = (Path(f"/proc/{each}/smaps_rollup").read_text() for each in self.process_ids())
        return sum(int(text.partition("\nPss:")[2].split()[0]) * 1024 for text in rollups)


@contextmanager
def buildhub(folder: Path, count: int) -> Iterator[ComparedServer]:
    """Run ``buildhub serve`` on *folder*, filled with the corpus unless it is already."""
    data = DataFolder(folder)
    if not (folder / f"filled-{count}").exists():
        _fill_database(data, count)
        (folder / f"filled-{count}").touch()
    port = free_port()
    command = [sys.executable, "-m", "buildhub", "serve", "--data", str(folder)]
    environment = {name: value for name, value in os.environ.items() if "KINTO" not in name}
    process = subprocess.Popen([*command, "--port", str(port)], env=environment)
    try:
        secret = base64.b64encode(data.credentials(_PUBLISHER).read_bytes().strip()).decode()
        url = f"http://127.0.0.1:{port}/v1"
        indexed = _make_collection(process, url, f"Basic {secret}", count)
        yield ComparedServer(
            "BuildHub",
            url,
            f"{PARENT_ID}/_search",
            f"{PARENT_ID}/bulk",
            lambda records: b"".join(json.dumps(each).encode() + b"\n" for each in records),
            indexed,
            lambda: _descendants(process.pid, "\0serve\0"),
            lambda: _folder_bytes(data.search),
            data.search,
            f"Basic {secret}",
        )
    finally:
        process.terminate()
        process.wait()


def _fill_database(data: DataFolder, count: int) -> None:
    with running_database(PACKAGED_INI, data, report=lambda _: None) as running:
        settings = running.settings
        migrate(settings, progress=lambda _: None)
        create_credentials(settings, _PUBLISHER, data.credentials(_PUBLISHER), rotate=False)
        load_corpus(settings["kinto.storage_url"], count)
        settle(settings["kinto.storage_url"])


def _make_collection(
    process: "subprocess.Popen[bytes]", url: str, authorization: str, count: int
) -> float:
    """Create the collection and wait until it is indexed; return the rate, 0 if it was there."""
    client = _answering(process, url, authorization)
    status, _, _ = client.ask("GET", PARENT_ID)
    if status == 200:
        _wait_for_count(client, count)
        return 0.0
    everyone = {"permissions": {"read": ["system.Everyone"]}}
    client.json("PUT", f"/buckets/{BUCKET_ID}", everyone)
    start = time.monotonic()
    client.json("PUT", PARENT_ID, {"data": collection_metadata()})
    _wait_for_count(client, count)
    return count / (time.monotonic() - start)


def _wait_for_count(client: HttpClient, count: int) -> None:
    while True:
        status, content, _ = client.ask("GET", f"{PARENT_ID}/_count")
        if status == 200 and json.loads(content)["count"] >= count:
            return
        time.sleep(0.25)


def _answering(process: "subprocess.Popen[bytes]", url: str, authorization: str) -> HttpClient:
    give_up = time.monotonic() + 120
    while time.monotonic() < give_up and process.poll() is None:
        try:
            client = HttpClient(url, authorization)
            client.json("GET", "/__lbheartbeat__")
        except OSError:
            time.sleep(0.1)
        else:
            return client
    raise SystemExit("buildhub serve does not answer")


@contextmanager
def clusters(
    kinds: Sequence[search_servers.ServerKind], count: int
) -> Iterator[list[ComparedServer]]:
    """Run genuine servers, with the corpus in an index as this project makes it."""
    limits = Limits.from_values(read_server_settings({}, {}))
    with ExitStack() as stack:
        running = [stack.enter_context(search_servers.running(kind, heap=_HEAP)) for kind in kinds]
        for server in running:
            engine = ElasticEngine((server.url,), "kinto", limits)
            engine.ensure(INDEX, MAPPING)
            engine.close()
        rates = _fill_together([HttpClient(server.url) for server in running], count)
        yield [_compared_cluster(server, rate) for server, rate in zip(running, rates, strict=True)]


def _fill_together(clients: Sequence[HttpClient], count: int) -> list[float]:
    """Send each document to all servers; return records a second, of each by its own answers."""
    seconds = [0.0] * len(clients)

    def send(number: int, method: str, path: str, body: Any = None) -> None:
        start = time.monotonic()
        answer = clients[number].json(method, f"/{_ALIAS}{path}", body)
        assert not answer.get("errors"), answer
        seconds[number] += time.monotonic() - start

    with ThreadPoolExecutor(len(clients)) as pool:

        def send_to_all(*request: Any) -> None:
            list(pool.map(lambda number: send(number, *request), range(len(clients))))

        # Nobody searches it while it is filled.
        send_to_all("PUT", "/_settings", {"index": {"refresh_interval": "-1"}})
        for changes in _batches(count):
            send_to_all("POST", "/_bulk", _bulk_body([each.record or {} for each in changes]))
        send_to_all("PUT", "/_settings", {"index": {"refresh_interval": REFRESH_INTERVAL}})
        send_to_all("POST", "/_refresh")
        send_to_all("POST", "/_flush")
    return [count / each for each in seconds]


def _compared_cluster(server: search_servers.SearchServer, indexed: float) -> ComparedServer:
    client = HttpClient(server.url)
    return ComparedServer(
        str(server.kind),
        server.url,
        f"/{_ALIAS}/_search",
        f"/{_ALIAS}/_bulk",
        _bulk_body,
        indexed,
        lambda: _descendants(server.process.pid, "java"),
        lambda: _store_bytes(client, _ALIAS),
    )


def index_directly(folder: Path, count: int) -> float:
    """Fill an index of the embedded engine from memory; return records a second."""
    batches = list(_batches(count))
    generation = Generation.make(folder, MAPPING)
    start = time.monotonic()
    for changes in batches:
        generation.apply(changes, changes[-1].timestamp, commit=False)
    generation.commit(batches[-1][-1].timestamp)
    return count / (time.monotonic() - start)


def _batches(count: int) -> Iterator[list[Change]]:
    changes = (
        Change(record_id, _NOW_MS + number, _stored(record_id, record, _NOW_MS + number))
        for number, (record_id, record) in enumerate(iter_records(count))
    )
    while batch := list(itertools.islice(changes, _BULK_RECORDS)):
        yield batch


def _stored(record_id: str, record: dict[str, Any], timestamp: int) -> dict[str, Any]:
    return {"id": record_id, "last_modified": timestamp, "schema": 1_600_000_000_000, **record}


def _bulk_body(records: list[dict[str, Any]]) -> bytes:
    lines = []
    for number, record in enumerate(records):
        action = {"index": {"_id": record["id"]}}
        change = Change(record["id"], _NOW_MS, {**record, "last_modified": _NOW_MS + number})
        lines += [json.dumps(action).encode(), build_document(change, MAPPING)]
    return b"\n".join(lines) + b"\n"


def _store_bytes(client: HttpClient, alias: str) -> int:
    found = client.json("GET", f"/{alias}/_stats/store")
    return int(found["_all"]["primaries"]["store"]["size_in_bytes"])


def _folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _descendants(process_id: int, word: str) -> list[int]:
    """Return the process and its descendants whose command line contains *word*.

    In a command line there, each argument ends with a NUL.
    """
    found, waiting = [], [process_id]
    while waiting:
        each = waiting.pop()
        if word in Path(f"/proc/{each}/cmdline").read_text():
            found.append(each)
        children = Path(f"/proc/{each}/task").glob("*/children")
        waiting += [int(child) for path in children for child in path.read_text().split()]
    return found
