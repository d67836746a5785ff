"""The end of what reads an index as it was: scrolls and points in time."""

from typing import Any

from kinto_buildhub.search.endpoint.responses import StatusAnswer
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.search_contexts import reader_of
from kinto_buildhub.search.service import Search


def closed(search: Search, index: IndexId, contexts: list[dict[str, Any]]) -> StatusAnswer:
    """Close the readers of *contexts*, and return how many there were; 404 if there was none.

    A context without a reader needs nothing to be freed, and counts.
    """
    readers = [reader_of(context) for context in contexts]
    freed = sum(each is None or search.engine.close_reader(index, each) for each in readers)
    return StatusAnswer(200 if freed else 404, {"succeeded": True, "num_freed": freed})
