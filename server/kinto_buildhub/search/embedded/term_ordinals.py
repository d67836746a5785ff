"""Term ordinals: whole numbers that stand for the terms of keyword fields.

Without them Tantivy looks up the text of each bucket in each segment. For buckets below buckets
that takes most of the time. So each keyword field has a second field that holds ordinals, and a
file beside the index lists the term of each ordinal. A field with very many terms has no ordinals:
nobody wants a bucket for each of them, and all of them would have to be in memory.

::

    f3         the terms of the field f3, one a line as JSON; the first line is ordinal 0

Before each term is a checksum of the terms up to it, as eight hexadecimal digits: a line that was
overwritten, lost or put elsewhere is noticed.

A field with too many terms has no file. A line is on the disk before the first document with its
ordinal is.
"""

import os
import threading
import zlib
from collections.abc import Iterable
from pathlib import Path

import orjson

from kinto_buildhub.search.errors import IndexMissing

MAX_TERMS = 200_000

_CHECKSUM_LENGTH = 8


def checked_terms(lines: bytes, checksum: int) -> tuple[list[str], int]:
    """Return the terms of complete lines, and the checksum up to the last one.

    Args:
        lines: the last one without its end.
        checksum: of the terms before them.

    Raises:
        ValueError: they are not what was written.
    """
    terms: list[str] = []
    for line in lines.split(b"\n") if lines else ():
        content = line[_CHECKSUM_LENGTH:]
        checksum = zlib.crc32(content, checksum)
        if line[:_CHECKSUM_LENGTH] != b"%08x" % checksum:
            raise ValueError(f"line {len(terms) + 1} has a wrong checksum")
        terms.append(orjson.loads(content))
    return terms, checksum


def _checksummed_lines(terms: Iterable[str], checksum: int) -> tuple[bytes, int]:
    """Return lines for terms, and the checksum up to the last one."""
    lines = []
    for term in terms:
        content = orjson.dumps(term)
        checksum = zlib.crc32(content, checksum)
        lines.append(b"%08x%s\n" % (checksum, content))
    return b"".join(lines), checksum


class TermOrdinals:
    """The term ordinals of one index. Any process reads them, one process assigns them.

    Args:
        folder: as `make` made it.
        max_terms: a field with more terms loses its ordinals.
    """

    def __init__(self, folder: Path, max_terms: int = MAX_TERMS) -> None:
        self._folder, self._max_terms = folder, max_terms
        self._lock = threading.Lock()
        self._terms: dict[str, list[str]] = {}
        self._read_bytes: dict[str, int] = {}
        self._read_checksums: dict[str, int] = {}
        self._assigned_checksums: dict[str, int] = {}
        self._assigned: dict[str, dict[str, int] | None] = {}
        self._unsaved: dict[str, list[str]] = {}
        self._damaged: set[str] = set()
        # Requests look at several files, and making a `Path` takes longer than looking at one.
        self._prefix = os.path.join(folder, "")

    @classmethod
    def make(cls, folder: Path, names: Iterable[str]) -> None:
        """Make the files of an empty index with these fields."""
        folder.mkdir()
        for name in names:
            (folder / name).touch()

    def are_usable(self, name: str) -> bool:
        """Return whether every term of a field has an ordinal."""
        return os.path.exists(self._prefix + name) and name not in self._damaged

    def count(self, name: str) -> int:
        """Return how many terms a usable field has, or had when they were last read."""
        return len(self._terms.get(name) or self.terms(name))

    def terms(self, name: str, highest: int = -1) -> list[str]:
        """Return the terms of a field by ordinal, at least up to the ordinal *highest*.

        Raises:
            IndexMissing: they are gone; another request does without ordinals.
        """
        with self._lock:
            if len(self._terms.get(name, ())) <= max(highest, 0):
                try:
                    self._read_new_terms(name)
                except (OSError, ValueError) as exc:
                    raise IndexMissing(f"The term ordinals of {name} are gone.") from exc
            if len(self._terms[name]) <= highest:
                self._damaged.add(name)
                raise IndexMissing(f"{self._folder / name} lacks ordinal {highest}.")
            return self._terms[name]

    def _read_new_terms(self, name: str) -> None:
        terms = self._terms.setdefault(name, [])
        with (self._folder / name).open("rb") as file:
            file.seek(self._read_bytes.get(name, 0))
            complete, _, _ = file.read().rpartition(b"\n")
        if complete:
            new, checksum = checked_terms(complete, self._read_checksums.get(name, 0))
            self._read_bytes[name] = self._read_bytes.get(name, 0) + len(complete) + 1
            self._read_checksums[name] = checksum
            terms += new

    def assign(self, name: str, term: str) -> int | None:
        """Return the ordinal of a term, a new one if need be; None if its field has none.

        `save` has to run before documents with new ordinals are committed.
        """
        assigned = self._assigned.get(name, _NOT_LOADED)
        if assigned is _NOT_LOADED:
            assigned = self._load(name)
        if assigned is None:
            return None
        ordinal = assigned.get(term)
        if ordinal is None:
            if len(assigned) >= self._max_terms:
                self._drop(name)
                return None
            ordinal = assigned[term] = len(assigned)
            self._unsaved.setdefault(name, []).append(term)
        return ordinal

    def save(self) -> None:
        """Write the newly assigned ordinals to disk.

        Raises:
            OSError: the disk does not take them.
        """
        unsaved, self._unsaved = self._unsaved, {}
        try:
            for name, terms in unsaved.items():
                lines, checksum = _checksummed_lines(terms, self._assigned_checksums[name])
                with (self._folder / name).open("ab") as file:
                    file.write(lines)
                    file.flush()
                    os.fsync(file.fileno())
                self._assigned_checksums[name] = checksum
        except OSError:
            self._assigned = {}  # Start again from what is on disk.
            raise

    def _load(self, name: str) -> dict[str, int] | None:
        path = self._folder / name
        # A missing file is not made again: its ordinals may be in the index.
        if path.exists():
            content = path.read_bytes()
            complete = content[: content.rfind(b"\n") + 1]
            terms, self._assigned_checksums[name] = checked_terms(complete[:-1], 0)
            # A line that a crash left half written has no ordinal.
            with path.open("ab") as file:
                file.truncate(len(complete))
            self._assigned[name] = {term: ordinal for ordinal, term in enumerate(terms)}
        else:
            self._assigned[name] = None
        return self._assigned[name]

    def _drop(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)
        self._assigned[name] = None
        self._unsaved.pop(name, None)


_NOT_LOADED: dict[str, int] = {}
