"""The header ``Complete-Until``: the time up to which an answer is complete.

With it, an answer without builds means that there are none, and not that no job has looked yet. It
is read before the answer is made, so that it never claims more than the answer contains.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kinto.core.utils import native_value
from pyramid.httpexceptions import HTTPException

from kinto_buildhub.collection_context import parse_collection_path
from kinto_buildhub.coverage.cache import CoverageCache
from kinto_buildhub.coverage.completeness import CollectionCoverage
from kinto_buildhub.filters.typed import iter_members, parse_parameter

HEADER = "Complete-Until"

_EXPOSED = "Access-Control-Expose-Headers"

_RECORDS = "records"
_SEARCH_METHODS = frozenset({"GET", "POST"})
_METHODS = {
    _RECORDS: frozenset({"GET", "HEAD"}),
    **dict.fromkeys(("search", "_search", "_count", "_msearch"), _SEARCH_METHODS),
}
_NO_COLLECTION = ("", "", "")
_STATUSES = frozenset({200, 304})

_PRODUCT, _CHANNEL = "source.product", "target.channel"


def tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """Return *handler* with the header added to lists of records and to searches."""
    cache: CoverageCache = registry.buildhub_coverage

    def tween(request: Any) -> Any:
        path = parse_collection_path(request.environ.get("PATH_INFO", ""))
        bucket_id, collection_id, endpoint = path or _NO_COLLECTION
        if request.method not in _METHODS.get(endpoint, ()):
            return handler(request)
        lists_records = endpoint == _RECORDS
        coverage = cache.find_coverage((bucket_id, collection_id), searched=not lists_records)
        # The body of a search is not examined: the coverage of the whole catalogue holds for it.
        selected = _selected(request) if lists_records and coverage else {}
        response = handler(request)
        if coverage is not None and response.status_code in _STATUSES:
            until = selected_complete_until(coverage, selected)
            if until is not None:
                response.headers[HEADER] = until
                # After all tweens Kinto sets the list of headers that other origins may read.
                request.add_response_callback(_expose)
        return response

    return tween


def selected_complete_until(
    coverage: CollectionCoverage, selected: Mapping[str, frozenset[str]]
) -> str | None:
    """Return the header's value for what `selected_values` returned; None if there is none."""
    return coverage.complete_until(selected.get(_PRODUCT), selected.get(_CHANNEL))


def _expose(request: Any, response: Any) -> None:
    if _EXPOSED in response.headers:
        response.headers[_EXPOSED] += f", {HEADER}"


def _selected(request: Any) -> dict[str, frozenset[str]]:
    try:
        return selected_values(request.GET.items())
    except (HTTPException, UnicodeDecodeError):
        return {}


def selected_values(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Return the products and channels that a query string selects, by field.

    A field without a filter by value is left out. Values may be in JSON quotes.
    """
    selected: dict[str, frozenset[str]] = {}
    for name, value in pairs:
        operator, field = parse_parameter(name)
        if field in (_PRODUCT, _CHANNEL) and operator in ("eq", "in"):
            members = iter_members(value) if operator == "in" else (value,)
            values = frozenset(str(native_value(member)) for member in members)
            selected[field] = selected.get(field, frozenset()) | values
    return selected
