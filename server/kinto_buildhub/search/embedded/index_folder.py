"""The folder of one index: its generations, and which of them answers.

::

    current            name of the generation that answers
    g1732251600…/      a generation, see `generation`
    snapshots/         see `snapshots`
"""

import shutil
import threading
import time
from pathlib import Path

from kinto_buildhub.search.embedded.files import file_version, replace_text
from kinto_buildhub.search.embedded.generation import Generation
from kinto_buildhub.search.embedded.snapshots import Snapshots
from kinto_buildhub.search.embedded.term_ordinals import MAX_TERMS
from kinto_buildhub.search.errors import IndexMissing
from kinto_buildhub.search.mapping import Mapping


class IndexFolder:
    """An index with its generations.

    Args:
        folder: it need not be there.
        max_terms: fields with more terms have no term ordinals.
    """

    def __init__(self, folder: Path, max_terms: int = MAX_TERMS) -> None:
        self.folder, self._max_terms = folder, max_terms
        self._current = str(folder / "current")
        self.snapshots = Snapshots(folder / "snapshots", max_terms)
        self._lock = threading.Lock()
        self._current_version: tuple[int, ...] | None = None
        self._generation: Generation | None = None

    def current(self) -> Generation:
        """Return the generation that answers.

        Raises:
            IndexMissing: there is none.
        """
        with self._lock:
            # Every request does this, and reading the file takes longer than looking at it.
            try:
                version = file_version(self._current)
            except OSError as exc:
                raise self._missing() from exc
            if self._generation is None or version != self._current_version:
                name = self._current_name()
                if self._generation is None or name != self._generation.name:
                    self._generation = Generation(self.folder / name, self._max_terms)
                self._current_version = version
            return self._generation

    def _current_name(self) -> str:
        try:
            return (self.folder / "current").read_text()
        except OSError as exc:
            raise self._missing() from exc

    def _missing(self) -> IndexMissing:
        return IndexMissing(f"There is no search index in {self.folder}.")

    def make_generation(self, mapping: Mapping) -> Generation:
        """Create an empty generation beside the one that answers."""
        self._remove_others()
        # Names are never reused: another process may still read an older generation.
        folder = self.folder / f"g{time.time_ns()}"
        return Generation.make(folder, mapping, self._max_terms)

    def switch_to(self, generation: Generation) -> None:
        """Let *generation* answer from now on, and remove the others."""
        replace_text(self.folder / "current", generation.folder.name)
        with self._lock:
            if self._generation is not None:
                self._generation.close()
            self._generation, self._current_version = generation, None
        self._remove_others()
        self.snapshots.tidy()

    def _remove_others(self) -> None:
        """Remove generations that were replaced, or that a crash left unfinished."""
        try:
            current = self._current_name()
        except IndexMissing:
            current = ""
        for other in self.folder.glob("g*"):
            if other.name != current:
                shutil.rmtree(other, ignore_errors=True)

    def delete(self) -> None:
        """Remove the index."""
        with self._lock:
            if self._generation is not None:
                self._generation.close()
            self._generation = None
        (self.folder / "current").unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.snapshots.tidy()
