"""Answers that are kept on disk, and asked for again only if they have changed.

The server is asked each time, with the entity tag of what is kept (RFC 9110, section 13.1.2), so
that an answer is never older than without a cache, and never for somebody who may not have it any
more. A cache that fails costs time: what is damaged is dropped, and asked for anew.
"""

import hashlib
import logging
import os
import stat
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import orjson

from buildhub.client.exchange import Answer, Question
from buildhub.errors import DiskFailure
from buildhub.sqlite_file import DatabaseFailure, SqliteFile, open_kept
from buildhub.temporary_files import writing

Value = TypeVar("Value")
Result = TypeVar("Result")

MOST_BYTES = 100_000_000
"""Of a cache on disk; compressed, that is about a million records."""

_NOT_MODIFIED = 304

logger = logging.getLogger("buildhub.client.cache")

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS answer (key BLOB PRIMARY KEY, used REAL NOT NULL,"
    " bytes INTEGER NOT NULL, packed BLOB NOT NULL)",
    # Sizes are summed, and what is to go is found, without reading any body.
    "CREATE INDEX IF NOT EXISTS answer_by_use ON answer (used, bytes)",
)
# Damage may make anything of a value.
_FIND = "SELECT packed, CAST(used AS REAL) FROM answer WHERE key = ? AND typeof(packed) = 'blob'"
_KEEP = "INSERT OR REPLACE INTO answer (key, used, bytes, packed) VALUES (?, ?, ?, ?)"
_USE = "UPDATE answer SET used = ? WHERE key = ?"
_DROP = "DELETE FROM answer WHERE key = ?"
_SIZE = "SELECT coalesce(sum(bytes), 0) FROM answer"
_MAKE_ROOM = (
    "DELETE FROM answer WHERE key IN (SELECT key FROM (SELECT key, sum(bytes) OVER"
    " (ORDER BY used DESC, key) AS together FROM answer) WHERE together > ?)"
)

# A use is written down so seldom, as a write takes longer than a read.
_USE_SECONDS = 60.0
# Text shrinks to a tenth, at 100 MB a second.
_COMPRESSION = 1
# An answer that takes a larger part of the room is not kept.
_LARGEST_PART = 0.1
# So much stays when room is made, which need not be done for each answer then.
_STAYING_PART = 0.9


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it is kept.

    Attributes:
        tag: the server's entity tag.
    """

    tag: str
    body: bytes

    def packed(self, key: bytes) -> bytes:
        """Return what is written: compressed, with a checksum, and with the key it belongs to."""
        return zlib.compress(b"%b%b\n%b" % (key, self.tag.encode(), self.body), _COMPRESSION)

    def asked_again(self, question: Question[Value]) -> Question[Value]:
        """Return the question for an answer only if it has changed."""
        return replace(question, headers={**question.headers, "If-None-Match": self.tag})

    def confirmed(self, answer: Answer) -> Answer:
        """Return what the server has confirmed, with the headers of now."""
        headers = dict(answer.headers) | {"ETag": answer.headers.get("ETag", self.tag)}
        return Answer(answer.url, 200, headers, self.body)


def _unpack(packed: bytes, key: bytes) -> Kept | None:
    """Return what was written; None if that is damaged, or belongs to another key."""
    try:
        content = zlib.decompress(packed)
    except zlib.error:
        return None
    if not content.startswith(key):
        return None
    tag, _, body = content[len(key) :].partition(b"\n")
    return Kept(tag.decode(), body)


class AnswerCache:
    """The answers that one sender got, in a file that others may use at the same time.

    Threads may share it; a process that was forked opens the file for itself.

    Args:
        path: of the file, which only its owner may read.
        sender: whose answers; others find none of them.
        most_bytes: what was not used for the longest time goes beyond that.

    Raises:
        DiskFailure: the file cannot be made there, or is somebody else's.
    """

    def __init__(self, path: Path, sender: str, *, most_bytes: int = MOST_BYTES) -> None:
        self._path = path.expanduser().absolute()
        self._sender = sender
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._process = os.getpid()
        _make_private(self._path)
        self._file = self._open()

    def find(self, url: str, question: Question[Value]) -> Kept | None:
        """Return what is kept of an answer; None if nothing is."""
        if question.method != "GET":
            return None
        key = self._key(url, question)
        row = self._attempt(lambda file: file.fetch_one(_FIND, (key,)))
        if row is None:
            return None
        packed, used = row
        kept = _unpack(packed, key)
        if kept is None:
            self._attempt(lambda file: file.write(_DROP, (key,)))
            return None
        now = time.time()
        if abs(now - used) > _USE_SECONDS:
            self._attempt(lambda file: file.write(_USE, (now, key)))
        return kept

    def settle(
        self, url: str, question: Question[Value], kept: Kept | None, answer: Answer
    ) -> Answer:
        """Return the whole answer: that which is kept, if it has not changed. A new one is kept."""
        if answer.status == _NOT_MODIFIED and kept is not None:
            return kept.confirmed(answer)
        tag = answer.headers.get("ETag")
        may_keep = "no-store" not in answer.headers.get("Cache-Control", "").lower()
        if question.method == "GET" and answer.status == 200 and tag and may_keep:
            self._keep(self._key(url, question), Kept(tag, answer.body))
        return answer

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                with suppress(DatabaseFailure):
                    self._file.close()
            self._file = None

    def _keep(self, key: bytes, kept: Kept) -> None:
        packed = kept.packed(key)
        if len(packed) > self._most_bytes * _LARGEST_PART:
            return

        def keep(file: SqliteFile) -> None:
            file.write(_KEEP, (key, time.time(), len(packed), packed))
            (size,) = file.fetch_one(_SIZE) or (0,)
            if size > self._most_bytes:
                file.write(_MAKE_ROOM, (self._most_bytes * _STAYING_PART,))

        self._attempt(keep)

    def _key(self, url: str, question: Question[Value]) -> bytes:
        parts = [self._sender, url, question.headers.get("Accept", "")]
        return hashlib.sha256(orjson.dumps(parts)).digest()

    def _attempt(self, use: Callable[[SqliteFile], Result]) -> Result | None:
        """Use the file. One that is damaged is begun anew; any other failure ends the cache."""
        if self._process != os.getpid():
            # SQLite's connections, and locks that another thread holds, do not survive a fork.
            self._lock, self._process, self._file = threading.Lock(), os.getpid(), None
            with suppress(DatabaseFailure):
                self._file = self._open()
        with self._lock:
            if self._file is None:
                return None
            try:
                return use(self._file)
            except DatabaseFailure as exc:
                with suppress(DatabaseFailure):
                    self._file.close()
                self._file = self._begin_anew(exc) if exc.is_damage else None
                if self._file is None:
                    logger.warning("answers are kept no longer: %s", exc)
                return None

    def _open(self) -> SqliteFile | None:
        try:
            return self._connect()
        except DatabaseFailure as exc:
            if not exc.is_damage:
                raise
            return self._begin_anew(exc)

    def _begin_anew(self, cause: DatabaseFailure) -> SqliteFile | None:
        name = self._path.name
        # Not deleted: it may never have been a cache, but a file that was named by mistake.
        aside = self._path.with_name(f"{name}.damaged")
        logger.warning("a cache is begun anew, the damaged one is %s: %s", aside, cause)
        try:
            self._path.replace(aside)
            for ending in ("-wal", "-shm"):
                self._path.with_name(f"{name}{ending}").unlink(missing_ok=True)
            _make_private(self._path)
            return self._connect()
        except (OSError, DiskFailure):
            return None

    def _connect(self) -> SqliteFile:
        hint = "it can be deleted at any time"
        return open_kept(self._path, _SCHEMA, hint=hint, writes_per_commit=1, any_thread=True)


def _make_private(path: Path) -> None:
    """Make a file that only its owner may read, if it is not there; its folder, too.

    SQLite gives the files beside it the same mode.
    """
    with writing(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
                raise DiskFailure(f"{path}: is no file of this user, who cannot have a cache there")
            os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
