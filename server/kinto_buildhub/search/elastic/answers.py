"""A cluster's answer, without what depends on its product, its version, or our documents."""

from typing import Any, NamedTuple

from kinto_buildhub.search.elastic.documents import COMPUTED_FIELD, RECORD_FIELD
from kinto_buildhub.search.mapping import Mapping

# Parts of a hit about values that were not indexed: a list of fields, and the values of fields.
_IGNORED, _IGNORED_VALUES = "_ignored", "ignored_field_values"


def tidy_answer(answer: dict[str, Any], name: str, mapping: Mapping) -> dict[str, Any]:
    """Return the answer to a search of the index *name*, changed in place."""
    answer.pop("terminated_early", None)
    tidy = _Tidy(name, frozenset(field.name for field in mapping.fields_with_ignored))
    _tidy_hits(answer, tidy)
    _tidy_aggregations(answer.get("aggregations"), tidy)
    return answer


class _Tidy(NamedTuple):
    """What hits contain: the index that they name, and fields whose ignored values they list."""

    index_name: str
    with_ignored: frozenset[str]


def _tidy_hits(holder: dict[str, Any], tidy: _Tidy) -> None:
    """Tidy each hit of an answer, a ``top_hits``, or ``inner_hits``."""
    for hit in holder["hits"]["hits"]:
        hit.pop("_type", None)  # Of older versions.
        _tidy_ignored(hit, tidy.with_ignored)
        hit["_index"] = tidy.index_name
        source = hit.get("_source")
        if source is not None and RECORD_FIELD in source:
            hit["_source"] = source[RECORD_FIELD]
        for key in ("fields", "highlight"):
            if key in hit:
                hit[key] = {_field_name(field): value for field, value in hit[key].items()}
        for inner in hit.get("inner_hits", {}).values():
            _tidy_hits(inner, tidy)


def _tidy_ignored(hit: dict[str, Any], listed: frozenset[str]) -> None:
    """Leave those fields whose mapping asks for it; every field of an index may ignore values."""
    names = [name for name in hit.pop(_IGNORED, ()) if name in listed]
    if names:
        hit[_IGNORED] = names
    values = hit.pop(_IGNORED_VALUES, {}).items()
    if shown := {name: found for name, found in values if name in listed}:
        hit[_IGNORED_VALUES] = shown


def _field_name(name: str) -> str:
    """Return the mapping's name of the field that an index calls *name*."""
    computed = name.removeprefix(f"{COMPUTED_FIELD}.")
    return name if computed == name else computed.replace("__", ".")


def _tidy_aggregations(value: Any, tidy: _Tidy) -> None:
    """Tidy the hits in aggregations, however deep."""
    if isinstance(value, list):
        for each in value:
            _tidy_aggregations(each, tidy)
    elif isinstance(value, dict):
        if value.get("meta") == {}:  # OpenSearch adds it to some types.
            del value["meta"]
        if isinstance(value.get("hits"), dict) and "hits" in value["hits"]:
            _tidy_hits(value, tidy)
            return
        for each in value.values():
            if isinstance(each, (dict, list)):
                _tidy_aggregations(each, tidy)
