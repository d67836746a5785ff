"""Rebuild the search index, for ``buildhub reindex``."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kinto_buildhub.errors import StartError
from kinto_buildhub.run.application import opened_registry
from kinto_buildhub.search.errors import SearchError
from kinto_buildhub.search.follow.rebuild import rebuild
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.service import Search

Report = Callable[[str], None]


def reindex(settings: dict[str, str], *, report: Report) -> None:
    """Rebuild the index of each collection, beside the one that answers.

    Args:
        settings: of a server whose database is up.
        report: takes a sentence about each index.

    Raises:
        StartError: search is off, its engine does not answer, or a running server holds the
            embedded index.
    """
    with _opened_search(settings) as search:
        _require_lead(search)
        for index, mapping in _mappings(search):
            count = rebuild(search.engine, search.store, index, mapping)
            report(f"{index}: {count:,} records indexed.")


@contextmanager
def _opened_search(settings: dict[str, str]) -> Iterator[Search]:
    with opened_registry(settings, command="search") as registry:
        search: Search = registry.buildhub_search
        try:
            yield search
        except SearchError as exc:
            raise StartError(f"The search engine cannot be used: {exc}") from exc
        finally:
            if search.enabled:
                search.engine.close()


def _require_lead(search: Search) -> None:
    if not search.engine.lead():
        raise StartError(
            "A running server writes the embedded index. It repairs it by itself, and "
            "`buildhub audit --repair` makes it rebuild it; stop it to do that from here."
        )


def _mappings(search: Search) -> Iterator[tuple[IndexId, Mapping]]:
    for index, mapping in search.store.mappings().items():
        if isinstance(mapping, Mapping):
            yield index, mapping
