"""A whole search request: JSON in, tree out."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import orjson

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.aggregation_types import parse_aggregations
from kinto_buildhub.search.language.dates.intervals import parse_interval
from kinto_buildhub.search.language.hits import parse_hits, parse_sort_text, parse_source
from kinto_buildhub.search.language.json_values import read_flag, read_integer, read_scalar, shown
from kinto_buildhub.search.language.query_clauses import parse_query
from kinto_buildhub.search.language.reader import Budget, Reader
from kinto_buildhub.search.settings import Limits

# They tune how an engine works, or ask for extras that change no answer.
_WITHOUT_EFFECT = (
    "batched_reduce_size",
    "ext",
    "indices_boost",
    "max_concurrent_shard_requests",
    "pre_filter_shard_size",
    "preference",
    "profile",
    "request_cache",
    "routing",
    "search_type",
    "stats",
    "terminate_after",
)

# Longer aggregations are read each time: what is kept of one takes ten times as much.
_KEPT_BYTES = 2000


def parse_request(body: Any, limits: Limits) -> tree.SearchRequest:
    """Read the body of a search.

    Raises:
        BadQuery: it is none, or asks for something that is not supported.
    """
    budget = Budget(limits)
    reader = Reader.of({} if body is None else body, "", "request", budget)
    reader.ignore(*_WITHOUT_EFFECT)
    version = reader.raw("version") is True
    hits = parse_hits(reader)
    _check_window(hits, limits)
    request = tree.SearchRequest(
        query=_query(reader, "query") or tree.MatchAll(),
        hits=hits,
        aggs=_aggregations(reader),
        post_filter=_query(reader, "post_filter") or _query(reader, "filter"),
        search_after=_search_after(reader, hits),
        collapse=_collapse(reader),
        min_score=reader.number("min_score", None),
        track_total_hits=_track(reader.raw("track_total_hits"), reader.at("track_total_hits")),
        version=version,
        timeout_seconds=_timeout(reader),
        suggest=_suggest(reader),
    )
    reader.finish()
    return request


def _aggregations(reader: Reader) -> tree.NamedAggregations:
    """Take the aggregations; those that come again, as the facets of pages do, are read once."""
    value = reader.value.get("aggs")
    if reader.value.get("aggregations") is not None or not isinstance(value, dict):
        return parse_aggregations(reader)
    try:
        content = orjson.dumps(value)
    except TypeError:  # It reads deeper than it writes. The parser tells what the limit is.
        return parse_aggregations(reader)
    if len(content) > _KEPT_BYTES:
        return parse_aggregations(reader)
    reader.ignore("aggs", "aggregations")
    found, budget = _read_aggregations(content, reader.budget.limits)
    at = reader.at("aggs")
    reader.budget.count_clauses(at, reader.depth, budget.clauses)
    reader.budget.aggregations += budget.aggregations
    return found


@lru_cache(maxsize=100)
def _read_aggregations(content: bytes, limits: Limits) -> tuple[tree.NamedAggregations, Budget]:
    budget = Budget(limits)
    reader = Reader.of({"aggs": orjson.loads(content)}, "", "request", budget)
    return parse_aggregations(reader), budget


def parse_count(body: Any, limits: Limits) -> tree.Query:
    """Read the body of a count: a query and nothing else.

    Raises:
        BadQuery: as `parse_request`.
    """
    reader = Reader.of({} if body is None else body, "", "request", Budget(limits))
    query = _query(reader, "query") or tree.MatchAll()
    reader.finish()
    return query


def with_parameters(
    request: tree.SearchRequest, parameters: Mapping[str, str], limits: Limits
) -> tree.SearchRequest:
    """Return the request with what the URL says instead: ``q``, ``size``, ``from``, ``sort`` …

    Raises:
        BadQuery: a parameter has a value that does not do. Unknown ones are left alone, for
            clients add their own.
    """
    if not parameters:
        return request
    hits = request.hits
    if "size" in parameters:
        hits = replace(hits, size=_whole(parameters["size"], "size"))
    if "from" in parameters:
        hits = replace(hits, from_=_whole(parameters["from"], "from"))
    if parameters.get("sort"):
        hits = replace(hits, sort=parse_sort_text(parameters["sort"]))
    source = _source_parameters(parameters)
    if source is not None:
        hits = replace(hits, source=source)
    _check_window(hits, limits)
    request = replace(request, hits=hits)
    if "q" in parameters:
        request = replace(request, query=parameter_query(parameters, limits))
    if "track_total_hits" in parameters:
        track = _track(parameters["track_total_hits"], "track_total_hits")
        request = replace(request, track_total_hits=track)
    if "typed_keys" in parameters:
        request = replace(request, typed_keys=read_flag(parameters["typed_keys"], "typed_keys"))
    return request


def parameter_query(parameters: Mapping[str, str], limits: Limits) -> tree.Query:
    """Return the query that ``?q=`` and what goes with it mean."""
    options: dict[str, Any] = {"query": parameters["q"]}
    if parameters.get("df"):
        options["default_field"] = parameters["df"]
    for name in ("default_operator", "lenient", "analyze_wildcard"):
        if parameters.get(name):
            options[name] = parameters[name]
    return parse_query({"query_string": options}, "q", Budget(limits))


def _query(reader: Reader, name: str) -> tree.Query | None:
    value = reader.raw(name)
    return None if value is None else parse_query(value, reader.at(name), reader.budget)


def _whole(text: str, name: str) -> int:
    number = read_integer(text, name)
    if number < 0:
        raise BadQuery(f"expected a whole number from 0, got {number}", name)
    return number


def _check_window(hits: tree.HitOptions, limits: Limits) -> None:
    if hits.size + hits.from_ > limits.result_window:
        raise BadQuery(
            f"from + size is at most {limits.result_window} (kinto.search.max_result_window), got "
            f"{hits.from_ + hits.size}; use search_after to go deeper",
            "size",
            "illegal_argument_exception",
        )


def _search_after(reader: Reader, hits: tree.HitOptions) -> Any:
    if reader.raw("search_after") is None:
        return None
    values = reader.value["search_after"]
    at = reader.at("search_after")
    if not isinstance(values, list):
        raise BadQuery(f"expected a list, got {shown(values)}", at)
    keys = hits.sort or (tree.SortKey(field="_score", order="desc"),)
    if len(values) != len(keys):
        raise BadQuery(f"{len(values)} values, but {len(keys)} keys to sort by", at)
    if hits.from_:
        raise BadQuery("'from' has to be 0 beside search_after", at)
    return tuple(
        None if value is None else read_scalar(value, f"{at}[{number}]")
        for number, value in enumerate(values)
    )


def _collapse(reader: Reader) -> tree.Collapse | None:
    value = reader.raw("collapse")
    if value is None:
        return None
    inner = Reader.of(value, reader.at("collapse"), "collapse", reader.budget)
    inner.ignore("max_concurrent_group_searches")
    inner_hits = []
    for item, path in inner.list("inner_hits", None):
        options = Reader.of(item, path, "inner_hits", reader.budget)
        name = options.text("name", None) or inner.value.get("field")
        options.refuse("collapse", why="one level is all")
        hits = parse_hits(options, default_size=3)
        options.finish()
        limit = reader.budget.limits.size_of_inner_hits
        if hits.size + hits.from_ > limit:
            raise BadQuery(
                f"from + size is at most {limit} here (kinto.search.max_inner_hits)", path
            )
        inner_hits.append((str(name), hits))
    collapse = tree.Collapse(field=inner.text("field"), inner_hits=tuple(inner_hits))
    inner.finish()
    return collapse


def _track(value: Any, path: str) -> bool | int:
    if value is None:
        return 10_000
    if value in (True, False, "true", "false", ""):
        return value not in (False, "false")
    limit = read_integer(value, path)
    if limit < -1:
        raise BadQuery(f"expected true, false or a number, got {limit}", path)
    return True if limit == -1 else limit


def _timeout(reader: Reader) -> float | None:
    text = reader.text("timeout", None)
    if text is None or text == "-1":
        return None
    return parse_interval(text, reader.at("timeout")) / 1000


def _suggest(reader: Reader) -> tuple[tuple[str, str], ...]:
    shared = ""
    found: list[tuple[str, str]] = []
    for name, body, path in reader.objects("suggest"):
        if name == "text" and isinstance(body, str):
            shared = body
        elif isinstance(body, dict):
            found.append((name, str(body.get("text", body.get("prefix", "")))))
        else:
            raise BadQuery(f"expected an object, got {shown(body)}", path)
    return tuple((name, text or shared) for name, text in found)


def _source_parameters(parameters: Mapping[str, str]) -> tree.SourceFilter | None:
    plain = parameters.get("_source")
    includes = parameters.get("_source_includes", parameters.get("_source_include"))
    excludes = parameters.get("_source_excludes", parameters.get("_source_exclude"))
    if includes is not None or excludes is not None:
        return parse_source(
            {
                "includes": (includes or "").split(",") if includes else [],
                "excludes": (excludes or "").split(",") if excludes else [],
            },
            "_source",
        )
    if plain is None:
        return None
    if plain in ("true", "false"):
        return parse_source(plain == "true", "_source")
    return parse_source(plain.split(","), "_source")
