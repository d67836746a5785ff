"""Rebuild the search index, for ``buildhub reindex``."""

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from kinto_buildhub.errors import StartError
from kinto_buildhub.run.application import opened_registry
from kinto_buildhub.search.errors import BeingRebuilt, IndexMissing, SearchError
from kinto_buildhub.search.follow.rebuild import rebuild
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.tree import MatchAll
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.service import Search

Report = Callable[[str], None]


# A million records take one or two minutes.
WAIT_SECONDS = 1800.0
_POLL_SECONDS = 0.1


def reindex(
    settings: dict[str, str], *, report: Report, wait_seconds: float = WAIT_SECONDS
) -> None:
    """Rebuild the index of each collection, beside the one that answers.

    A running server that holds the embedded index is asked to do it.

    Args:
        settings: of a server whose database is up.
        report: takes a sentence about each index.
        wait_seconds: how long to wait for a running server to rebuild an index.

    Raises:
        StartError: search is off, its engine does not answer, another process rebuilds an index,
            or a running server does not rebuild it in time.
    """
    with _opened_search(settings) as search:
        is_leader = search.engine.lead()
        for index, mapping in _mappings(search):
            if is_leader:
                count = rebuild(search.engine, search.store, index, mapping)
            else:
                count = _ask_server(search, index, mapping, wait_seconds)
            report(f"{index}: {count:,} records indexed by {search.engine.location}.")


@contextmanager
def _opened_search(settings: dict[str, str]) -> Iterator[Search]:
    with opened_registry(settings, command="search") as registry:
        search: Search = registry.buildhub_search
        try:
            yield search
        except BeingRebuilt as exc:
            raise StartError(str(exc)) from exc
        except SearchError as exc:
            raise StartError(f"The search engine cannot be used: {exc}") from exc
        finally:
            if search.enabled:
                search.engine.close()


def _ask_server(search: Search, index: IndexId, mapping: Mapping, wait_seconds: float) -> int:
    """Have the running server rebuild an index; return its number of records."""
    before = _generation(search, index)
    deadline = time.monotonic() + wait_seconds
    if search.follower is not None:
        search.follower.repair(index, None)
    while _generation(search, index) in (before, None):
        if time.monotonic() > deadline:
            raise StartError(
                f"The running server was asked to rebuild the index of {index}, and has not done "
                f"so in {wait_seconds:g} seconds; its log says why."
            )
        time.sleep(_POLL_SECONDS)
    return search.engine.count(index, mapping, MatchAll())


def _generation(search: Search, index: IndexId) -> Hashable | None:
    """Return what differs after a rebuild of the embedded index; None if there is no index."""
    try:
        state = search.engine.state(index)
    except IndexMissing:
        return None
    return state[0] if isinstance(state, tuple) else state


def _mappings(search: Search) -> Iterator[tuple[IndexId, Mapping]]:
    for index, mapping in search.store.mappings().items():
        if isinstance(mapping, Mapping):
            yield index, mapping
