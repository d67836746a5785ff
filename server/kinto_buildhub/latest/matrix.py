"""The newest build of a channel for each platform and locale.

Most cells have their newest build among the newest builds of the channel, so these are read, newest
first, and then those of the cells that are missing, until none is. To ask for the newest build of
each cell in one aggregation costs as much as a search for each.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from kinto_buildhub.catalog.search_state.clauses import all_of, any_of, equals, equals_any
from kinto_buildhub.catalog.search_state.terms import Clause
from kinto_buildhub.catalog.searches.catalogue import Catalogue
from kinto_buildhub.catalog.searches.cells import (
    CellKey,
    by_platform,
    locales_aggregation,
    read_counts,
)
from kinto_buildhub.catalog.searches.newest import newest_request, shipped
from kinto_buildhub.latest.wanted import Wanted

_PLATFORM, _LOCALE = "target.platform", "target.locale"
# What a search may return.
_MOST = 10_000

Record = Mapping[str, Any]


def find_matrix(catalogue: Catalogue, wanted: Wanted) -> dict[str, dict[str, Record]]:
    """Return the newest build of a channel for each platform, by locale."""
    cells = _find_cells(catalogue, wanted)
    newest: dict[CellKey, Record] = {}
    while missing := [cell for cell in cells if cell not in newest]:
        filters = [*wanted.filters(), *([_in_cells(missing)] if newest else ())]
        found = _read_first(catalogue, filters, size=min(len(missing), _MOST))
        if not found.keys() & {*missing}:
            break  # The catalogue has changed since.
        newest = found | newest
    matrix: dict[str, dict[str, Record]] = {}
    for platform, locale in cells:
        if (platform, locale) in newest:
            matrix.setdefault(platform, {})[locale] = newest[platform, locale]
    return matrix


def _find_cells(catalogue: Catalogue, wanted: Wanted) -> list[CellKey]:
    body = {
        "query": shipped(wanted.filters()),
        "size": 0,
        "track_total_hits": False,
        "aggs": {"platforms": locales_aggregation()},
    }
    return [*read_counts(catalogue.search(body)["aggregations"])]


def _read_first(catalogue: Catalogue, filters: list[Clause], *, size: int) -> dict[CellKey, Record]:
    """Return the newest build of each cell among so many builds that match."""
    answer = catalogue.search(newest_request(filters, size=size))
    found: dict[CellKey, Record] = {}
    for hit in answer["hits"]["hits"]:
        target = hit["_source"]["target"]
        found.setdefault((target["platform"], target["locale"]), hit["_source"])
    return found


def _in_cells(cells: Iterable[CellKey]) -> Clause:
    return any_of(
        [
            all_of([equals(_PLATFORM, platform), equals_any(_LOCALE, sorted(locales))])
            for platform, locales in by_platform(cells).items()
        ]
    )
