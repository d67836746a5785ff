"""``/catalog/suggestions``: what may go on with the text in the box, for the page and browsers."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import orjson
from kinto.core.authorization import DYNAMIC
from pyramid.response import Response

from kinto_buildhub.catalog import paths
from kinto_buildhub.catalog.context import CatalogContext
from kinto_buildhub.catalog.responses.errors import describe_error
from kinto_buildhub.catalog.responses.page_address import root_url
from kinto_buildhub.catalog.search_state.box import understand
from kinto_buildhub.catalog.search_state.query_string import format_state, parse_pairs, parse_state
from kinto_buildhub.catalog.search_state.state import BadAddress, SearchState
from kinto_buildhub.catalog.search_state.suggestions import (
    Suggestion,
    build_id_start,
    last_word,
    suggest,
)
from kinto_buildhub.catalog.searches.catalogue import Catalogue
from kinto_buildhub.catalog.searches.suggestions import count_values, find_build_ids
from kinto_buildhub.catalog.searches.vocabulary import vocabulary_of
from kinto_buildhub.search.budget import Budget, spending
from kinto_buildhub.search.errors import SearchError

_FORMAT, _OPENSEARCH = "format", "opensearch"


def includeme(config: Any) -> None:
    """Add the route and its view."""
    config.add_route("catalog-suggestions", paths.SUGGESTIONS, factory=CatalogContext)
    config.add_view(
        _answer, route_name="catalog-suggestions", request_method="GET", permission=DYNAMIC
    )


def _answer(request: Any) -> Response:
    with spending(Budget(request.registry.buildhub_search.settings.limits)):
        try:
            response = _suggestions(request)
        except (BadAddress, SearchError) as exc:
            page = describe_error(exc, None)
            response = Response(
                orjson.dumps(page.data()), page.status, content_type="application/json"
            )
    response.cache_control = "no-cache"
    return response


def _suggestions(request: Any) -> Response:
    pairs = parse_pairs(request.query_string)
    state = parse_state([pair for pair in pairs if pair[0] != _FORMAT])
    form = next((value for name, value in pairs if name == _FORMAT), "")
    if form not in ("", _OPENSEARCH):
        raise BadAddress(f"'format' is {form!r}; expected {_OPENSEARCH!r}, or none.")
    # Spaces at the end are lost in the state, and after one, no word is being typed.
    text = next((value for name, value in pairs if name == "q"), "")
    found = _find(Catalogue(request), state, text)
    if form == _OPENSEARCH:
        return Response(
            orjson.dumps(_opensearch(request, text, found)),
            content_type="application/x-suggestions+json",
        )
    return Response(
        orjson.dumps({"q": text, "suggestions": [asdict(each) for each in found]}),
        content_type="application/json",
    )


def _find(catalogue: Catalogue, state: SearchState, text: str) -> list[Suggestion]:
    word = last_word(text)
    if word is None:
        return []
    vocabulary = vocabulary_of(catalogue)
    terms = understand(word.before, vocabulary)
    counts = count_values(catalogue, state, terms, vocabulary)
    start = build_id_start(word)
    build_ids = find_build_ids(catalogue, state, terms, start) if start else {}
    return suggest(word, counts, build_ids)


def _opensearch(request: Any, text: str, found: Sequence[Suggestion]) -> list[Any]:
    """Return suggestions as browsers read them, an extension of OpenSearch 1.1."""
    search = f"{root_url(request)}{paths.SEARCH}"
    return [
        text,
        [each.text for each in found],
        [each.label for each in found],
        [f"{search}?{format_state(SearchState(text=each.text))}" for each in found],
    ]
