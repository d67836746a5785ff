"""A validated search request, as the JSON that every supported version takes.

The tree holds nothing but what all of them know, so there is one rendering for all. What is
written here is only what differs from a server's default.
"""

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from buildhub_schema.versions import version_order

from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.query_clauses import expand
from kinto_buildhub.search.mapping import Mapping

Json = dict[str, Any]


def render_request(request: tree.SearchRequest, mapping: Mapping) -> Json:
    """Return the body of a ``_search`` request."""
    render = Renderer(mapping)
    body = render.hits(request.hits) | {
        "query": render.query(request.query),
        "track_total_hits": request.track_total_hits,
    }
    if request.aggs:
        body["aggs"] = render.aggregations(request.aggs)
    if request.post_filter is not None:
        body["post_filter"] = render.query(request.post_filter)
    if request.search_after is not None:
        body["search_after"] = list(request.search_after)
        # All of them refuse a page number beside it, even the first one's.
        body.pop("from", None)
    if request.collapse is not None:
        body["collapse"] = render.collapse(request.collapse)
    if request.min_score is not None:
        body["min_score"] = request.min_score
    if request.version:
        body["version"] = True
    return body


class Renderer:
    """Renders the parts of a request to an index of *mapping*."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping

    def query(self, query: tree.Query) -> Json:
        """Return a query."""
        return _QUERIES[type(query)](self, query)

    def aggregations(self, aggs: tuple[tuple[str, tree.Aggregation], ...]) -> Json:
        """Return the content of ``aggs``."""
        return {name: self._aggregation(agg) for name, agg in aggs}

    def hits(self, options: tree.HitOptions) -> Json:
        """Return what says which hits, in a request or in a ``top_hits``."""
        body: Json = {"size": options.size}
        if options.from_:
            body["from"] = options.from_
        if options.sort:
            body["sort"] = [self._sort_key(key) for key in options.sort]
        if not options.source.enabled:
            body["_source"] = False
        elif options.source.includes or options.source.excludes:
            source = {"includes": options.source.includes, "excludes": options.source.excludes}
            body["_source"] = {side: list(names) for side, names in source.items() if names}
        if options.fields:
            body["fields"] = [self._fetch(each) for each in options.fields]
        # What is computed is in no source, so its values are taken from the index.
        computed = [
            tree.FetchField(field=field.name)
            for field in self._mapping.fields.values()
            if field.is_computed
            and any(fnmatchcase(field.name, each.field) for each in options.fields)
        ]
        if computed or options.docvalue_fields:
            body["docvalue_fields"] = [
                self._fetch(each) for each in (*computed, *options.docvalue_fields)
            ]
        if options.highlight:
            body["highlight"] = {"fields": [self._highlight(each) for each in options.highlight]}
        if options.track_scores:
            body["track_scores"] = True
        return body

    def collapse(self, collapse: tree.Collapse) -> Json:
        """Return the content of ``collapse``."""
        body: Json = {"field": self.name(collapse.field)}
        if collapse.inner_hits:
            body["inner_hits"] = [
                {"name": name, **self.hits(hits)} for name, hits in collapse.inner_hits
            ]
        return body

    def name(self, field: str) -> str:
        """Return the name by which the index knows *field*."""
        known = self._mapping.get(field)
        return known.computed_name if known is not None and known.is_computed else field

    def is_text(self, field: str) -> bool:
        """Tell whether *field* is analyzed, as far as is known."""
        known = self._mapping.get(field)
        return known is None or known.type == "text"

    def expanded(self, query: tree.Query) -> Json:
        """Return a query on several fields as queries on one each."""
        return self.query(expand(query, self._mapping))

    def value(self, field: str, value: Any) -> Any:
        """Return *value* as it compares with the indexed values of *field*."""
        known = self._mapping.get(field)
        if known is None or isinstance(value, bool):
            return value
        if known.is_computed:
            return version_order(str(value))
        # A number beside a date in text is refused by some, and read as a year by others.
        return str(value) if known.type == "date" else value

    def fields(self, patterns: tuple[tuple[str, float], ...]) -> list[str]:
        """Return the fields that *patterns* mean, each with its boost.

        They are written out, as the index holds fields that nobody asks for.
        """
        found: dict[str, float] = {}
        for pattern, boost in patterns or (("*", 1.0),):
            if "*" in pattern:
                names = [
                    field.name
                    for field in self._mapping.fields.values()
                    if not field.is_computed and fnmatchcase(field.name, pattern)
                ]
            else:
                names = [self.name(pattern)]
            found.update(dict.fromkeys(names, boost))
        return [name if boost == 1.0 else f"{name}^{boost}" for name, boost in found.items()]

    def query_text(self, text: str) -> str:
        """Return a text in Lucene's syntax with the fields in it as the index knows them."""
        for field in self._mapping.fields.values():
            if field.is_computed:
                name = re.escape(field.name)
                named = rf"(?<![\w.]){name}(?=:)|(?<=_exists_:){name}(?![\w.])"
                text = re.sub(named, field.computed_name, text)
        return text

    def _is_computed(self, field: str) -> bool:
        known = self._mapping.get(field)
        return known is not None and known.is_computed

    def _sort_key(self, key: tree.SortKey) -> Json:
        if key.field in ("_score", "_doc"):
            return {key.field: {"order": key.order}}
        body: Json = {"order": key.order, "missing": key.missing}
        if key.unmapped:
            body["unmapped_type"] = "keyword"
        return {self.name(key.field): body | _given(mode=key.mode, format=key.format)}

    def _fetch(self, fetch: tree.FetchField) -> Any:
        return {"field": self.name(fetch.field), **_given(format=fetch.format)}

    def _highlight(self, highlight: tree.HighlightField) -> Json:
        body: Json = {
            "pre_tags": list(highlight.pre_tags),
            "post_tags": list(highlight.post_tags),
            "fragment_size": highlight.fragment_size,
            "number_of_fragments": highlight.number_of_fragments,
            "require_field_match": highlight.require_field_match,
        }
        if highlight.query is not None:
            body["highlight_query"] = self.query(highlight.query)
        return {self.name(highlight.field): body}

    def _aggregation(self, agg: tree.Aggregation) -> Json:
        body = _AGGREGATIONS[type(agg)](self, agg)
        if agg.aggs:
            body["aggs"] = self.aggregations(agg.aggs)
        if agg.meta is not None:
            body["meta"] = agg.meta
        return body


def _given(**options: Any) -> Json:
    """Return the options that are not None."""
    return {name: value for name, value in options.items() if value is not None}


def _boosted(kind: str, query: tree.Query, body: Json) -> Json:
    return {kind: body if query.boost == 1.0 else body | {"boost": query.boost}}


def _on_field(kind: str, render: Renderer, query: Any, body: Json) -> Json:
    """Return a query whose options stand below the field's name."""
    if query.boost != 1.0:
        body = body | {"boost": query.boost}
    return {kind: {render.name(query.field): body}}


def _case(query: Any) -> Json:
    return {"case_insensitive": True} if query.case_insensitive else {}


def _term(render: Renderer, query: tree.Term) -> Json:
    body = {"value": render.value(query.field, query.value)}
    if query.value != "":  # OpenSearch finds nothing where there is no letter to compare.
        body |= _case(query)
    return _on_field("term", render, query, body)


def _terms(render: Renderer, query: tree.Terms) -> Json:
    values = [render.value(query.field, value) for value in query.values]
    return _boosted("terms", query, {render.name(query.field): values})


def _range(render: Renderer, query: tree.Range) -> Json:
    bounds = _given(gt=query.gt, gte=query.gte, lt=query.lt, lte=query.lte)
    body = {side: render.value(query.field, bound) for side, bound in bounds.items()}
    body |= _given(format=query.format, time_zone=query.time_zone)
    return _on_field("range", render, query, body)


def _exists(render: Renderer, query: tree.Exists) -> Json:
    return _boosted("exists", query, {"field": render.name(query.field)})


def _ids(render: Renderer, query: tree.Ids) -> Json:
    return _boosted("ids", query, {"values": list(query.values)})


def _prefix(render: Renderer, query: tree.Prefix) -> Json:
    return _on_field("prefix", render, query, {"value": query.value} | _case(query))


def _wildcard(render: Renderer, query: tree.Wildcard) -> Json:
    return _on_field("wildcard", render, query, {"value": query.value} | _case(query))


def _regexp(render: Renderer, query: tree.Regexp) -> Json:
    body = {"value": query.value} | _case(query)
    if query.flags != "ALL":
        body["flags"] = query.flags
    return _on_field("regexp", render, query, body)


def _fuzzy(render: Renderer, query: tree.Fuzzy) -> Json:
    body = {
        "value": query.value,
        "fuzziness": query.fuzziness,
        "prefix_length": query.prefix_length,
        "transpositions": query.transpositions,
    }
    return _on_field("fuzzy", render, query, body)


def _bool(render: Renderer, query: tree.Bool) -> Json:
    clauses = {
        "must": query.must,
        "filter": query.filter,
        "should": query.should,
        "must_not": query.must_not,
    }
    body: Json = {
        kind: [render.query(clause) for clause in some] for kind, some in clauses.items() if some
    }
    body |= _given(minimum_should_match=query.minimum_should_match)
    return _boosted("bool", query, body)


def _dis_max(render: Renderer, query: tree.DisMax) -> Json:
    body: Json = {"queries": [render.query(each) for each in query.queries]}
    return _boosted("dis_max", query, body | {"tie_breaker": query.tie_breaker})


def _constant_score(render: Renderer, query: tree.ConstantScore) -> Json:
    return _boosted("constant_score", query, {"filter": render.query(query.filter)})


def _boosting(render: Renderer, query: tree.Boosting) -> Json:
    body = {
        "positive": render.query(query.positive),
        "negative": render.query(query.negative),
        "negative_boost": query.negative_boost,
    }
    return _boosted("boosting", query, body)


def _match(render: Renderer, query: tree.Match) -> Json:
    body = {
        "query": render.value(query.field, query.query),
        "operator": query.operator,
        "lenient": query.lenient,
        "zero_terms_query": query.zero_terms_query,
    }
    body |= _given(minimum_should_match=query.minimum_should_match, fuzziness=query.fuzziness)
    return _on_field("match", render, query, body)


def _match_phrase(render: Renderer, query: tree.MatchPhrase) -> Json:
    if query.prefix and not render.is_text(query.field):
        # Servers refuse this one, which Search UI sends for each of its fields.
        text = str(query.query)
        return _prefix(render, tree.Prefix(field=query.field, value=text, boost=query.boost))
    kind = "match_phrase_prefix" if query.prefix else "match_phrase"
    body = {"query": render.value(query.field, query.query), "slop": query.slop}
    return _on_field(kind, render, query, body)


def _multi_match(render: Renderer, query: tree.MultiMatch) -> Json:
    fields = render.fields(query.fields)
    if not fields:
        return {"match_none": {}}
    if query.type == "phrase_prefix":
        return render.expanded(query)
    body: Json = {"query": query.query, "fields": fields, "type": query.type}
    # Without fields of its own it reaches all of them, of which some are no text.
    body["lenient"] = query.lenient or not query.fields
    if query.type.startswith("phrase"):
        body["slop"] = query.slop
    else:
        body["operator"] = query.operator
        body |= _given(fuzziness=query.fuzziness)
    body |= _given(minimum_should_match=query.minimum_should_match, tie_breaker=query.tie_breaker)
    return _boosted("multi_match", query, body)


def _query_string(render: Renderer, query: tree.QueryString) -> Json:
    body = {
        "query": render.query_text(query.query),
        "default_operator": query.default_operator,
        "analyze_wildcard": query.analyze_wildcard,
        "allow_leading_wildcard": query.allow_leading_wildcard,
        "phrase_slop": query.phrase_slop,
        "type": query.type,
    }
    body |= _given(tie_breaker=query.tie_breaker)
    return _boosted("query_string", query, body | _text_options(render, query))


def _simple_query_string(render: Renderer, query: tree.SimpleQueryString) -> Json:
    body = {
        "query": query.query,
        "default_operator": query.default_operator,
        "flags": query.flags,
        "analyze_wildcard": query.analyze_wildcard,
    }
    return _boosted("simple_query_string", query, body | _text_options(render, query))


def _text_options(render: Renderer, query: tree.QueryString | tree.SimpleQueryString) -> Json:
    lenient = not query.fields if query.lenient is None else query.lenient
    return _given(
        # A collection whose mapping has no field still takes the query, and finds nothing.
        fields=render.fields(query.fields) or ["id"],
        lenient=lenient,
        minimum_should_match=query.minimum_should_match,
    )


_QUERIES: dict[type[tree.Query], Callable[[Renderer, Any], Json]] = {
    tree.MatchAll: lambda render, query: _boosted("match_all", query, {}),
    tree.MatchNone: lambda render, query: {"match_none": {}},
    tree.Term: _term,
    tree.Terms: _terms,
    tree.Range: _range,
    tree.Exists: _exists,
    tree.Ids: _ids,
    tree.Prefix: _prefix,
    tree.Wildcard: _wildcard,
    tree.Regexp: _regexp,
    tree.Fuzzy: _fuzzy,
    tree.Bool: _bool,
    tree.DisMax: _dis_max,
    tree.ConstantScore: _constant_score,
    tree.Boosting: _boosting,
    tree.Match: _match,
    tree.MatchPhrase: _match_phrase,
    tree.MultiMatch: _multi_match,
    tree.QueryString: _query_string,
    tree.SimpleQueryString: _simple_query_string,
}


def _orders(orders: tuple[tree.BucketOrder, ...]) -> list[Json]:
    return [{order.by: order.order} for order in orders]


def _chosen(values: str | tuple[tree.Scalar, ...] | None) -> Any:
    return list(values) if isinstance(values, tuple) else values


def _terms_agg(render: Renderer, agg: tree.TermsAgg) -> Json:
    body = {
        "field": render.name(agg.field),
        "size": agg.size,
        "order": _orders(agg.order),
        "min_doc_count": agg.min_doc_count,
    }
    body |= _given(include=_chosen(agg.include), exclude=_chosen(agg.exclude))
    return {"terms": body | _given(missing=agg.missing, format=agg.format)}


def _filter_agg(render: Renderer, agg: tree.FilterAgg) -> Json:
    return {"filter": render.query(agg.filter)}


def _filters_agg(render: Renderer, agg: tree.FiltersAgg) -> Json:
    filters: Any = {name: render.query(query) for name, query in agg.filters}
    if not agg.keyed:
        filters = list(filters.values())
    return {"filters": {"filters": filters, **_given(other_bucket_key=agg.other_bucket_key)}}


def _global_agg(render: Renderer, agg: tree.GlobalAgg) -> Json:
    return {"global": {}}


def _missing_agg(render: Renderer, agg: tree.MissingAgg) -> Json:
    return {"missing": {"field": render.name(agg.field)}}


def _ranges(ranges: tuple[tree.RangeBucket, ...]) -> list[Json]:
    return [_given(key=each.key, to=each.to, **{"from": each.from_}) for each in ranges]


def _range_agg(render: Renderer, agg: tree.RangeAgg) -> Json:
    body = {"field": agg.field, "ranges": _ranges(agg.ranges), "keyed": agg.keyed}
    return {"range": body | _given(missing=agg.missing)}


def _date_range_agg(render: Renderer, agg: tree.DateRangeAgg) -> Json:
    body = {"field": agg.field, "ranges": _ranges(agg.ranges), "keyed": agg.keyed}
    body |= _given(format=agg.format, time_zone=agg.time_zone, missing=agg.missing)
    return {"date_range": body}


def _bounds(bounds: tuple[Any, Any] | None) -> Json | None:
    return None if bounds is None else _given(min=bounds[0], max=bounds[1])


def _histogram_options(agg: tree.HistogramAgg | tree.DateHistogramAgg) -> Json:
    return {
        "field": agg.field,
        "min_doc_count": agg.min_doc_count,
        "keyed": agg.keyed,
        "order": _orders(agg.order),
    } | _given(
        missing=agg.missing,
        extended_bounds=_bounds(agg.extended_bounds),
        hard_bounds=_bounds(agg.hard_bounds),
    )


def _histogram_agg(render: Renderer, agg: tree.HistogramAgg) -> Json:
    body = {"interval": agg.interval, "offset": agg.offset}
    return {"histogram": body | _histogram_options(agg)}


def _interval(agg: tree.DateHistogramAgg) -> Json:
    return _given(
        calendar_interval=agg.calendar_interval,
        fixed_interval=agg.fixed_interval,
        time_zone=agg.time_zone,
        offset=agg.offset,
        format=agg.format,
    )


def _date_histogram_agg(render: Renderer, agg: tree.DateHistogramAgg) -> Json:
    return {"date_histogram": _interval(agg) | _histogram_options(agg)}


def _composite_agg(render: Renderer, agg: tree.CompositeAgg) -> Json:
    body: Json = {
        "sources": [{each.name: _composite_source(render, each)} for each in agg.sources],
        "size": agg.size,
    }
    if agg.after is not None:
        body["after"] = dict(agg.after)
    return {"composite": body}


def _composite_source(render: Renderer, part: tree.CompositeSource) -> Json:
    source = part.source
    body: Json = {"field": render.name(source.field), "order": part.order}
    if part.missing_bucket:
        body["missing_bucket"] = True
    match source:
        case tree.TermsAgg():
            return {"terms": body}
        case tree.HistogramAgg():
            return {"histogram": body | {"interval": source.interval}}
        case tree.DateHistogramAgg():
            return {"date_histogram": body | _interval(source)}


def _metric_agg(render: Renderer, agg: tree.MetricAgg) -> Json:
    body = {"field": render.name(agg.field), **_given(missing=agg.missing, format=agg.format)}
    if agg.kind == "extended_stats":
        body["sigma"] = agg.sigma
    return {agg.kind: body}


def _cardinality_agg(render: Renderer, agg: tree.CardinalityAgg) -> Json:
    body = {
        "field": render.name(agg.field),
        "precision_threshold": agg.precision_threshold,
        **_given(missing=agg.missing),
    }
    return {"cardinality": body}


def _percentiles_agg(render: Renderer, agg: tree.PercentilesAgg) -> Json:
    body = {"field": agg.field, "percents": list(agg.percents), "keyed": agg.keyed}
    return {"percentiles": body | _given(missing=agg.missing)}


def _top_hits_agg(render: Renderer, agg: tree.TopHitsAgg) -> Json:
    return {"top_hits": render.hits(agg.hits)}


_AGGREGATIONS: dict[type[tree.Aggregation], Callable[[Renderer, Any], Json]] = {
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
