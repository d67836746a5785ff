"""The parameters of a search's URL: ``q``, ``size``, ``from``, ``sort``, ``_source`` …"""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates.intervals import parse_timeout
from kinto_buildhub.search.language.hits import (
    check_window,
    parse_sort_text,
    parse_source,
    parse_track_total_hits,
    source_of_stored_fields,
)
from kinto_buildhub.search.language.json_values import read_flag_parameter, read_integer, shown
from kinto_buildhub.search.language.query_clauses import parse_query
from kinto_buildhub.search.language.reader import Budget
from kinto_buildhub.search.settings import Limits

# With one index of one shard, they change nothing.
_WITHOUT_EFFECT = (
    *("allow_no_indices", "allow_partial_search_results", "batched_reduce_size"),
    *("ccs_minimize_roundtrips", "expand_wildcards", "ignore_throttled", "ignore_unavailable"),
    *("max_concurrent_searches", "max_concurrent_shard_requests", "pre_filter_shard_size"),
    *("preference", "request_cache", "routing", "stats"),
)
_FLAGS = (
    *("allow_no_indices", "allow_partial_search_results", "ccs_minimize_roundtrips"),
    *("ignore_throttled", "ignore_unavailable", "request_cache"),
)
# The least values of numbers.
_LEAST = {
    "batched_reduce_size": 2,
    "max_concurrent_searches": 1,
    "max_concurrent_shard_requests": 1,
    "pre_filter_shard_size": 1,
}
# Options that are supported with one value only, as in the body.
_OFF = {"explain": ("false",), "seq_no_primary_term": ("false",), "terminate_after": ("0",)}
_ONE_VALUE = {
    **_OFF,
    "search_type": ("query_then_fetch", "dfs_query_then_fetch"),
    "format": ("json",),
}
_QUERY = ("q", "df", "default_operator", "lenient", "analyze_wildcard")
_SOURCE = ("_source", "_source_includes", "_source_excludes", "_source_include", "_source_exclude")
_SEARCH = (
    *_QUERY,
    *_SOURCE,
    *("size", "from", "sort", "track_total_hits", "track_scores", "version", "timeout"),
    *("stored_fields", "docvalue_fields", "typed_keys", "rest_total_hits_as_int", "scroll"),
)
KNOWN = {
    "search": _SEARCH,
    "count": (*_QUERY, "min_score"),
    "msearch": ("typed_keys", "rest_total_hits_as_int"),
}
"""The parameters that change an answer, by endpoint."""


def check_parameters(parameters: Mapping[str, str], endpoint: str) -> None:
    """Check that the parameters of a URL are honoured at an endpoint, or change nothing there.

    Args:
        parameters: by name.
        endpoint: ``search``, ``count`` or ``msearch``.

    Raises:
        BadQuery: a parameter is unknown, or has a value that is not supported.
    """
    known = KNOWN[endpoint]
    for name, value in parameters.items():
        if name in known or name in _WITHOUT_EFFECT:
            _check_without_effect(name, value)
            continue
        if name not in _ONE_VALUE:
            expected = ", ".join(sorted((*known, *_WITHOUT_EFFECT, *_ONE_VALUE)))
            near = get_close_matches(name, (*known, *_WITHOUT_EFFECT, *_ONE_VALUE), 1)
            hint = f"is {near[0]!r} meant?" if near else f"expected one of {expected}"
            raise BadQuery(
                f"unknown parameter {name!r}; {hint}", name, "illegal_argument_exception"
            )
        if value not in _ONE_VALUE[name]:
            expected = " or ".join(_ONE_VALUE[name])
            raise BadQuery(f"expected {expected}, got {shown(value)}", name)


def _check_without_effect(name: str, value: str) -> None:
    if name in _FLAGS:
        read_flag_parameter(value, name)
    elif name in _LEAST and read_integer(value, name) < _LEAST[name]:
        raise BadQuery(f"expected a whole number from {_LEAST[name]}, got {value}", name)


def with_parameters(
    request: tree.SearchRequest, parameters: Mapping[str, str], limits: Limits
) -> tree.SearchRequest:
    """Return the request, changed by the parameters of the URL, which win over the body.

    Raises:
        BadQuery: a parameter is unknown, or its value is not valid.
    """
    if not parameters:
        return request
    check_parameters(parameters, "search")
    hits = _hit_parameters(request.hits, parameters)
    check_window(hits, limits)
    request = replace(request, hits=hits)
    if "q" in parameters:
        request = replace(request, query=parameter_query(parameters, limits))
    if "track_total_hits" in parameters:
        text = parameters["track_total_hits"] or "true"
        track = parse_track_total_hits(text, "track_total_hits")
        request = replace(request, track_total_hits=track)
    if "timeout" in parameters:
        request = replace(request, timeout_seconds=parse_timeout(parameters["timeout"], "timeout"))
    if "typed_keys" in parameters:
        is_typed = read_flag_parameter(parameters["typed_keys"], "typed_keys")
        request = replace(request, typed_keys=is_typed)
    return request


def parameter_query(parameters: Mapping[str, str], limits: Limits) -> tree.Query:
    """Return the query that ``q`` and its options mean."""
    options: dict[str, Any] = {"query": parameters["q"]}
    if parameters.get("df"):
        options["default_field"] = parameters["df"]
    for name in ("default_operator", "lenient", "analyze_wildcard"):
        if parameters.get(name):
            options[name] = parameters[name]
    return parse_query({"query_string": options}, "q", Budget(limits))


def _hit_parameters(hits: tree.HitOptions, parameters: Mapping[str, str]) -> tree.HitOptions:
    if "size" in parameters:
        hits = replace(hits, size=_whole(parameters["size"], "size"))
    if "from" in parameters:
        hits = replace(hits, from_=_whole(parameters["from"], "from"))
    if parameters.get("sort"):
        hits = replace(hits, sort=parse_sort_text(parameters["sort"]))
    if "track_scores" in parameters:
        is_wanted = read_flag_parameter(parameters["track_scores"], "track_scores")
        hits = replace(hits, track_scores=is_wanted)
    if "version" in parameters:
        hits = replace(hits, version=read_flag_parameter(parameters["version"], "version"))
    if parameters.get("docvalue_fields"):
        names = parameters["docvalue_fields"].split(",")
        added = tuple(tree.FetchField(field=name) for name in names)
        hits = replace(hits, docvalue_fields=(*hits.docvalue_fields, *added))
    source = parse_source_parameters(parameters)
    if source is None and "stored_fields" in parameters:
        source = source_of_stored_fields(parameters["stored_fields"].split(","), "stored_fields")
    return hits if source is None else replace(hits, source=source)


def parse_source_parameters(parameters: Mapping[str, str]) -> tree.SourceFilter | None:
    """Return what ``_source`` and its like say; None if the URL has none of them."""
    source = parameters.get("_source")
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
    if source is None:
        return None
    if source in ("true", "false"):
        return parse_source(source == "true", "_source")
    return parse_source(source.split(","), "_source")


def _whole(text: str, name: str) -> int:
    number = read_integer(text, name)
    if number < 0:
        raise BadQuery(f"expected a whole number from 0, got {number}", name)
    return number
