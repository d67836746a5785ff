"""A mistake in a request is answered with its place, what was expected, and what came."""

from typing import Any

import pytest
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.language.url_parameters import with_parameters

from tests.server.search.conftest import LIMITS


def query(clause: str, body: Any) -> dict[str, Any]:
    return {"query": {clause: body}}


def agg(type_: str, body: Any, **beside: Any) -> dict[str, Any]:
    return {"aggs": {"one": {type_: body, **beside}}}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param([], "request: expected an object, got a list", id="no-object"),
        pytest.param(
            {"foo": 1}, "request: unknown option 'foo'; expected one of _source", id="key"
        ),
        pytest.param(
            {"_source": {"includes": ["a"], "include": ["b"]}},
            "_source: includes is given twice, as it is and without its s",
            id="source-twice",
        ),
        pytest.param(
            query("exists", {"field": "_doc_count"}),
            "query.exists.field: the field _doc_count is not searchable",
            id="exists-doc-count",
        ),
        pytest.param(
            query("range", {"a": {"gte": "2017", "format": ""}}),
            "query.range.a.format: expected a format of dates, got an empty text",
            id="empty-format",
        ),
        pytest.param(
            query("range", {"a": {"gte": "2017", "format": "yyyy|| "}}),
            "query.range.a.format: expected a format of dates, got an empty alternative",
            id="empty-alternative",
        ),
        pytest.param(
            agg("stats", {"field": "a"}, aggs={}),
            "aggs.one: aggregation 'stats' has no buckets, so nothing can be nested in it",
            id="nothing-below-metric",
        ),
        pytest.param(
            {"aggs": {"x": {"terms": {"field": "a", "order": []}}}},
            'aggs.x.terms.order: expected {"_count": "desc"}, got an empty list',
            id="empty-order",
        ),
        pytest.param({"size": "x"}, "size: expected a number, got 'x'", id="number"),
        pytest.param({"size": -1}, "size: expected a whole number from 0, got -1", id="negative"),
        pytest.param({"from": 1.5}, "from: expected a whole number, got 1.5", id="fraction"),
        pytest.param(
            {"size": 20_000},
            "size: from + size is at most 10000 (kinto.search.max_result_window), got 20000; use "
            "search_after to go deeper",
            id="window",
        ),
        pytest.param(
            query("fuzzy", {"a": {"value": "x", "fuzziness": "AUTO:8,4"}}),
            "query.fuzzy.a.fuzziness: expected 0, 1, 2, AUTO, or AUTO:low,high with low up to "
            "high, got "
            "'AUTO:8,4'",
            id="fuzziness-lengths",
        ),
        pytest.param(
            query("match", {"a": {"query": "x", "fuzziness": "AUTO:4"}}),
            "query.match.a.fuzziness: expected 0, 1, 2, AUTO, or AUTO:low,high",
            id="fuzziness-length",
        ),
        pytest.param(
            agg("terms", {"field": "a", "include": {"partition": 2, "num_partitions": 2}}),
            "aggs.one.terms.include: expected a partition from 0 to num_partitions - 1, got 2 of 2",
            id="partition",
        ),
        pytest.param(
            agg("terms", {"field": "a", "include": {"partition": 0}}),
            "aggs.one.terms.include: include: 'num_partitions' is missing",
            id="partitions",
        ),
        pytest.param(
            agg(
                "terms",
                {"field": "a", "include": {"partition": 0, "num_partitions": 2}, "exclude": "x"},
            ),
            "aggs.one.terms.exclude: a partition cannot be combined with 'exclude'",
            id="partition-exclude",
        ),
        pytest.param(
            {"query": {"foo": {}}}, "query: unknown query 'foo'; expected one of bool", id="clause"
        ),
        pytest.param(
            {"query": {"term": {}, "match_all": {}}},
            "query: query: expected exactly one key, got match_all, term",
            id="two-clauses",
        ),
        pytest.param(
            query("term", {"a": 1, "b": 2}),
            "query.term: query 'term': expected exactly one field, got a, b",
            id="two-fields",
        ),
        pytest.param(
            query("term", {"a": {"value": 1, "foo": 2}}),
            "query.term.a: query 'term': unknown option 'foo'; expected one of _name, boost, "
            "case_insensitive, value",
            id="option",
        ),
        pytest.param(
            query("term", {"a": {"value": {}}}),
            "query.term.a.value: expected text, a number, true or false, got an object",
            id="value",
        ),
        pytest.param(
            query("match", {"a": {"query": "x", "boost": -1}}),
            "query.match.a.boost: expected a number from 0, got -1",
            id="boost",
        ),
        pytest.param(
            query("match", {"a": {"query": "x", "operator": "xor"}}),
            "query.match.a.operator: expected one of or, and, got 'xor'",
            id="choice",
        ),
        pytest.param(
            query("bool", {"must": [{"exists": {}}]}),
            "query.bool.must[0].exists: query 'exists': 'field' is missing",
            id="missing",
        ),
        pytest.param(
            query("regexp", {"a": "(b"}),
            "query.regexp.a.value: not a regular expression: expected ')' at character 3 of '(b'",
            id="regexp",
        ),
        pytest.param(
            agg("foo", {}), "aggs.one: unknown aggregation 'foo'; expected one of avg", id="type"
        ),
        pytest.param(
            agg("max", {"field": "a"}, aggs={"two": {"min": {"field": "a"}}}),
            "aggs.one: aggregation 'max' has no buckets, so nothing can be nested in it",
            id="nested-in-a-metric",
        ),
        pytest.param(
            agg("terms", {"field": "a", "order": {"two": "asc"}}),
            "aggs.one.terms.order: cannot order by 'two': expected _key, _count, or the path of a "
            "metric below this aggregation",
            id="order",
        ),
        pytest.param(
            agg("date_histogram", {"field": "a"}),
            "aggs.one.date_histogram: expected one of calendar_interval and fixed_interval, got "
            "neither",
            id="no-interval",
        ),
        pytest.param(
            agg("date_histogram", {"field": "a", "fixed_interval": "1M"}),
            "aggs.one.date_histogram.fixed_interval: expected a number with ms, s, m, h or d, as "
            "'12h', got '1M'",
            id="interval",
        ),
        pytest.param(
            {"search_after": [1, 2], "sort": ["a"]},
            "search_after: expected one value per sort key (1), got 2",
            id="search-after",
        ),
        pytest.param(
            {"search_after": [1], "sort": ["a"], "collapse": {"field": "b"}},
            "search_after: expected to be sorted by 'b' alone beside collapse",
            id="search-after-beside-collapse",
        ),
        pytest.param(
            agg("extended_stats", {"field": "a", "sigma": -1}),
            "aggs.one.extended_stats.sigma: expected a number from 0, got -1",
            id="sigma",
        ),
        pytest.param(
            query("dis_max", {"queries": [], "tie_breaker": 1.5}),
            "query.dis_max.tie_breaker: expected a number from 0 to 1, got 1.5",
            id="tie-breaker",
        ),
        pytest.param(
            agg("percentiles", {"field": "a", "tdigest": {"compression": -1}}),
            "aggs.one.percentiles.tdigest.compression: expected a number from 0, got -1",
            id="compression",
        ),
        pytest.param(
            agg("filters", {"filters": {}}),
            "aggs.one.filters.filters: expected at least one filter, got an object",
            id="no-filters",
        ),
        pytest.param(
            query("term", {"a": {"value": 1, "boost": 2}, "boost": 3}),
            "query.term.boost: query 'term': 'boost' is given twice",
            id="boost-twice",
        ),
        pytest.param(
            query("term", {"_index": "a"}),
            "query.term: the field _index is not searchable",
            id="own-field-in-a-query",
        ),
        pytest.param(
            query("multi_match", {"query": "x", "fields": ["a", "_source^2"]}),
            "query.multi_match.fields[1]: the field _source is not searchable",
            id="own-field-among-fields",
        ),
        pytest.param(
            agg("terms", {"field": "_version"}),
            "aggs.one.terms.field: the field _version is not searchable",
            id="own-field-in-an-aggregation",
        ),
        pytest.param({"stats": {}}, "stats: expected text, got an object", id="stats"),
        pytest.param(
            query("ids", {"values": [""]}),
            "query.ids.values: expected IDs, got an empty text",
            id="empty-id",
        ),
        pytest.param(
            {"fields": ["_id"]},
            "fields: '_id' cannot be fetched; hits have _id, and _version with 'version'",
            id="own-field",
        ),
        pytest.param(
            {"aggs": {}, "aggregations": {}},
            "aggs: expected aggs or aggregations, got both",
            id="both-spellings",
        ),
        pytest.param(
            query("range", {"a": 5}),
            "query.range.a: query 'range': expected an object, got 5",
            id="bare-range",
        ),
        pytest.param(
            query("query_string", "x"),
            "query.query_string: query 'query_string': expected an object, got 'x'",
            id="bare-query-string",
        ),
        pytest.param(
            query("multi_match", {"query": "x", "type": "bool_prefix", "slop": 1}),
            "query.multi_match: query 'multi_match': option 'slop' is not supported: type "
            "'bool_prefix' does not have it",
            id="slop-of-bool-prefix",
        ),
        pytest.param(
            query("multi_match", {"query": "x", "type": "phrase", "fuzziness": 1}),
            "query.multi_match: query 'multi_match': option 'fuzziness' is not supported: type "
            "'phrase' does not have it",
            id="fuzziness-of-phrase",
        ),
        pytest.param(
            {"suggest": {"one": {"text": "x", "spelling": {"field": "a"}}}},
            "suggest.one: suggest 'one': expected one of completion, phrase, term, got spelling",
            id="suggester",
        ),
        pytest.param(
            {"suggest": {"one": {"text": "x", "term": {"field": "a", "max_edit": 1}}}},
            "suggest.one.term: suggester 'term': unknown option 'max_edit'; expected one of",
            id="suggester-option",
        ),
        pytest.param(
            {"suggest": {"one": {"term": {"field": "a"}}}},
            "suggest.one: suggest 'one': 'text' is missing",
            id="suggester-text",
        ),
        pytest.param(
            {"suggest": {"text": "x", "one": {"phrase": {}}}},
            "suggest.one.phrase: suggester 'phrase': 'field' is missing",
            id="suggester-field",
        ),
        pytest.param(
            query("ids", {"values": [], "type": "build"}),
            "query.ids.type: query 'ids': option 'type' is supported with \"_doc\" only, got "
            "'build'",
            id="document-type",
        ),
    ],
)
def test_a_mistake_in_the_body_is_named(body: Any, message: str) -> None:
    with pytest.raises(BadQuery) as caught:
        parse_request(body, LIMITS)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        pytest.param({"query": None}, "query", id="query"),
        pytest.param({"post_filter": None}, "post_filter", id="post-filter"),
        pytest.param({"size": None}, "size", id="size"),
        pytest.param({"sort": None}, "sort", id="sort"),
        pytest.param({"sort": [{"a": None}]}, "sort[0].a", id="sort-key"),
        pytest.param({"sort": [{"a": {"order": None}}]}, "sort[0].a.order", id="sort-order"),
        pytest.param({"min_score": None}, "min_score", id="min-score"),
        pytest.param({"search_after": None, "sort": ["a"]}, "search_after", id="search-after"),
        pytest.param({"_source": None}, "_source", id="source"),
        pytest.param({"aggs": None}, "aggs", id="aggs"),
        pytest.param({"highlight": {"fields": {"a": None}}}, "highlight.fields.a", id="highlight"),
        pytest.param(query("match_all", None), "query.match_all", id="match-all"),
        pytest.param(query("ids", {"values": None}), "query.ids.values", id="ids"),
        pytest.param(query("term", {"a": None}), "query.term.a", id="term"),
        pytest.param(query("range", {"a": None}), "query.range.a", id="range"),
        pytest.param(
            query("match", {"a": {"query": "x", "operator": None}}),
            "query.match.a.operator",
            id="option",
        ),
        pytest.param(agg("terms", {"field": "a", "size": None}), "aggs.one.terms.size", id="agg"),
        pytest.param(agg("filter", {"match_all": {}}, aggs=None), "aggs.one.aggs", id="aggs-below"),
        pytest.param(
            agg(
                "composite",
                {"sources": [{"b": {"terms": {"field": "a"}}}], "after": {"b": None}},
            ),
            "aggs.one.composite.after.b",
            id="after",
        ),
    ],
)
def test_null_is_refused_where_elasticsearch_refuses_it(body: Any, place: str) -> None:
    with pytest.raises(BadQuery) as caught:
        parse_request(body, LIMITS)
    assert caught.value.path == place


def match(**options: Any) -> dict[str, Any]:
    return query("match", {"a": {"query": "x", **options}})


def terms(**options: Any) -> dict[str, Any]:
    return agg("terms", {"field": "a", **options})


def string(**options: Any) -> dict[str, Any]:
    return query("query_string", {"query": "x", **options})


def source(**options: Any) -> dict[str, Any]:
    return agg("composite", {"sources": [{"b": {"terms": {"field": "a", **options}}}]})


@pytest.mark.parametrize(
    ("body", "option"),
    [
        pytest.param({"profile": True}, "profile", id="profile"),
        pytest.param({"explain": True}, "explain", id="explain"),
        pytest.param({"seq_no_primary_term": True}, "seq_no_primary_term", id="seq-no"),
        pytest.param({"terminate_after": 5}, "terminate_after", id="terminate-after"),
        pytest.param({"indices_boost": [{"other": 2}]}, "indices_boost", id="indices-boost"),
        pytest.param({"ext": {"x": {}}}, "ext", id="ext"),
        pytest.param({"preference": "_local"}, "preference", id="address-only"),
        pytest.param({"stored_fields": "_none_"}, "_none_", id="no-stored-fields"),
        pytest.param({"storedFields": ["a"]}, "storedFields", id="never-existed"),
        pytest.param({"sort": [{"a": {"numeric_type": "long"}}]}, "numeric_type", id="sort-type"),
        pytest.param({"sort": [{"a": {"unmapped_type": "banana"}}]}, "unmapped_type", id="type"),
        pytest.param({"highlight": {"boundary_scanner": "word"}}, "boundary_scanner", id="scanner"),
        pytest.param(
            {"highlight": {"boundary_scanner_locale": "de"}}, "boundary_scanner_locale", id="locale"
        ),
        pytest.param({"highlight": {"max_analyzed_offset": 9}}, "max_analyzed", id="offset"),
        pytest.param(
            {"highlight": {"type": "plain", "fields": {"a": {"fragmenter": "simple"}}}},
            "fragmenter",
            id="fragmenter",
        ),
        pytest.param({"highlight": {"order": "score"}}, "order", id="highlight-order"),
        pytest.param({"highlight": {"type": "semantic"}}, "type", id="highlight-type"),
        pytest.param({"highlight": {"encoder": "xml"}}, "encoder", id="encoder"),
        pytest.param(
            {"highlight": {"fields": {"a": {"matched_fields": ["b"]}}}},
            "matched_fields",
            id="matched-fields",
        ),
        pytest.param(match(analyzer="standard"), "analyzer", id="match-analyzer"),
        pytest.param(match(max_expansions=5), "max_expansions", id="match-expansions"),
        pytest.param(match(fuzzy_rewrite="scoring_boolean"), "fuzzy_rewrite", id="fuzzy-rewrite"),
        pytest.param(
            query("match_phrase", {"a": {"query": "x", "lenient": True}}), "lenient", id="phrase"
        ),
        pytest.param(
            query("match_phrase_prefix", {"a": {"query": "x", "max_expansions": 3}}),
            "max_expansions",
            id="phrase-prefix",
        ),
        pytest.param(
            query("multi_match", {"query": "x", "analyzer": "standard"}),
            "analyzer",
            id="multi-match",
        ),
        pytest.param(string(type="phrase"), "type", id="string-type"),
        pytest.param(string(analyzer="keyword"), "analyzer", id="string-analyzer"),
        pytest.param(string(quote_analyzer="x"), "quote_analyzer", id="quote-analyzer"),
        pytest.param(string(quote_field_suffix=".x"), "quote_field_suffix", id="quote-suffix"),
        pytest.param(string(escape=True), "escape", id="escape"),
        pytest.param(string(fuzziness="2"), "fuzziness", id="string-fuzziness"),
        pytest.param(string(fuzzy_prefix_length=2), "fuzzy_prefix_length", id="string-prefix"),
        pytest.param(
            query("simple_query_string", {"query": "x", "fuzzy_max_expansions": 2}),
            "fuzzy_max_expansions",
            id="simple-expansions",
        ),
        pytest.param(
            query("prefix", {"a": {"value": "x", "rewrite": "scoring_boolean"}}),
            "rewrite",
            id="rewrite",
        ),
        pytest.param(
            query("fuzzy", {"a": {"value": "x", "max_expansions": 2}}), "max_expansions", id="fuzzy"
        ),
        pytest.param(
            query("range", {"a": {"gte": 1, "relation": "disjoint"}}), "relation", id="relation"
        ),
        pytest.param(
            query("terms", {"a": ["x"], "minimum_should_match": 2}), "exactly one", id="terms"
        ),
        pytest.param(
            query("bool", {"adjust_pure_negative": False}), "adjust_pure_negative", id="bool"
        ),
        pytest.param(terms(shard_min_doc_count=2), "shard_min_doc_count", id="shard-min"),
        pytest.param(terms(show_term_doc_count_error=True), "show_term_doc_count_error", id="err"),
        pytest.param(terms(value_type="long"), "value_type", id="value-type"),
        pytest.param(agg("percentiles", {"field": "a", "hdr": {}}), "hdr", id="hdr"),
        pytest.param(
            agg("date_histogram", {"field": "a", "interval": "1d", "pre_zone": "+01:00"}),
            "pre_zone",
            id="pre-zone",
        ),
        pytest.param(source(size=3), "size", id="composite-size"),
        pytest.param(source(missing="x"), "missing", id="composite-missing"),
        pytest.param(agg("top_hits", {"explain": True}), "explain", id="top-hits"),
    ],
)
def test_an_option_without_effect_is_refused(body: Any, option: str) -> None:
    with pytest.raises(BadQuery, match=option):
        parse_request(body, LIMITS)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"profile": False, "explain": "false", "terminate_after": 0}, id="off"),
        pytest.param({"indices_boost": [], "ext": {}, "stats": ["group"]}, id="empty"),
        pytest.param(match(auto_generate_synonyms_phrase_query=True), id="no-synonyms"),
        pytest.param(
            query("prefix", {"a": {"value": "x", "rewrite": "constant_score"}}), id="same"
        ),
        pytest.param(
            terms(execution_hint="map", shard_size=9, collect_mode="depth_first"), id="how"
        ),
        pytest.param(
            string(auto_generate_phrase_queries=True, use_dis_max=True), id="no-longer-existing"
        ),
    ],
)
def test_an_option_that_cannot_change_the_answer_is_taken(body: Any) -> None:
    parse_request(body, LIMITS)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(query("range", {"a": {"gte": 1, "lt": None}}), id="open-end"),
        pytest.param(query("bool", {"must": None, "minimum_should_match": None}), id="bool"),
        pytest.param({"sort": [{"a": {"missing": None}}]}, id="missing"),
        pytest.param({"fields": [{"field": "a", "format": None}]}, id="format"),
    ],
)
def test_null_is_taken_where_elasticsearch_takes_it(body: Any) -> None:
    parse_request(body, LIMITS)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        pytest.param({"size": "x"}, "size: expected a number, got 'x'", id="size"),
        pytest.param({"from": "-1"}, "from: expected a whole number from 0, got -1", id="from"),
        pytest.param(
            {"typed_keys": "perhaps"},
            "typed_keys: expected true or false, got 'perhaps'",
            id="flag",
        ),
        pytest.param(
            {"track_total_hits": "-2"},
            "track_total_hits: expected true, false or a number, got -2",
            id="track-total-hits",
        ),
        pytest.param(
            {"timeout": "abc"},
            "timeout: expected a number with ms, s, m, h or d, as '12h', got 'abc'",
            id="timeout",
        ),
        pytest.param(
            {"sise": "3"}, "sise: unknown parameter 'sise'; is 'size' meant?", id="unknown"
        ),
        pytest.param({"explain": "true"}, "explain: expected false, got 'true'", id="explain"),
        pytest.param({"terminate_after": "5"}, "terminate_after: expected 0, got '5'", id="stop"),
        pytest.param(
            {"search_type": "scan"},
            "search_type: expected query_then_fetch or dfs_query_then_fetch, got 'scan'",
            id="search-type",
        ),
        pytest.param({"format": "yaml"}, "format: expected json, got 'yaml'", id="format"),
        pytest.param(
            {"batched_reduce_size": "1"},
            "batched_reduce_size: expected a whole number from 2, got 1",
            id="batched-reduce-size",
        ),
        pytest.param(
            {"request_cache": "perhaps"},
            "request_cache: expected true or false, got 'perhaps'",
            id="flag-without-effect",
        ),
        pytest.param({"version": "2"}, "version: expected true or false, got '2'", id="version"),
        pytest.param(
            {"stored_fields": "_none_"},
            "stored_fields: '_none_' is not supported; use \"_source\": false",
            id="stored-fields",
        ),
    ],
)
def test_a_mistake_in_the_url_is_named(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(BadQuery) as caught:
        with_parameters(parse_request(None, LIMITS), parameters, LIMITS)
    assert str(caught.value) == message
