"""The values that occur in the catalogue, from one search that every text in the box shares."""

from functools import lru_cache
from typing import Any

from kinto_buildhub.catalog.search_state.state import SearchState
from kinto_buildhub.catalog.search_state.vocabulary import ARCHIVE_URL, Vocabulary
from kinto_buildhub.catalog.searches.catalogue import Catalogue
from kinto_buildhub.catalog.searches.facets import facets_aggregations
from kinto_buildhub.search.source import load_json

_ROOT = "/pub/"
# The addresses of all records begin alike, so any record tells how.
_REQUEST: dict[str, Any] = {
    "size": 1,
    "_source": ["download.url"],
    "aggs": facets_aggregations(SearchState()),
}


def vocabulary_of(catalogue: Catalogue) -> Vocabulary:
    """Return the values that occur in the catalogue.

    Raises:
        SearchError: search does not answer.
    """
    return _read_vocabulary(catalogue.search_text(_REQUEST))


# While the index does not change, the answer is the same object, whose hash is known.
@lru_cache(maxsize=4)
def _read_vocabulary(text: bytes) -> Vocabulary:
    answer = load_json(text)
    counts = {
        name: {bucket["key"]: bucket["doc_count"] for bucket in facet["buckets"]}
        for name, facet in answer["aggregations"].items()
    }
    hits = answer["hits"]["hits"]
    url = hits[0]["_source"]["download"]["url"] if hits else ""
    return Vocabulary(counts, url[: url.index(_ROOT) + 1] if _ROOT in url else ARCHIVE_URL)
