"""Numbers for texts: what makes aggregations below aggregations quick.

Tantivy looks up each text of each bucket in each segment, which for buckets below buckets takes
most of the time. So each keyword field has a second one, which holds numbers; what text a number
stands for is in a file beside the index. A field with very many texts has none: nobody wants a
bucket for each of them, and they all would have to be in memory.

::

    f3         a line for each text of the field f3, in JSON; the first one is number 0

There is no file for a field that has too many. A line is on the disk before the first document with
its number is.
"""

import os
import threading
from collections.abc import Iterable
from pathlib import Path

import orjson

from kinto_buildhub.search.errors import IndexMissing

MOST_TEXTS = 200_000


class Ordinals:
    """The numbers of one index's texts; read by any process and given by one.

    Args:
        folder: as `make` made it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._texts: dict[str, list[str]] = {}
        self._read_bytes: dict[str, int] = {}
        self._numbers: dict[str, dict[str, int] | None] = {}
        self._new: dict[str, list[str]] = {}
        self._damaged: set[str] = set()
        # A `Path` takes longer to make than to look at, and requests look at several.
        self._prefix = os.path.join(folder, "")

    @classmethod
    def make(cls, folder: Path, names: Iterable[str]) -> None:
        """Make the files of an empty index with these fields."""
        folder.mkdir()
        for name in names:
            (folder / name).touch()

    def usable(self, name: str) -> bool:
        """Tell whether every text of a field has a number."""
        return os.path.exists(self._prefix + name) and name not in self._damaged

    def count(self, name: str) -> int:
        """Return how many texts a usable field has, or had when somebody last looked."""
        return len(self._texts.get(name) or self.texts(name, -1))

    def texts(self, name: str, least: int) -> list[str]:
        """Return the texts of a field by number; there are more than *least*.

        Raises:
            IndexMissing: there are none any more; ask in another way.
        """
        with self._lock:
            if len(self._texts.get(name, ())) <= max(least, 0):
                try:
                    self._read(name)
                except (OSError, ValueError) as exc:
                    raise IndexMissing(f"There are no numbers for {name} any more.") from exc
            if len(self._texts[name]) <= least:
                self._damaged.add(name)
                raise IndexMissing(f"{self._folder / name} lacks number {least}.")
            return self._texts[name]

    def _read(self, name: str) -> None:
        texts = self._texts.setdefault(name, [])
        with (self._folder / name).open("rb") as file:
            file.seek(self._read_bytes.get(name, 0))
            complete, _, _ = file.read().rpartition(b"\n")
        if complete:
            self._read_bytes[name] = self._read_bytes.get(name, 0) + len(complete) + 1
            texts += map(orjson.loads, complete.split(b"\n"))

    def number(self, name: str, text: str) -> int | None:
        """Return the number of a text, a new one if need be; None if its field has no numbers.

        New ones have to be kept before documents with them are.
        """
        numbers = self._numbers.get(name, _UNKNOWN)
        if numbers is _UNKNOWN:
            numbers = self._open(name)
        if numbers is None:
            return None
        found = numbers.get(text)
        if found is None:
            if len(numbers) >= MOST_TEXTS:
                self._give_up(name)
                return None
            found = numbers[text] = len(numbers)
            self._new.setdefault(name, []).append(text)
        return found

    def keep(self) -> None:
        """Write down the numbers that were given.

        Raises:
            OSError: the disk does not take them.
        """
        new, self._new = self._new, {}
        try:
            for name, texts in new.items():
                with (self._folder / name).open("ab") as file:
                    file.write(b"".join(orjson.dumps(text) + b"\n" for text in texts))
                    file.flush()
                    os.fsync(file.fileno())
        except OSError:
            self._numbers = {}  # Begin again with what is there.
            raise

    def _open(self, name: str) -> dict[str, int] | None:
        path = self._folder / name
        self._numbers[name] = None
        # A file that is gone does not begin again: its numbers are in the index.
        if path.exists():
            content = path.read_bytes()
            complete = content[: content.rfind(b"\n") + 1]
            # What a crash left half written stands for nothing.
            with path.open("ab") as file:
                file.truncate(len(complete))
            texts = map(orjson.loads, complete.split(b"\n")[:-1])
            self._numbers[name] = {text: number for number, text in enumerate(texts)}
        return self._numbers[name]

    def _give_up(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)
        self._numbers[name] = None
        self._new.pop(name, None)


_UNKNOWN: dict[str, int] = {}
