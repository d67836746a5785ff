"""The parameters of a search's URL: ``q``, ``size``, ``from``, ``sort``, ``_source`` …"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.hits import (
    check_window,
    parse_sort_text,
    parse_source,
    parse_track_total_hits,
)
from kinto_buildhub.search.language.json_values import read_flag, read_integer
from kinto_buildhub.search.language.query_clauses import parse_query
from kinto_buildhub.search.language.reader import Budget
from kinto_buildhub.search.settings import Limits


def with_parameters(
    request: tree.SearchRequest, parameters: Mapping[str, str], limits: Limits
) -> tree.SearchRequest:
    """Return the request, changed by the parameters of the URL, which win over the body.

    Unknown parameters have no effect, as clients add their own.

    Raises:
        BadQuery: the value of a parameter is not valid.
    """
    if not parameters:
        return request
    hits = _hit_parameters(request.hits, parameters)
    check_window(hits, limits)
    request = replace(request, hits=hits)
    if "q" in parameters:
        request = replace(request, query=parameter_query(parameters, limits))
    if "track_total_hits" in parameters:
        track = parse_track_total_hits(parameters["track_total_hits"], "track_total_hits")
        request = replace(request, track_total_hits=track)
    if "typed_keys" in parameters:
        request = replace(request, typed_keys=read_flag(parameters["typed_keys"], "typed_keys"))
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
    source = parse_source_parameters(parameters)
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
