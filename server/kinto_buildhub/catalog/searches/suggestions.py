"""The counts of suggestions: builds that have a value, and all else that is asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

from kinto_buildhub.catalog.columns import FACETS
from kinto_buildhub.catalog.search_state.clauses import all_of, starts_with
from kinto_buildhub.catalog.search_state.meanings.identifiers import BUILD_ID
from kinto_buildhub.catalog.search_state.state import SearchState
from kinto_buildhub.catalog.search_state.suggestions import Counts
from kinto_buildhub.catalog.search_state.terms import Term
from kinto_buildhub.catalog.search_state.vocabulary import Vocabulary
from kinto_buildhub.catalog.searches.catalogue import Catalogue
from kinto_buildhub.catalog.searches.facets import facets_aggregations
from kinto_buildhub.catalog.searches.selection import selection_query

_MOST_BUILD_IDS = 5


def count_values(
    catalogue: Catalogue, state: SearchState, terms: Sequence[Term], vocabulary: Vocabulary
) -> Counts:
    """Return the values of the facets, as far as anything has them besides all that is asked for.

    The search is the same for all that may be typed as the last word, so it is asked once. A facet
    that another word is about has all its values, without counts: the two would mean any of both.

    Raises:
        SearchError: search does not answer.
    """
    body = {
        "query": selection_query(state, terms),
        "size": 0,
        "aggs": facets_aggregations(SearchState()),
    }
    answer = catalogue.search(body)["aggregations"]
    asked = {term.group for term in terms if not term.is_excluded}
    return {
        facet.name: dict.fromkeys(vocabulary.values(facet.name))
        if facet.field in asked
        else _counts(answer[facet.name])
        for facet in FACETS
    }


def find_build_ids(
    catalogue: Catalogue, state: SearchState, terms: Sequence[Term], start: str
) -> Mapping[str, int]:
    """Return a few build IDs that begin so, newest first, with their number of builds.

    Raises:
        SearchError: search does not answer.
    """
    body = {
        "query": all_of([selection_query(state, terms), starts_with(BUILD_ID, start)]),
        "size": 0,
        "aggs": {
            "builds": {
                "terms": {"field": BUILD_ID, "size": _MOST_BUILD_IDS, "order": {"_key": "desc"}}
            }
        },
    }
    return _counts(catalogue.search(body)["aggregations"]["builds"])


def _counts(terms: Mapping[str, Any]) -> dict[str, int]:
    return {bucket["key"]: bucket["doc_count"] for bucket in terms["buckets"]}
