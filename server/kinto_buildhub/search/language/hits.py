"""Which hits, in which order, and what of each: JSON in, tree out."""

from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.json_values import (
    iter_list,
    read_flag,
    read_text,
    shown,
    single,
)
from kinto_buildhub.search.language.query_clauses import parse_query
from kinto_buildhub.search.language.reader import Reader

_MODES = ("min", "max", "avg", "sum", "median")
_TAGS = {
    "styled": (tuple(f'<em class="hlt{number}">' for number in range(1, 11)), ("</em>",)),
    "default": (("<em>",), ("</em>",)),
}


def parse_hits(reader: Reader, default_size: int = 10) -> tree.HitOptions:
    """Take everything about hits from a request, a ``top_hits`` or ``inner_hits``."""
    reader.ignore("explain", "version", "seq_no_primary_term", "stored_fields", "storedFields")
    reader.refuse("script_fields", why="no scripts run here")
    return tree.HitOptions(
        size=reader.integer("size", default_size),
        from_=reader.integer("from", 0),
        sort=parse_sort(reader),
        source=parse_source(reader.raw("_source"), reader.at("_source")),
        fields=_fetch_fields(reader, "fields"),
        docvalue_fields=_fetch_fields(reader, "docvalue_fields"),
        highlight=_highlight(reader),
        track_scores=reader.flag("track_scores"),
    )


def parse_sort(reader: Reader) -> tuple[tree.SortKey, ...]:
    """Take ``sort``: a field, an object, or a list of either."""
    keys: list[tree.SortKey] = []
    for value, path in reader.list("sort", None):
        if isinstance(value, str):
            keys.append(_sort_key(value, {}, path, reader))
        elif isinstance(value, dict):
            keys += [
                _sort_key(name, body, f"{path}.{name}", reader) for name, body in value.items()
            ]
        else:
            raise BadQuery(f"expected a field or an object, got {shown(value)}", path)
    if len(keys) > 20:
        raise BadQuery(f"at most 20 keys to sort by, got {len(keys)}", reader.at("sort"))
    return tuple(keys)


def parse_sort_text(text: str) -> tuple[tree.SortKey, ...]:
    """Read the form of URLs: ``field:desc,other``."""
    keys = []
    for part in filter(None, text.split(",")):
        name, colon, order = part.rpartition(":")
        if not colon or order not in ("asc", "desc"):
            name, order = part, "desc" if part == "_score" else "asc"
        keys.append(tree.SortKey(field=name, order=order))  # type: ignore[arg-type]
    return tuple(keys)


def _sort_key(name: str, body: Any, path: str, outer: Reader) -> tree.SortKey:
    if name in ("_script", "_geo_distance"):
        raise BadQuery(f"sorting by {name!r} is not supported; expected a field or _score", path)
    if isinstance(body, str):
        body = {"order": body}
    reader = Reader.of({} if body is None else body, path, f"sort {name!r}", outer.budget)
    order = reader.choice("order", ("asc", "desc"), "desc" if name == "_score" else "asc")
    mode = reader.choice("mode", _MODES, None)
    if mode not in ("min", "max", None):
        raise BadQuery(f"mode {mode!r} is not supported; expected min or max", reader.at("mode"))
    reader.refuse("nested", "nested_path", "nested_filter", why="there are no nested documents")
    reader.ignore("numeric_type")
    unmapped = reader.raw("unmapped_type") is not None or reader.flag("ignore_unmapped")
    key = tree.SortKey(
        field=name,
        order=order,
        missing=reader.scalar("missing", "_last"),
        mode=mode,
        unmapped=unmapped,
        format=reader.text("format", None),
    )
    reader.finish()
    return key


def parse_source(value: Any, path: str) -> tree.SourceFilter:
    """Read ``_source``: a truth value, a pattern, a list, or includes and excludes."""
    if value is None or isinstance(value, bool):
        return tree.SourceFilter(enabled=value is not False)
    if isinstance(value, (str, list)):
        return tree.SourceFilter(includes=_patterns(value, path))
    if not isinstance(value, dict):
        raise BadQuery(f"expected true, false, fields or an object, got {shown(value)}", path)
    parts: dict[str, tuple[str, ...]] = {"includes": (), "excludes": ()}
    for name, patterns in value.items():
        known = {"include": "includes", "exclude": "excludes"}.get(name, name)
        if known not in parts:
            raise BadQuery(f"unknown option {name!r}; expected includes, excludes", path)
        parts[known] += _patterns(patterns, f"{path}.{name}")
    return tree.SourceFilter(includes=parts["includes"], excludes=parts["excludes"])


def _patterns(value: Any, path: str) -> tuple[str, ...]:
    found = tuple(read_text(item, at) for item, at in iter_list(value, path))
    if len(found) > 1000:
        raise BadQuery(f"at most 1000 patterns, got {len(found)}", path)
    return found


def _fetch_fields(reader: Reader, name: str) -> tuple[tree.FetchField, ...]:
    found = []
    for value, path in reader.list(name, None):
        if isinstance(value, dict):
            inner = Reader.of(value, path, name, reader.budget)
            inner.ignore("include_unmapped")
            found.append(
                tree.FetchField(field=inner.text("field"), format=inner.text("format", None))
            )
            inner.finish()
        else:
            found.append(tree.FetchField(field=read_text(value, path)))
    reader.budget.count_clauses(reader.path, reader.depth, len(found))
    return tuple(found)


def _highlight(reader: Reader) -> tuple[tree.HighlightField, ...]:
    value = reader.raw("highlight")
    if value is None:
        return ()
    outer = Reader.of(value, reader.at("highlight"), "highlight", reader.budget)
    shared = _highlight_options(outer)
    fields = outer.raw("fields", {})
    outer.finish()
    at = outer.at("fields")
    if isinstance(fields, list):
        items = [single(item, where, "highlight field") for item, where in iter_list(fields, at)]
    elif isinstance(fields, dict):
        items = [(name, body, f"{at}.{name}") for name, body in fields.items()]
    else:
        raise BadQuery(f"expected an object or a list, got {shown(fields)}", at)
    found = []
    for name, body, path in items:
        inner = Reader.of({} if body is None else body, path, "highlight field", reader.budget)
        inner.ignore("matched_fields", "fragment_offset")
        found.append(tree.HighlightField(field=name, **{**shared, **_highlight_options(inner)}))
        inner.finish()
    reader.budget.count_clauses(reader.path, reader.depth, len(found))
    return tuple(found)


def _highlight_options(reader: Reader) -> dict[str, Any]:
    """Take the options that are given, at the top or for one field."""
    reader.ignore(
        "boundary_chars",
        "boundary_max_scan",
        "boundary_scanner",
        "boundary_scanner_locale",
        "encoder",
        "force_source",
        "fragmenter",
        "max_analyzed_offset",
        "no_match_size",
        "order",
        "phrase_limit",
        "type",
    )
    found: dict[str, Any] = {}
    if reader.has("tags_schema"):
        schema = reader.choice("tags_schema", tuple(_TAGS))
        found["pre_tags"], found["post_tags"] = _TAGS[schema]
    reader.ignore("tags_schema")
    for name in ("pre_tags", "post_tags"):
        if tags := tuple(read_text(tag, at) for tag, at in reader.list(name, None)):
            found[name] = tags
    for name in ("fragment_size", "number_of_fragments"):
        if (number := reader.integer(name, None)) is not None:
            found[name] = number
    value = reader.raw("require_field_match")
    if value is not None:
        found["require_field_match"] = read_flag(value, reader.at("require_field_match"))
    query = reader.raw("highlight_query")
    if query is not None:
        found["query"] = parse_query(query, reader.at("highlight_query"), reader.budget)
    return found
