"""Words about the answer, not about builds: ``newest``, ``missing``. They find nothing by text."""

from collections.abc import Mapping

from kinto_buildhub.catalog.search_state.clauses import everything
from kinto_buildhub.catalog.search_state.terms import Meaning
from kinto_buildhub.catalog.search_state.vocabulary import Vocabulary

_NEWEST = Meaning("Order", "newest first", everything(), hint="unless another column is chosen")
_MISSING = Meaning("Missing builds", "all", everything(), hint="a version's page lists them")

_MEANINGS: Mapping[str, Meaning] = {
    "newest": _NEWEST,
    "latest": _NEWEST,
    "missing": _MISSING,
}


def request_meaning(word: str, vocabulary: Vocabulary) -> Meaning | None:
    """Understand a word about the answer."""
    del vocabulary
    return _MEANINGS.get(word.casefold())
