"""Searches of the one collection that the pages are about."""

from typing import Any

from kinto_buildhub.search.endpoint.requests import search_of, searched_collection
from kinto_buildhub.search.source import dump_json, load_json


class Catalogue:
    """Asks search, in the name of one request."""

    def __init__(self, request: Any) -> None:
        self._search = search_of(request)
        self._index, self._mapping = searched_collection(request)

    def search(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a search; the same one asked again is answered from memory.

        Raises:
            SearchError: it cannot be answered.
        """
        answer: dict[str, Any] = load_json(self.search_text(body))
        return answer

    def search_text(self, body: dict[str, Any]) -> bytes:
        """Return the same as JSON text: from memory, it is the same object; raises as `search`."""
        return self._search.search(self._index, self._mapping, dump_json(body), {}, legacy=False)
