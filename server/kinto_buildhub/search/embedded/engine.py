"""The embedded engine: one index per collection, in a folder."""

import contextlib
import fcntl
import shutil
import threading
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from kinto_buildhub.search.cache import AnswerCache
from kinto_buildhub.search.embedded.answer_cache import CachedResults
from kinto_buildhub.search.embedded.generation import Generation
from kinto_buildhub.search.embedded.index_folder import IndexFolder
from kinto_buildhub.search.embedded.matched_queries import named_queries
from kinto_buildhub.search.embedded.panics import EnginePanicked, panics_raise
from kinto_buildhub.search.embedded.search import execute_search, make_execution, needs_scores
from kinto_buildhub.search.embedded.term_ordinals import MAX_TERMS
from kinto_buildhub.search.engine import BEGINNING, Change
from kinto_buildhub.search.errors import IndexMissing, MappingChanged, SearchError, Unavailable
from kinto_buildhub.search.index_names import IndexId, index_name, parse_index_name
from kinto_buildhub.search.language.tree import Query, SearchRequest
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.settings import Limits

_CACHE_BYTES = 32 * 2**20


class EmbeddedEngine:
    """Indexes in a folder. The process that holds the folder's lock writes; all processes read.

    Args:
        folder: created if it is missing.
        prefix: of all index names.
        limits: what a request may cost.
        cache_bytes: memory for cached results.
        max_terms: fields with more terms have no term ordinals.
    """

    name = "embedded"

    def __init__(
        self,
        folder: Path,
        prefix: str,
        limits: Limits,
        cache_bytes: int = _CACHE_BYTES,
        max_terms: int = MAX_TERMS,
    ) -> None:
        self.folder = folder
        self._cache = AnswerCache(cache_bytes)
        self._prefix, self._limits, self._max_terms = prefix, limits, max_terms
        self._indexes: dict[IndexId, IndexFolder] = {}
        self._guard = threading.Lock()
        self._lock: IO[str] | None = None

    @property
    def location(self) -> str:
        """See `Engine.location`."""
        return f"the embedded engine in {self.folder}"

    def lead(self) -> bool:
        """Return whether this process writes; take the writer's lock if it is free."""
        with self._guard:
            if self._lock is not None:
                return True
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                lock = (self.folder / "writer.lock").open("a+")
            except OSError as exc:
                raise Unavailable(f"The search folder cannot be written: {exc}") from exc
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                return False
            self._lock = lock
            return True

    def state(self, index: IndexId) -> Hashable | None:
        """See `Engine.state`."""
        generation = self._folder(index).current()
        return (generation.name, *generation.state())

    def ensure(self, index: IndexId, mapping: Mapping) -> None:
        """See `Engine.ensure`."""
        try:
            found = self._folder(index).current().mapping
        except IndexMissing:
            self.begin_rebuild(index, mapping).commit()
            return
        if found.fingerprint != mapping.fingerprint:
            raise MappingChanged(f"The mapping of {index} has changed.")

    def apply(self, index: IndexId, changes: Sequence[Change], position: int) -> None:
        """See `Engine.apply`."""
        folder = self._folder(index)
        folder.current().apply(changes, position, commit=True)
        folder.snapshots.tidy()

    def position(self, index: IndexId) -> int | None:
        """See `Engine.position`."""
        try:
            return self._folder(index).current().position
        except IndexMissing:
            return None

    def newest(self, index: IndexId, up_to: int) -> int:
        """See `Engine.newest`."""
        with panics_raise(Unavailable, "The search engine failed."):
            return self._folder(index).current().newest(up_to)

    def check(self, index: IndexId) -> None:
        """See `Engine.check`."""
        with contextlib.suppress(IndexMissing):
            self._folder(index).current().check()

    def refresh(self, index: IndexId) -> None:
        """Do nothing: what is applied is visible."""

    def search(self, index: IndexId, mapping: Mapping, request: SearchRequest) -> dict[str, Any]:
        """See `Engine.search`. What counts is the mapping that the index was built from."""
        folder = self._folder(index)
        if request.reader_id is None:
            generation = folder.current()
        else:
            generation = folder.snapshots.read(request.reader_id)
        with _reading(generation):
            searcher, state = generation.searcher_and_state()
            execution = make_execution(
                searcher,
                generation,
                self._limits,
                request.timeout_seconds,
                scored=needs_scores(request),
            )
            results = CachedResults(
                self._cache,
                (index, generation.name, state),
                request.query,
                request.min_score,
                request.typed_keys,
                # Top hits show its named queries, and depend on nothing else of it.
                [*named_queries(request.post_filter)],
            )
            return execute_search(execution, request, index_name(self._prefix, index), results)

    def open_reader(self, index: IndexId, keep_seconds: float) -> str:
        """See `Engine.open_reader`."""
        folder = self._folder(index)
        return folder.snapshots.open(folder.current(), keep_seconds)

    def reader_state(self, index: IndexId, reader_id: str) -> Any:
        """See `Engine.reader_state`."""
        return self._folder(index).snapshots.state(reader_id)

    def keep_reader(
        self, index: IndexId, reader_id: str, keep_seconds: float | None, state: Any = None
    ) -> None:
        """See `Engine.keep_reader`."""
        self._folder(index).snapshots.keep(reader_id, keep_seconds, state)

    def close_reader(self, index: IndexId, reader_id: str) -> bool:
        """See `Engine.close_reader`."""
        return self._folder(index).snapshots.close(reader_id)

    def count(self, index: IndexId, mapping: Mapping, query: Query) -> int:
        """See `Engine.count`."""
        generation = self._folder(index).current()
        with _reading(generation):
            execution = make_execution(generation.searcher(), generation, self._limits)
            return execution.count(execution.compiler.compile(query))

    def delete(self, index: IndexId) -> None:
        """See `Engine.delete`."""
        self._folder(index).delete()
        with self._guard:
            self._indexes.pop(index, None)

    def indices(self) -> list[IndexId]:
        """See `Engine.indices`."""
        found = []
        if self.folder.is_dir():
            for entry in self.folder.iterdir():
                index = parse_index_name(self._prefix, entry.name)
                if index is not None and (entry / "current").exists():
                    found.append(index)
        return sorted(found)

    def begin_rebuild(self, index: IndexId, mapping: Mapping) -> "EmbeddedRebuild":
        """See `Engine.begin_rebuild`."""
        folder = self._folder(index)
        try:
            return EmbeddedRebuild(folder, folder.make_generation(mapping))
        except (OSError, ValueError) as exc:
            raise Unavailable(f"The search folder cannot be written: {exc}") from exc

    def ping(self) -> None:
        """Check that the folder is there.

        Raises:
            Unavailable: it is not.
        """
        if not self.folder.is_dir():
            raise Unavailable(f"There is no search folder {self.folder}.")

    def close(self) -> None:
        """Close the files and release the writer's lock."""
        with self._guard:
            self._indexes.clear()
            if self._lock is not None:
                self._lock.close()
                self._lock = None

    def _folder(self, index: IndexId) -> IndexFolder:
        with self._guard:
            if index not in self._indexes:
                folder = self.folder / index_name(self._prefix, index)
                self._indexes[index] = IndexFolder(folder, self._max_terms)
            return self._indexes[index]


@contextlib.contextmanager
def _reading(generation: Generation) -> Iterator[None]:
    """Read a generation; what fails because its files are damaged is `Unavailable`."""
    try:
        if generation.damage is None:
            with panics_raise(EnginePanicked, "The search engine failed on this request."):
                yield
            return
    except Exception as exc:
        if isinstance(exc, SearchError) and not isinstance(exc, EnginePanicked):
            raise
        if not generation.is_damaged():
            raise
    raise Unavailable("The search index is damaged; it is being rebuilt.")


class EmbeddedRebuild:
    """A new generation, filled beside the one that answers."""

    def __init__(self, folder: IndexFolder, generation: Generation) -> None:
        self._folder, self._generation = folder, generation
        self._position = BEGINNING
        self._is_committed = False

    def apply(self, changes: Sequence[Change], position: int) -> None:
        """See `Engine.apply`; nothing is visible before `count` or `commit`."""
        self._generation.apply(changes, position, commit=False)
        self._position = position

    def count(self) -> int:
        """Return how many records it holds."""
        self._generation.commit(self._position)
        return int(self._generation.searcher().num_docs)

    def commit(self) -> None:
        """See `Rebuild.commit`."""
        self._generation.commit(self._position)
        self._folder.switch_to(self._generation)
        self._is_committed = True

    def abort(self) -> None:
        """See `Rebuild.abort`."""
        if not self._is_committed:
            self._generation.close()
            shutil.rmtree(self._generation.folder, ignore_errors=True)
