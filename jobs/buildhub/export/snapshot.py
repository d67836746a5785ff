"""The catalogue as it is at one timestamp, though others write while it is read.

All records are read in the order of their IDs, and then what has changed since the beginning, until
nothing has. A change that is read twice is the same; so the result is what the catalogue held at
the timestamp of the last change. It is collected in a file, as it may not fit into memory.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

import orjson

from buildhub.client.exchange import Question
from buildhub.client.questions import Questions
from buildhub.client.transport import Transport
from buildhub.export.documents import Document
from buildhub.sqlite_file import SqliteFile, open_scratch
from buildhub.temporary_files import temporary_folder

RECORDS_PER_REQUEST = 5000
"""Four megabytes: half of what a request may ask for."""

_SCHEMA = ("CREATE TABLE records (id TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID",)
_PUT = "INSERT OR REPLACE INTO records VALUES (?, ?)"
_DELETE = "DELETE FROM records WHERE id = ?"


class Snapshot:
    """All records at a timestamp.

    Attributes:
        timestamp: of the last change, in milliseconds.
    """

    def __init__(self, file: SqliteFile, timestamp: int) -> None:
        self._file = file
        self.timestamp = timestamp

    def __iter__(self) -> Iterator[Document]:
        """Yield the records in the order of their IDs."""
        for (document,) in self._file.iter_rows("SELECT document FROM records ORDER BY id"):
            yield orjson.loads(document)

    def iter_sorted(self, fields: Sequence[str]) -> Iterator[Document]:
        """Yield the records in the order of some fields, which are compared as text.

        SQLite sorts in a temporary file.
        """
        order = ", ".join(
            f"CAST(json_extract(document, '$.{field}') AS TEXT) COLLATE BINARY" for field in fields
        )
        # The fields are those of the program.
        query = f"SELECT document FROM records ORDER BY {order}"  # noqa: S608
        for (document,) in self._file.iter_rows(query):
            yield orjson.loads(document)


@contextmanager
def read_snapshot(
    transport: Transport, questions: Questions, on_progress: Callable[[int], None]
) -> Iterator[Snapshot]:
    """Yield a snapshot, which is gone with the context.

    Args:
        on_progress: called with the number of records that were read.

    Raises:
        BuildhubError: what the client raises, and `DiskFailure`.
    """
    with temporary_folder() as folder:
        file = open_scratch(Path(folder) / "records.sqlite", _SCHEMA)
        try:
            timestamp = transport.ask(questions.timestamp())
            _read_all(transport, questions, file, on_progress)
            timestamp = _read_changes(transport, questions, file, timestamp)
            yield Snapshot(file, timestamp)
        finally:
            file.close()


def iter_changes(transport: Transport, questions: Questions, since: int) -> Iterator[Document]:
    """Yield what was written or deleted after a timestamp, tombstones included, up to now."""
    while True:
        page = transport.ask(questions.changed_documents(since, limit=RECORDS_PER_REQUEST))
        yield from page
        if len(page) < RECORDS_PER_REQUEST:
            return
        since = page[-1]["last_modified"]


def _read_all(
    transport: Transport,
    questions: Questions,
    file: SqliteFile,
    on_progress: Callable[[int], None],
) -> None:
    count, limit = 0, RECORDS_PER_REQUEST
    # The server makes a page while the last one is written.
    with _asking_ahead(transport) as ask:
        asked = ask(questions.documents({}, after=None, limit=limit))
        while True:
            page = asked.result()
            is_last = len(page) < limit
            if not is_last:
                asked = ask(questions.documents({}, after=page[-1]["id"], limit=limit))
            _put(file, page)
            count += len(page)
            on_progress(count)
            if is_last:
                return


@contextmanager
def _asking_ahead(
    transport: Transport,
) -> Iterator[Callable[[Question[list[Document]]], "Future[list[Document]]"]]:
    """Yield a function that asks in a thread, one question after the other.

    Nobody waits for the thread at the end, so that Ctrl-C does not wait for the server.
    """
    asked: SimpleQueue[tuple[Question[list[Document]], Future[list[Document]]] | None]
    asked = SimpleQueue()

    def answer_all() -> None:
        while (each := asked.get()) is not None:
            question, answer = each
            try:
                answer.set_result(transport.ask(question))
            except Exception as exc:  # noqa: BLE001 - whoever asked gets it.
                answer.set_exception(exc)

    def ask(question: Question[list[Document]]) -> "Future[list[Document]]":
        answer: Future[list[Document]] = Future()
        asked.put((question, answer))
        return answer

    threading.Thread(target=answer_all, name="export", daemon=True).start()
    try:
        yield ask
    finally:
        asked.put(None)


def _read_changes(transport: Transport, questions: Questions, file: SqliteFile, since: int) -> int:
    """Apply what has changed since; return the timestamp of the last change."""
    for document in iter_changes(transport, questions, since):
        if document.get("deleted"):
            file.write(_DELETE, (document["id"],))
        else:
            _put(file, [document])
        since = document["last_modified"]
    return since


def _put(file: SqliteFile, documents: list[Document]) -> None:
    file.write_all(_PUT, [(each["id"], orjson.dumps(each)) for each in documents])
