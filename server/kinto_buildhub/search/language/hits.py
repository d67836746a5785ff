"""The options of hits: which ones, in which order, and what of each."""

from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.highlights import parse_highlight
from kinto_buildhub.search.language.json_values import (
    MAX_INTEGER,
    iter_list,
    read_flag,
    read_integer,
    read_text,
    shown,
)
from kinto_buildhub.search.language.own_fields import OWN_FIELDS
from kinto_buildhub.search.language.reader import Reader
from kinto_buildhub.search.mapping import TYPES
from kinto_buildhub.search.settings import Limits

_MODES = ("min", "max", "avg", "sum", "median")


def parse_hits(reader: Reader, default_size: int = 10) -> tree.HitOptions:
    """Take the options of hits of a request, of ``top_hits`` or of ``inner_hits``."""
    reader.only("explain", False)
    reader.only("seq_no_primary_term", False)
    reader.refuse("script_fields", why="there are no scripts")
    return tree.HitOptions(
        size=reader.integer("size", default_size),
        from_=reader.integer("from", 0),
        sort=parse_sort(reader),
        source=_source(reader),
        fields=_fetch_fields(reader, "fields"),
        docvalue_fields=_fetch_fields(reader, "docvalue_fields"),
        highlight=parse_highlight(reader),
        track_scores=reader.flag("track_scores"),
        version=reader.flag("version"),
    )


def _source(reader: Reader) -> tree.SourceFilter:
    """Take ``_source`` and ``stored_fields``. No field is stored, except the source itself."""
    source = parse_source(reader.raw("_source"), reader.at("_source"))
    names = [read_text(value, at) for value, at in reader.list("stored_fields", None)]
    without_source = source_of_stored_fields(names, reader.at("stored_fields"))
    if "stored_fields" not in reader.value or "_source" in reader.value:
        return source
    return without_source


def source_of_stored_fields(names: list[str], path: str) -> tree.SourceFilter:
    """Return what ``stored_fields`` leaves of the source: nothing, unless it names it.

    Raises:
        BadQuery: it asks for hits without an ID.
    """
    if "_none_" in names:
        raise BadQuery("'_none_' is not supported; use \"_source\": false", path)
    return tree.SourceFilter(enabled="_source" in names)


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
        raise BadQuery(f"at most 20 sort keys, got {len(keys)}", reader.at("sort"))
    return tuple(keys)


def parse_sort_text(text: str) -> tuple[tree.SortKey, ...]:
    """Return the sort keys of a URL: ``field:desc,other``."""
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
    reader = Reader.of(body, path, f"sort {name!r}", outer.budget)
    reader.allow_null("missing")
    order = reader.choice("order", ("asc", "desc"), "desc" if name == "_score" else "asc")
    mode = reader.choice("mode", _MODES, None)
    reader.refuse("nested", "nested_path", "nested_filter", why="there are no nested documents")
    reader.refuse("numeric_type", why="values are sorted as the type of their field")
    unmapped = reader.choice("unmapped_type", tuple(sorted(TYPES)), None)
    if unmapped is None and reader.flag("ignore_unmapped"):
        unmapped = "keyword"
    reader.ignore("ignore_unmapped")
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
    """Read ``_source``: true, false, a pattern, a list of them, or includes and excludes."""
    if value is None or isinstance(value, bool):
        return tree.SourceFilter(enabled=value is not False)
    if isinstance(value, (str, list)):
        return tree.SourceFilter(includes=_patterns(value, path))
    if not isinstance(value, dict):
        raise BadQuery(f"expected true, false, fields or an object, got {shown(value)}", path)
    parts: dict[str, tuple[str, ...]] = {}
    for name, patterns in value.items():
        known = {"include": "includes", "exclude": "excludes"}.get(name, name)
        if known not in ("includes", "excludes"):
            raise BadQuery(f"unknown option {name!r}; expected includes, excludes", path)
        if known in parts:
            raise BadQuery(f"{known} is given twice, as it is and without its s", path)
        parts[known] = _patterns(patterns, f"{path}.{name}")
    return tree.SourceFilter(includes=parts.get("includes", ()), excludes=parts.get("excludes", ()))


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
            # The indexed values of what is not mapped are none.
            unmapped = inner.flag("include_unmapped") and name == "fields"
            inner.allow_null("format")
            form = inner.text("format", None)
            # Programs written for Elasticsearch 6 name the default, with which it is as none.
            form = None if form == "use_field_mapping" else form
            field = inner.text("field")
            found.append(tree.FetchField(field=field, format=form, include_unmapped=unmapped))
            inner.finish()
        else:
            found.append(tree.FetchField(field=read_text(value, path)))
    for each in found:
        if each.field in OWN_FIELDS:
            raise BadQuery(
                f"{each.field!r} cannot be fetched; hits have _id, and _version with 'version'",
                reader.at(name),
            )
    reader.budget.count_clauses(reader.path, reader.depth, len(found))
    return tuple(found)


def check_window(hits: tree.HitOptions, limits: Limits) -> None:
    """Check how deep a request goes.

    Raises:
        BadQuery: deeper than ``kinto.search.max_result_window``.
    """
    reach = hits.size + hits.from_
    if reach > limits.result_window:
        raise BadQuery(
            f"from + size is at most {limits.result_window} (kinto.search.max_result_window), "
            f"got {reach}; use search_after to go deeper",
            "size",
            "illegal_argument_exception",
        )


def check_inner_window(hits: tree.HitOptions, reader: Reader) -> None:
    """Check how deep ``top_hits`` or ``inner_hits`` go.

    Raises:
        BadQuery: deeper than ``kinto.search.max_inner_hits``.
    """
    limit, reach = reader.budget.limits.size_of_inner_hits, hits.size + hits.from_
    if reach > limit:
        raise BadQuery(
            f"from + size is at most {limit} here (kinto.search.max_inner_hits), got {reach}",
            reader.path,
        )


def parse_track_total_hits(value: Any, path: str) -> bool | int:
    """Return up to which number hits are counted; True counts all, False none."""
    if value is None:
        return 10_000
    if isinstance(value, bool) or value in ("true", "false"):
        return read_flag(value, path)
    limit = read_integer(value, path)
    if not -1 <= limit <= MAX_INTEGER:
        raise BadQuery(f"expected true, false or a number, got {limit}", path)
    return False if limit == -1 else limit
