"""Options of a mapping: those that are honoured, and those that are refused.

A mapping is checked when it is written, so that an option without effect is named to whoever asks
for it. Mappings that are in the store already are read as they are.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from kinto_buildhub.search.language.dates.formats import DEFAULT_FORMAT
from kinto_buildhub.search.language.json_values import shown
from kinto_buildhub.search.mapping import IGNORE_ABOVE, METADATA_KEY, BadMapping
from kinto_buildhub.search.mapping import Mapping as IndexMapping

# Options with the values that change nothing here; () accepts any value.
Options = Mapping[str, tuple[Any, ...]]

_ROOT: Options = {
    "properties": (),
    "_meta": (),
    # Either way, what the mapping does not list is returned and cannot be searched.
    "dynamic": (False, "false", "strict"),
    "date_detection": (),
    "numeric_detection": (),
}
_OBJECT: Options = {
    "type": ("object",),
    "properties": (),
    "dynamic": (False, "false", "strict"),
    "enabled": (True,),
}
# Without properties, nothing of the object is indexed, enabled or not.
_OPAQUE: Options = {**_OBJECT, "enabled": (True, False)}
_ANY: Options = {
    "type": (),
    "fields": (),
    "index": (True,),
    "doc_values": (True,),
    "store": (False,),
    "meta": (),
    "boost": (1, 1.0),
}
_NUMBER: Options = {**_ANY, "coerce": (True,), "ignore_malformed": (True,)}
_KEYWORD: Options = {
    **_ANY,
    "ignore_above": (),
    "eager_global_ordinals": (),
    "norms": (False,),
    "index_options": ("docs",),
    "similarity": ("BM25",),
    "split_queries_on_whitespace": (False,),
}
_TEXT: Options = {
    **_ANY,
    "analyzer": ("standard",),
    "search_analyzer": ("standard",),
    "search_quote_analyzer": ("standard",),
    "fielddata": (False,),
    "eager_global_ordinals": (),
    "norms": (True,),
    "index_options": ("positions",),
    "index_phrases": (),
    "index_prefixes": (),
    "similarity": ("BM25",),
}
_DATE: Options = {
    **_ANY,
    "format": (DEFAULT_FORMAT, "strict_date_optional_time", "date_optional_time"),
    "ignore_malformed": (True,),
}
_BY_TYPE: Mapping[str, Options] = {
    "keyword": _KEYWORD,
    "version": {"type": (), "meta": ()},
    "text": _TEXT,
    "date": _DATE,
    "boolean": {**_ANY, "ignore_malformed": (True,)},
}


def check_mapping(body: Any) -> None:
    """Check that a mapping is valid, and that all of its options are honoured.

    Raises:
        BadMapping: names the property and the option.
    """
    IndexMapping(body)
    _check_options(body, _ROOT, METADATA_KEY)
    for path, options in _iter_properties(body["properties"], METADATA_KEY):
        _check_property(path, options)


def _iter_properties(properties: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, options in properties.items():
        at = f"{path}.{name}"
        yield at, options
        if "properties" in options:
            yield from _iter_properties(options["properties"], at)


def _check_property(path: str, options: dict[str, Any]) -> None:
    if "properties" in options:
        _check_options(options, _OBJECT, path)
    elif options.get("type", "object") == "object":
        _check_options(options, _OPAQUE, path)
    else:
        _check_field(path, options)
        for name, sub_field in options.get("fields", {}).items():
            if "fields" in sub_field:
                raise BadMapping(f"{path}.{name}: a sub-field has no sub-fields.")
            _check_field(f"{path}.{name}", sub_field)


def _check_field(path: str, options: dict[str, Any]) -> None:
    _check_options(options, _BY_TYPE.get(options["type"], _NUMBER), path)
    limit = options.get("ignore_above")
    if limit is not None and (type(limit) is not int or not 0 < limit <= IGNORE_ABOVE):
        raise BadMapping(
            f"{path}.ignore_above: expected a whole number from 1 to {IGNORE_ABOVE}, "
            f"got {shown(limit)}."
        )


def _check_options(options: dict[str, Any], known: Options, path: str) -> None:
    for name, value in options.items():
        if name not in known:
            raise BadMapping(
                f"{path}: option {name!r} is not supported; expected one of "
                f"{', '.join(sorted(known))}."
            )
        allowed = known[name]
        if allowed and not any(value == each and type(value) is type(each) for each in allowed):
            expected = " or ".join(map(repr, allowed))
            raise BadMapping(f"{path}.{name}: expected {expected}, got {shown(value)}.")
