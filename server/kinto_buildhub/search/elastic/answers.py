"""A cluster's answer, without what tells the cluster, its version and our ways apart."""

from typing import Any

from kinto_buildhub.search.elastic.documents import COMPUTED_FIELD, RECORD_FIELD

# Some versions say of each hit which type it has, and which of its values were left out.
_EXTRA = ("_type", "_ignored", "ignored_field_values")


def tidy_answer(answer: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the answer to a search of the index *name*, changed in place."""
    answer.pop("terminated_early", None)
    _tidy_hits(answer, name)
    _tidy_aggregations(answer.get("aggregations"), name)
    return answer


def _tidy_hits(holder: dict[str, Any], name: str) -> None:
    """Tidy each hit of what has ``hits``: an answer, a ``top_hits``, ``inner_hits``."""
    for hit in holder["hits"]["hits"]:
        for extra in _EXTRA:
            hit.pop(extra, None)
        hit["_index"] = name
        source = hit.get("_source")
        if source is not None and RECORD_FIELD in source:
            hit["_source"] = source[RECORD_FIELD]
        for part in ("fields", "highlight"):
            if part in hit:
                hit[part] = {_field_name(field): value for field, value in hit[part].items()}
        for inner in hit.get("inner_hits", {}).values():
            _tidy_hits(inner, name)


def _field_name(name: str) -> str:
    """Return the name by which people know the field that an index calls *name*."""
    computed = name.removeprefix(f"{COMPUTED_FIELD}.")
    return name if computed == name else computed.replace("__", ".")


def _tidy_aggregations(part: Any, name: str) -> None:
    """Tidy the hits in aggregations, however deep."""
    if isinstance(part, list):
        for each in part:
            _tidy_aggregations(each, name)
    elif isinstance(part, dict):
        if part.get("meta") == {}:  # OpenSearch says so of some kinds.
            del part["meta"]
        if isinstance(part.get("hits"), dict) and "hits" in part["hits"]:
            _tidy_hits(part, name)
            return
        for each in part.values():
            if isinstance(each, (dict, list)):
                _tidy_aggregations(each, name)
