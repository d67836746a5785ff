"""Work on the index by whoever runs the server: build it anew, compare it with the store."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kinto_buildhub.application import opened_registry
from kinto_buildhub.errors import StartError
from kinto_buildhub.search.audit import Comparison, compare, repair
from kinto_buildhub.search.errors import IndexMissing, SearchError
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.names import IndexId
from kinto_buildhub.search.reindex import rebuild
from kinto_buildhub.search.service import Search

Tell = Callable[[str], None]


def reindex(settings: dict[str, str], *, tell: Tell) -> None:
    """Build each collection's index anew, beside the one that answers.

    Args:
        settings: of a server whose database is up.
        tell: takes a sentence about each index.

    Raises:
        StartError: search is off, its engine does not answer, or a running server holds the
            embedded index.
    """
    with _opened_search(settings) as search:
        _must_lead(search)
        for index, mapping in _mappings(search):
            count = rebuild(search.engine, search.store, index, mapping)
            tell(f"{'/'.join(index)}: {count:,} records indexed.")


def audit_index(settings: dict[str, str], *, repairing: bool, tell: Tell) -> bool:
    """Compare each index with its collection; return whether they are equal in the end.

    Args:
        settings: of a server whose database is up.
        repairing: put right what differs.
        tell: takes a sentence about each index.

    Raises:
        StartError: see :func:`reindex`.
    """
    are_equal = True
    with _opened_search(settings) as search:
        if repairing:
            _must_lead(search)
        for index, _ in _mappings(search):
            name = "/".join(index)
            try:
                found = compare(search.engine, search.store, index)
            except IndexMissing:
                tell(f"{name}: there is no index; `buildhub reindex` or a running server makes it.")
                are_equal = False
                continue
            tell(f"{name}: {_describe(found)}")
            if repairing and not found.equal:
                count = repair(search.engine, search.store, index, found)
                tell(f"{name}: {count:,} records put right.")
            elif not found.equal:
                are_equal = False
    return are_equal


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


def _must_lead(search: Search) -> None:
    if not search.engine.lead():
        raise StartError(
            "A running server writes the embedded index. It repairs and rebuilds it by itself when "
            "it starts; stop it to do that from here."
        )


def _mappings(search: Search) -> Iterator[tuple[IndexId, Mapping]]:
    for index, mapping in search.store.mappings().items():
        if isinstance(mapping, Mapping):
            yield index, mapping


def _describe(found: Comparison) -> str:
    if found.equal:
        return f"{found.count:,} records, index and store are equal."
    return (
        f"{found.count:,} records; {len(found.missing):,} missing in the index, "
        f"{len(found.extra):,} too many, {len(found.stale):,} out of date."
    )
