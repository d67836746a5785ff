"""Aggregations as JSON for a cluster: a function per type, and a table of them."""

from collections.abc import Callable
from typing import Any

from kinto_buildhub.search.elastic.render.hits import render_hits
from kinto_buildhub.search.elastic.render.index_fields import IndexFields
from kinto_buildhub.search.elastic.render.queries import Json, given, render_query
from kinto_buildhub.search.language import tree


def render_aggregations(fields: IndexFields, aggs: tree.NamedAggregations) -> Json:
    """Return the content of ``aggs``."""
    return {name: _render_aggregation(fields, agg) for name, agg in aggs}


def _render_aggregation(fields: IndexFields, agg: tree.Aggregation) -> Json:
    body = _AGGREGATIONS[type(agg)](fields, agg)
    if agg.aggs:
        body["aggs"] = render_aggregations(fields, agg.aggs)
    if agg.meta is not None:
        body["meta"] = agg.meta
    return body


def _orders(orders: tuple[tree.BucketOrder, ...]) -> list[Json]:
    return [{order.by: order.order} for order in orders]


def _chosen(values: str | tuple[tree.Scalar, ...] | tree.Partition | None) -> Any:
    if isinstance(values, tree.Partition):
        return {"partition": values.number, "num_partitions": values.count}
    return list(values) if isinstance(values, tuple) else values


def _terms_agg(fields: IndexFields, agg: tree.TermsAgg) -> Json:
    body = {
        "field": fields.name(agg.field),
        "size": agg.size,
        "order": _orders(agg.order),
        "min_doc_count": agg.min_doc_count,
    }
    body |= given(include=_chosen(agg.include), exclude=_chosen(agg.exclude))
    return {"terms": body | given(missing=agg.missing, format=agg.format)}


def _filter_agg(fields: IndexFields, agg: tree.FilterAgg) -> Json:
    return {"filter": render_query(fields, agg.filter)}


def _filters_agg(fields: IndexFields, agg: tree.FiltersAgg) -> Json:
    filters: Any = {name: render_query(fields, query) for name, query in agg.filters}
    if not agg.named:
        filters = list(filters.values())
    body = {"filters": filters, **given(other_bucket_key=agg.other_bucket_key)}
    # Servers before Elasticsearch 8.8 refuse it.
    return {"filters": body if agg.keyed or not agg.named else {**body, "keyed": False}}


def _global_agg(fields: IndexFields, agg: tree.GlobalAgg) -> Json:
    return {"global": {}}


def _missing_agg(fields: IndexFields, agg: tree.MissingAgg) -> Json:
    return {"missing": {"field": fields.name(agg.field), **given(missing=agg.missing)}}


def _ranges(ranges: tuple[tree.RangeBucket, ...]) -> list[Json]:
    return [given(key=each.key, to=each.to, **{"from": each.from_}) for each in ranges]


def _range_agg(fields: IndexFields, agg: tree.RangeAgg) -> Json:
    body = {"field": agg.field, "ranges": _ranges(agg.ranges), "keyed": agg.keyed}
    return {"range": body | given(missing=agg.missing, format=agg.format)}


def _date_range_agg(fields: IndexFields, agg: tree.DateRangeAgg) -> Json:
    body = {"field": agg.field, "ranges": _ranges(agg.ranges), "keyed": agg.keyed}
    body |= given(format=agg.format, time_zone=agg.time_zone, missing=agg.missing)
    return {"date_range": body}


def _bounds(bounds: tuple[Any, Any] | None) -> Json | None:
    return None if bounds is None else given(min=bounds[0], max=bounds[1])


def _histogram_options(agg: tree.HistogramAgg | tree.DateHistogramAgg) -> Json:
    return {
        "field": agg.field,
        "min_doc_count": agg.min_doc_count,
        "keyed": agg.keyed,
        "order": _orders(agg.order),
    } | given(
        missing=agg.missing,
        extended_bounds=_bounds(agg.extended_bounds),
        hard_bounds=_bounds(agg.hard_bounds),
    )


def _histogram_agg(fields: IndexFields, agg: tree.HistogramAgg) -> Json:
    body = {"interval": agg.interval, "offset": agg.offset, **given(format=agg.format)}
    return {"histogram": body | _histogram_options(agg)}


def _interval(agg: tree.DateHistogramAgg) -> Json:
    return given(
        calendar_interval=agg.calendar_interval,
        fixed_interval=agg.fixed_interval,
        time_zone=agg.time_zone,
        offset=agg.offset,
        format=agg.format,
    )


def _date_histogram_agg(fields: IndexFields, agg: tree.DateHistogramAgg) -> Json:
    return {"date_histogram": _interval(agg) | _histogram_options(agg)}


def _composite_agg(fields: IndexFields, agg: tree.CompositeAgg) -> Json:
    body: Json = {
        "sources": [{each.name: _composite_source(fields, each)} for each in agg.sources],
        "size": agg.size,
    }
    if agg.after is not None:
        body["after"] = dict(agg.after)
    return {"composite": body}


def _composite_source(fields: IndexFields, part: tree.CompositeSource) -> Json:
    source = part.source
    body: Json = {"field": fields.name(source.field), "order": part.order}
    if part.missing_bucket:
        body["missing_bucket"] = True
    match source:
        case tree.TermsAgg():
            return {"terms": body}
        case tree.HistogramAgg():
            return {"histogram": body | {"interval": source.interval}}
        case tree.DateHistogramAgg():
            return {"date_histogram": body | _interval(source)}


def _metric_agg(fields: IndexFields, agg: tree.MetricAgg) -> Json:
    body = {"field": fields.name(agg.field), **given(missing=agg.missing, format=agg.format)}
    if agg.kind == "extended_stats":
        body["sigma"] = agg.sigma
    return {agg.kind: body}


def _cardinality_agg(fields: IndexFields, agg: tree.CardinalityAgg) -> Json:
    body = {
        "field": fields.name(agg.field),
        "precision_threshold": agg.precision_threshold,
        **given(missing=agg.missing),
    }
    return {"cardinality": body}


def _percentiles_agg(fields: IndexFields, agg: tree.PercentilesAgg) -> Json:
    body = {"field": agg.field, "percents": list(agg.percents), "keyed": agg.keyed}
    return {"percentiles": body | given(missing=agg.missing, format=agg.format)}


def _top_hits_agg(fields: IndexFields, agg: tree.TopHitsAgg) -> Json:
    return {"top_hits": render_hits(fields, agg.hits)}


_AGGREGATIONS: dict[type[tree.Aggregation], Callable[[IndexFields, Any], Json]] = {
    tree.TermsAgg: _terms_agg,
    tree.FilterAgg: _filter_agg,
    tree.FiltersAgg: _filters_agg,
    tree.GlobalAgg: _global_agg,
    tree.MissingAgg: _missing_agg,
    tree.RangeAgg: _range_agg,
    tree.DateRangeAgg: _date_range_agg,
    tree.HistogramAgg: _histogram_agg,
    tree.DateHistogramAgg: _date_histogram_agg,
    tree.CompositeAgg: _composite_agg,
    tree.MetricAgg: _metric_agg,
    tree.CardinalityAgg: _cardinality_agg,
    tree.PercentilesAgg: _percentiles_agg,
    tree.TopHitsAgg: _top_hits_agg,
}
