"""The aggregation types, one row each: the first place to add one.

A row names the node of the tree, how the body is read, and what the reference says. A type that
needs a new node (in `tree`) also needs a handler for it in each engine.
"""

import dataclasses
import re
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.aggregations import bucket, histogram, metrics
from kinto_buildhub.search.language.aggregations.composite import check_composite, read_composite
from kinto_buildhub.search.language.aggregations.order import check_order
from kinto_buildhub.search.language.aggregations.row import AggregationType, object_body
from kinto_buildhub.search.language.json_values import shown, single
from kinto_buildhub.search.language.reader import Budget, Reader
from kinto_buildhub.search.language.tree import Aggregation, NamedAggregations

_NAME = re.compile(r"[^\[\]>]+")


def parse_aggregations(body: Reader, depth: int = 1) -> NamedAggregations:
    """Take ``aggs`` (or ``aggregations``) of an object.

    Raises:
        BadQuery: one has a mistake, or its type is not supported; lists those that are.
    """
    name = "aggregations" if "aggregations" in body.value else "aggs"
    if "aggs" in body.value and name == "aggregations":
        raise BadQuery("expected aggs or aggregations, got both", body.at("aggs"))
    body.ignore("aggs", "aggregations")
    return tuple(
        (key, _parse_aggregation(key, value, path, body.budget, depth))
        for key, value, path in body.objects(name)
    )


def _parse_aggregation(name: str, value: Any, path: str, budget: Budget, depth: int) -> Aggregation:
    if not _NAME.fullmatch(name):
        raise BadQuery(f"the name of an aggregation has no '[', ']' or '>', got {name!r}", path)
    budget.count_aggregation(path, depth)
    outer = Reader.of(value, path, f"aggregation {name!r}", budget, depth)
    inner = parse_aggregations(outer, depth + 1)
    meta = outer.raw("meta")
    if meta is not None and not isinstance(meta, dict):
        raise BadQuery(f"expected an object, got {shown(meta)}", outer.at("meta"))
    for key in ("aggs", "aggregations", "meta"):
        if key in outer.value and outer.value[key] is None:
            raise BadQuery(f"aggregation {name!r}: {key!r} is null; leave it out", outer.at(key))
    rest = {key: item for key, item in outer.value.items() if key not in outer.taken}
    kind, body, _ = single(rest, path, f"aggregation {name!r}")
    row = _BY_NAME.get(kind)
    if row is None:
        raise BadQuery(
            f"unknown aggregation {kind!r}; expected one of {', '.join(sorted(_BY_NAME))}", path
        )
    aggregation = row.read(body, f"{path}.{kind}", budget, depth)
    has_inner = "aggs" in outer.value or "aggregations" in outer.value
    if has_inner and not row.has_buckets:
        raise BadQuery(f"aggregation {kind!r} has no buckets, so nothing can be nested in it", path)
    complete = dataclasses.replace(aggregation, aggs=inner, meta=meta, path=f"{path}.{kind}")
    check_order(complete)
    check_composite(complete)
    return complete


def _metric(name: metrics.Metric, help_: str = "") -> AggregationType:
    return AggregationType(name, tree.MetricAgg, metrics.metric_body(name), False, help_)


AGGREGATION_TYPES = (
    _metric("avg"),
    AggregationType(
        "cardinality",
        tree.CardinalityAgg,
        object_body(metrics.read_cardinality),
        has_buckets=False,
        help="Exact up to 9,000 different values, then within two percent.",
    ),
    AggregationType(
        "composite",
        tree.CompositeAgg,
        object_body(read_composite),
        has_buckets=True,
        help="Sources ``terms``, ``histogram``, ``date_histogram``; ``missing_bucket``, "
        "``after``. No ``missing_order``.",
    ),
    AggregationType(
        "date_histogram",
        tree.DateHistogramAgg,
        object_body(histogram.read_date_histogram),
        has_buckets=True,
        help="``calendar_interval``, ``fixed_interval``, the former ``interval``; "
        "``time_zone``, ``offset``, ``extended_bounds``, ``hard_bounds``, ``missing``.",
    ),
    AggregationType(
        "date_range",
        tree.DateRangeAgg,
        object_body(bucket.read_date_range),
        has_buckets=True,
        help="``format``, ``time_zone``, ``missing``.",
    ),
    _metric("extended_stats", "``sigma``."),
    AggregationType(
        "filter",
        tree.FilterAgg,
        bucket.read_filter,
        has_buckets=True,
        help="Any query; ``{}`` is every record.",
    ),
    AggregationType(
        "filters",
        tree.FiltersAgg,
        object_body(bucket.read_filters),
        has_buckets=True,
        help="By name or in a list; ``other_bucket_key``.",
    ),
    AggregationType(
        "global",
        tree.GlobalAgg,
        object_body(bucket.read_global),
        has_buckets=True,
        help="At the top only.",
    ),
    AggregationType(
        "histogram",
        tree.HistogramAgg,
        object_body(histogram.read_histogram),
        has_buckets=True,
        help="``offset``, ``extended_bounds``, ``hard_bounds``, ``format``, ``missing``.",
    ),
    _metric("max"),
    _metric("min"),
    AggregationType("missing", tree.MissingAgg, object_body(bucket.read_missing), has_buckets=True),
    AggregationType(
        "percentiles",
        tree.PercentilesAgg,
        object_body(metrics.read_percentiles),
        has_buckets=False,
        help="``percents``, ``keyed``, ``format``, ``missing``. Exact up to 10,000 different "
        "values, then within one percent.",
    ),
    AggregationType(
        "range",
        tree.RangeAgg,
        object_body(bucket.read_range),
        has_buckets=True,
        help="Of numbers or dates; ``format``, ``missing``. Ranges may overlap.",
    ),
    _metric("stats"),
    _metric("sum"),
    AggregationType(
        "terms",
        tree.TermsAgg,
        object_body(bucket.read_terms),
        has_buckets=True,
        help="``size``, ``order`` (``_count``, ``_key``, ``_term``, a metric below), ``include`` "
        "and ``exclude`` (an expression or a list), ``include`` by partitions, ``min_doc_count``, "
        "``missing``. A ``size`` above ``kinto.search.max_terms_size`` asks for all.",
    ),
    AggregationType(
        "top_hits",
        tree.TopHitsAgg,
        object_body(metrics.read_top_hits),
        has_buckets=False,
        help="``sort``, ``_source``, ``size``, ``from``.",
    ),
    _metric("value_count"),
)

_BY_NAME = {row.name: row for row in AGGREGATION_TYPES}
