"""A cluster's answer, without what depends on its product, its version, or our documents."""

from typing import Any

from kinto_buildhub.search.elastic.documents import COMPUTED_FIELD, RECORD_FIELD

# Some versions add to each hit its type, and its values that were not indexed.
_EXTRA = ("_type", "_ignored", "ignored_field_values")


def tidy_answer(answer: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the answer to a search of the index *name*, changed in place."""
    answer.pop("terminated_early", None)
    _tidy_hits(answer, name)
    _tidy_aggregations(answer.get("aggregations"), name)
    return answer


def _tidy_hits(holder: dict[str, Any], name: str) -> None:
    """Tidy each hit of an answer, a ``top_hits``, or ``inner_hits``."""
    for hit in holder["hits"]["hits"]:
        for extra in _EXTRA:
            hit.pop(extra, None)
        hit["_index"] = name
        source = hit.get("_source")
        if source is not None and RECORD_FIELD in source:
            hit["_source"] = source[RECORD_FIELD]
        for key in ("fields", "highlight"):
            if key in hit:
                hit[key] = {_field_name(field): value for field, value in hit[key].items()}
        for inner in hit.get("inner_hits", {}).values():
            _tidy_hits(inner, name)


def _field_name(name: str) -> str:
    """Return the mapping's name of the field that an index calls *name*."""
    computed = name.removeprefix(f"{COMPUTED_FIELD}.")
    return name if computed == name else computed.replace("__", ".")


def _tidy_aggregations(value: Any, name: str) -> None:
    """Tidy the hits in aggregations, however deep."""
    if isinstance(value, list):
        for each in value:
            _tidy_aggregations(each, name)
    elif isinstance(value, dict):
        if value.get("meta") == {}:  # OpenSearch adds it to some types.
            del value["meta"]
        if isinstance(value.get("hits"), dict) and "hits" in value["hits"]:
            _tidy_hits(value, name)
            return
        for each in value.values():
            if isinstance(each, (dict, list)):
                _tidy_aggregations(each, name)
