"""The catalogue as it is at one timestamp, though others write while it is read.

All records are read in the order of their IDs, and then what has changed since the beginning, until
nothing has. A change that is read twice is the same; so the result is what the catalogue held at
the timestamp of the last change. It is collected in a file, as it may not fit into memory.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from buildhub.client.questions import Questions
from buildhub.client.transport import Transport
from buildhub.sqlite_file import SqliteFile, open_scratch
from buildhub.temporary_files import temporary_folder

Document = dict[str, Any]
"""A record as the server has it."""

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
    with ThreadPoolExecutor(1, "export") as executor:

        def ask(after: str | None) -> Any:
            return executor.submit(transport.ask, questions.documents({}, after=after, limit=limit))

        asked = ask(None)
        while True:
            page = asked.result()
            is_last = len(page) < limit
            if not is_last:
                asked = ask(page[-1]["id"])
            _put(file, page)
            count += len(page)
            on_progress(count)
            if is_last:
                return


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
