"""What is damaged in the files of a generation.

Tantivy's files end with a checksum of what precedes it. They never change, so a file whose size and
times are the same as when it was checked is not read again.
"""

import json
import struct
import zlib
from pathlib import Path
from typing import Any

from kinto_buildhub.search.embedded.files import file_version
from kinto_buildhub.search.embedded.term_ordinals import checked_terms
from kinto_buildhub.search.errors import IndexDamaged
from kinto_buildhub.search.mapping import Mapping

# What each segment consists of; one with deletions has further files.
_SUFFIXES = ("fast", "fieldnorm", "idx", "pos", "store", "term")

# At the end of a file: the length of its footer, which is JSON, and a number that marks it as one.
_FOOTER_END = struct.Struct("<II")
_FOOTER_MARK = 1337
_CHUNK_BYTES = 2**20


class DamageCheck:
    """Looks for damage in the files of a generation.

    Args:
        folder: of the generation.
        mapping: that it was built from.
    """

    def __init__(self, folder: Path, mapping: Mapping) -> None:
        self._folder, self._mapping = folder, mapping
        self._ordinals = folder / "term_ordinals"
        self._checked: dict[str, tuple[int, ...]] = {}
        self._ordinal_counts: dict[str, int] = {}
        self._changed_ordinals: set[str] = set()

    def check(self, *, again: bool = False) -> None:
        """Check the files that were not checked since they changed; with *again* all of them.

        Raises:
            IndexDamaged: names the file.
        """
        if again:
            self._checked.clear()
        self._check_json("mapping.json", self._is_mapping)
        self._check_json("meta.json", lambda body: isinstance(body["segments"], list))
        self._check_json(".managed.json", lambda body: isinstance(body, list))
        segments = self._segments()
        paths = [path for path in self._folder.iterdir() if path.name.partition(".")[0] in segments]
        expected = {f"{segment}.{suffix}" for segment in segments for suffix in _SUFFIXES}
        if missing := expected - {path.name for path in paths}:
            self._raise_unless_merged(min(missing), "is gone")
        for path in paths:
            self._check_segment_file(path)
        for path in self._ordinals.iterdir():
            self._check_ordinals(path)

    def _segments(self) -> set[str]:
        meta = json.loads((self._folder / "meta.json").read_text())
        return {each["segment_id"].replace("-", "") for each in meta["segments"]}

    def _is_mapping(self, body: Any) -> bool:
        return bool(body == self._mapping.body)

    def _check_json(self, name: str, is_right: Any) -> None:
        try:
            right = is_right(json.loads((self._folder / name).read_text()))
        except (OSError, ValueError, LookupError, TypeError, RecursionError) as exc:
            raise IndexDamaged(f"{name} cannot be read: {exc!r}") from exc
        if not right:
            raise IndexDamaged(f"{name} does not contain what was written to it")

    def _check_segment_file(self, path: Path) -> None:
        try:
            version = file_version(str(path))
            if self._checked.get(path.name) == version:
                return
            wrong = _checksum_error(path)
        except OSError as exc:
            wrong = str(exc)
        if wrong is None:
            self._checked[path.name] = version
        else:
            self._raise_unless_merged(path.name, wrong)

    def _check_ordinals(self, path: Path) -> None:
        try:
            version = file_version(str(path))
            if self._checked.get(path.name) == version:
                return
            terms, _ = checked_terms(path.read_bytes().rpartition(b"\n")[0], 0)
        except FileNotFoundError:  # The field has got too many terms.
            return
        except (OSError, ValueError) as exc:
            raise IndexDamaged(f"term_ordinals/{path.name} cannot be read: {exc}") from exc
        self._checked[path.name] = version
        self._ordinal_counts[path.name] = len(terms)
        self._changed_ordinals.add(path.name)

    def changed_ordinals(self) -> set[str]:
        """Return the fields whose term ordinals were read since the last call."""
        changed, self._changed_ordinals = self._changed_ordinals, set()
        return changed

    def count_ordinals(self, name: str) -> int | None:
        """Return how many ordinals a field had when they were read last; None if it has none."""
        return self._ordinal_counts.get(name) if (self._ordinals / name).exists() else None

    def _raise_unless_merged(self, name: str, wrong: str) -> None:
        """Raise `IndexDamaged`, unless the file's segment was replaced meanwhile."""
        suffix = name.partition(".")[2]
        is_deletions = suffix.endswith("del") and not (self._folder / name).exists()
        if name.partition(".")[0] in self._segments() and not is_deletions:
            raise IndexDamaged(f"{name} {wrong}")


def _checksum_error(path: Path) -> str | None:
    """Return what is wrong with one of Tantivy's files; None if its checksum is right."""
    size = path.stat().st_size
    if size < _FOOTER_END.size:
        return "is cut off"
    with path.open("rb") as file:
        file.seek(size - _FOOTER_END.size)
        length, mark = _FOOTER_END.unpack(file.read(_FOOTER_END.size))
        body_size = size - _FOOTER_END.size - length
        if mark != _FOOTER_MARK or body_size < 0:
            return "has no footer"
        file.seek(body_size)
        try:
            expected = json.loads(file.read(length))["crc"]
        except (ValueError, LookupError, TypeError):
            return "has no readable footer"
        file.seek(0)
        checksum = 0
        left = body_size
        while left:
            chunk = file.read(min(_CHUNK_BYTES, left))
            if not chunk:
                return "is cut off"
            checksum = zlib.crc32(chunk, checksum)
            left -= len(chunk)
    return None if checksum == expected else "has another checksum than its footer says"
