"""Requests on a few records with several values, texts and gaps: the contract of both engines.

Each answer is that of Elasticsearch 9.2. Expectations are as in `cases`.
"""

from typing import Any

from tests.server.search.cases import Case

_NUMBERS = {"n": {"type": "long"}, "f": {"type": "double"}, "last_modified": {"type": "long"}}
_TEXTS = {"t": {"type": "text"}, "t2": {"type": "text"}}
_KEYWORDS = {"id": {"type": "keyword"}, "tags": {"type": "keyword"}}
_OTHERS = {"d": {"type": "date"}, "b": {"type": "boolean"}}
_SHORT = {"s": {"type": "keyword", "ignore_above": 3}}
SMALL_MAPPING = {"properties": {**_SHORT, **_KEYWORDS, **_NUMBERS, **_TEXTS, **_OTHERS}}

_VALUES: tuple[dict[str, Any], ...] = (
    {
        "tags": ["c", "a"],
        "n": [5, 1],
        "f": [2.5, 1.5],
        "d": ["2020-01-01", "2017-01-01"],
        "t": "the quick brown fox",
        "t2": "brown dog",
        "b": True,
        "s": "abc",
    },
    {
        "tags": ["b"],
        "n": 3,
        "f": 3.5,
        "d": "2018-01-01T05:00:00Z",
        "t": "quick brown",
        "t2": "quicksilver",
        "b": False,
        "s": "long",
    },
    {
        "tags": ["d", "b", "e"],
        "n": [2, 9, 4],
        "f": [0.5],
        "d": "2019-05-05",
        "t": "brown quick fox jumps",
        "b": [True, False],
    },
    {"tags": "a", "n": 7, "t": "lazy dog", "t2": "the fox"},
    {"n": [], "t": "foxes are quick quickly", "d": "2021-02-03T04:05:06Z"},
    {"tags": ["z", "y"], "f": [9.5, -1.0, 4.0]},
)
SMALL_RECORDS = [
    {"id": f"r{number}", "last_modified": 1000 + number, **values}
    for number, values in enumerate(_VALUES)
]

LAST, FIRST = 2**63 - 1, -(2**63)


def _sorted(name: str, sort: Any, ids: str, values: list[Any], **body: Any) -> Case:
    hits = [{"sort": value if isinstance(value, list) else [value]} for value in values]
    body = {"sort": sort, **body}
    return Case(name, body, {"hits": {"hits": hits}}, tuple(f"r{each}" for each in ids))


def _found(name: str, query: dict[str, Any], *ids: int) -> Case:
    body = {"query": query, "sort": ["id"]}
    return Case(name, body, {}, tuple(f"r{each}" for each in ids))


def _buckets(*pairs: tuple[Any, int]) -> list[dict[str, Any]]:
    return [{"key": key, "doc_count": count} for key, count in pairs]


def _aggs(name: str, aggs: dict[str, Any], expected: dict[str, Any], **body: Any) -> Case:
    return Case(name, {"size": 0, "aggs": aggs, **body}, {"aggregations": expected})


_BY_N, _BY_TAG = {"n": "asc"}, {"tags": "asc"}

SEVERAL_VALUES = (
    _sorted("several numbers: the lowest", [_BY_N], "021345", [1, 2, 3, 7, LAST, LAST]),
    _sorted(
        "several numbers, descending: the highest",
        [{"n": "desc"}],
        "230145",
        [9, 7, 5, 3, FIRST, FIRST],
    ),
    _sorted("mode max, ascending", [{"n": {"mode": "max"}}], "103245", [3, 5, 7, 9, LAST, LAST]),
    _sorted(
        "mode min, descending",
        [{"n": {"mode": "min", "order": "desc"}}],
        "312045",
        [7, 3, 2, 1, FIRST, FIRST],
    ),
    _sorted("mode avg", [{"n": {"mode": "avg"}}], "012345", [3, 3, 5, 7, LAST, LAST]),
    _sorted("mode sum", [{"n": {"mode": "sum"}}], "103245", [3, 6, 7, 15, LAST, LAST]),
    _sorted("mode median", [{"n": {"mode": "median"}}], "012345", [3, 3, 4, 7, LAST, LAST]),
    _sorted(
        "mode sum of fractions",
        [{"f": {"mode": "sum"}}],
        "210534",
        [0.5, 3.5, 4.0, 12.5, "Infinity", "Infinity"],
    ),
    _sorted("several texts: the first", [_BY_TAG], "031254", ["a", "a", "b", "b", "y", None]),
    _sorted(
        "several texts, descending: the last",
        [{"tags": "desc"}],
        "520134",
        ["z", "e", "c", "b", "a", None],
    ),
    _sorted("several flags", ["b"], "120", [0, 0, 1], query={"exists": {"field": "b"}}),
    _sorted(
        "search_after among several values",
        [_BY_N, {"tags": "desc"}],
        "354",
        [[7, "a"], [LAST, "z"], [LAST, None]],
        search_after=[3, "b"],
    ),
    _sorted(
        "search_after a value that is not the record's first",
        [{"tags": "desc"}, "id"],
        "0134",
        [["c", "r0"], ["b", "r1"], ["a", "r3"], [None, "r4"]],
        search_after=["e", "r2"],
    ),
)

_ANY_FOX = {"bool": {"should": [{"match": {"t": "fox"}}, {"match": {"t2": "fox dog"}}]}}

INDEX_ORDER = (
    _sorted(
        "records without the value, in the order of the index and not by their scores",
        [{"nope": {"unmapped_type": "long"}}],
        "023",
        [LAST, LAST, LAST],
        query=_ANY_FOX,
    ),
    _sorted(
        "records that tie, in the order of the index and not by their scores",
        [{"s": {"missing": "_first"}}],
        "230",
        [None, None, "abc"],
        query=_ANY_FOX,
    ),
    Case("sort by _doc", {"sort": ["_doc"]}, {}, tuple(f"r{n}" for n in range(6))),
    Case(
        "sort by _doc, descending",
        {"sort": [{"_doc": "desc"}]},
        {"hits": {"hits": [{"_score": None}] * 6}},
        tuple(f"r{n}" for n in reversed(range(6))),
    ),
)

_QUICK = {"match": {"t": "quick"}}

LEAST_SCORES = (
    Case(
        "min_score above all",
        {"query": {"match_all": {}}, "min_score": 2, "aggs": {"n": {"sum": {"field": "n"}}}},
        {
            "hits": {"total": {"value": 0, "relation": "eq"}, "hits": []},
            "aggregations": {"n": {"value": 0.0}},
        },
        (),
    ),
    Case(
        "min_score that all have",
        {"query": {"match_all": {}}, "min_score": 1, "size": 0},
        {"hits": {"total": {"value": 6, "relation": "eq"}}},
    ),
    Case(
        "min_score with a sort and aggregations",
        {
            "query": {
                "bool": {
                    "should": [
                        {"match_all": {}},
                        {"constant_score": {"filter": {"term": {"tags": "a"}}, "boost": 3}},
                    ]
                }
            },
            "min_score": 2,
            "sort": [{"id": "desc"}],
            "aggs": {"t": {"terms": {"field": "tags"}}},
        },
        {
            "hits": {"total": {"value": 2, "relation": "eq"}},
            "aggregations": {"t": {"buckets": _buckets(("a", 2), ("c", 1))}},
        },
        ("r3", "r0"),
    ),
)

FULL_TEXT = (
    _found(
        "match_phrase, no words: zero_terms_query all",
        {"match_phrase": {"t": {"query": "..", "zero_terms_query": "all"}}},
        *range(6),
    ),
    _found("match_phrase, no words: none by default", {"match_phrase": {"t": {"query": ".."}}}),
    _found(
        "multi_match, no words: zero_terms_query all",
        {"multi_match": {"query": "..", "fields": ["t", "t2"], "zero_terms_query": "all"}},
        *range(6),
    ),
    _found(
        "multi_match bool_prefix: words anywhere, the last one a prefix",
        {"multi_match": {"query": "quick br", "fields": ["t", "t2"], "type": "bool_prefix"}},
        *(0, 1, 2, 4),
    ),
    _found(
        "multi_match bool_prefix, all words",
        {
            "multi_match": {
                "query": "brown qui",
                "fields": ["t", "t2"],
                "type": "bool_prefix",
                "operator": "and",
            }
        },
        *(0, 1, 2),
    ),
    _found(
        "multi_match bool_prefix on a keyword",
        {"multi_match": {"query": "c", "fields": ["tags", "t"], "type": "bool_prefix"}},
        0,
    ),
    _found(
        "a whole tie_breaker",
        {"multi_match": {"query": "quick", "fields": ["t", "t2"], "tie_breaker": 1}},
        *(0, 1, 2, 4),
    ),
)

MISSING_FIELDS = (
    _aggs(
        "terms on an unknown field with missing",
        {"x": {"terms": {"field": "nope", "missing": 3}}},
        {"x": {"buckets": _buckets(("3", 6))}},
    ),
    _aggs(
        "terms below terms on an unknown field with missing",
        {
            "x": {
                "terms": {"field": "nope", "missing": "x"},
                "aggs": {"n": {"max": {"field": "n"}}},
            }
        },
        {"x": {"buckets": [{"key": "x", "doc_count": 6, "n": {"value": 9.0}}]}},
    ),
    _aggs(
        "metrics on an unknown field with missing",
        {
            "avg": {"avg": {"field": "nope", "missing": 3}},
            "stats": {"stats": {"field": "nope", "missing": 3}},
            "count": {"value_count": {"field": "nope", "missing": 3}},
            "values": {"cardinality": {"field": "nope", "missing": 3}},
            "half": {"percentiles": {"field": "nope", "missing": 3, "percents": [50]}},
        },
        {
            "avg": {"value": 3.0},
            "stats": {"count": 6, "min": 3.0, "max": 3.0, "avg": 3.0, "sum": 18.0},
            "count": {"value": 6},
            "values": {"value": 1},
            "half": {"values": {"50.0": 3.0}},
        },
    ),
    _aggs(
        "a count of texts with missing",
        {"count": {"value_count": {"field": "tags", "missing": "none"}}},
        {"count": {"value": 10}},
    ),
    _aggs(
        "exclude numbers",
        {"x": {"terms": {"field": "n", "size": 2, "exclude": [1, 5]}}},
        {"x": {"sum_other_doc_count": 3, "buckets": _buckets((2, 1), (3, 1))}},
    ),
    _aggs(
        "exclude flags",
        {"x": {"terms": {"field": "b", "size": 1, "exclude": [True]}}},
        {"x": {"buckets": [{"key": 0, "key_as_string": "false", "doc_count": 2}]}},
    ),
)


_YEARS = {"field": "d", "calendar_interval": "year", "min_doc_count": 1, "format": "yyyy"}
_TWO_RANGES = [{"to": 4}, {"from": 4}]
_TWO_DATES = [{"to": "2018-06"}, {"from": "2018-06"}]


def _year(year: str, count: int, highest: float | None) -> dict[str, Any]:
    return {"key_as_string": year, "doc_count": count, "m": {"value": highest}}


BUCKETS_WITH_MISSING = (
    _aggs(
        "histogram with missing among the values, and what is below",
        {
            "x": {
                "histogram": {"field": "n", "interval": 4, "missing": 7},
                "aggs": {"t": {"terms": {"field": "tags", "size": 1}}},
            }
        },
        {
            "x": {
                "buckets": [
                    {"key": 0.0, "doc_count": 3, "t": {"buckets": _buckets(("b", 2))}},
                    {"key": 4.0, "doc_count": 5, "t": {"buckets": _buckets(("a", 2))}},
                    {"key": 8.0, "doc_count": 1, "t": {"buckets": _buckets(("b", 1))}},
                ]
            }
        },
    ),
    _aggs(
        "histogram with missing beyond the values",
        {"x": {"histogram": {"field": "n", "interval": 4, "missing": 17}}},
        {"x": {"buckets": _buckets((0.0, 3), (4.0, 3), (8.0, 1), (12.0, 0), (16.0, 2))}},
    ),
    _aggs(
        "histogram on an unknown field with missing",
        {"x": {"histogram": {"field": "nope", "interval": 4, "missing": 17}}},
        {"x": {"buckets": _buckets((16.0, 6))}},
    ),
    _aggs(
        "date_histogram with missing",
        {
            "x": {
                "date_histogram": {**_YEARS, "missing": "2016"},
                "aggs": {"m": {"max": {"field": "n"}}},
            }
        },
        {
            "x": {
                "buckets": [
                    _year("2016", 2, 7.0),
                    _year("2017", 1, 5.0),
                    _year("2018", 1, 3.0),
                    _year("2019", 1, 9.0),
                    _year("2020", 1, 5.0),
                    _year("2021", 1, None),
                ]
            }
        },
    ),
    _aggs(
        "range with missing",
        {"x": {"range": {"field": "n", "ranges": _TWO_RANGES, "missing": 5}}},
        {"x": {"buckets": _buckets(("*-4.0", 3), ("4.0-*", 5))}},
    ),
    _aggs(
        "range on an unknown field with missing",
        {"x": {"range": {"field": "nope", "ranges": _TWO_RANGES, "missing": 5}}},
        {"x": {"buckets": _buckets(("*-4.0", 0), ("4.0-*", 6))}},
    ),
    _aggs(
        "date_range with missing",
        {
            "x": {
                "date_range": {
                    "field": "d",
                    "format": "yyyy-MM",
                    "ranges": _TWO_DATES,
                    "missing": "2017-01",
                }
            }
        },
        {"x": {"buckets": _buckets(("*-2018-06", 4), ("2018-06-*", 3))}},
    ),
    _aggs(
        "terms with missing below ranges, cut to one bucket",
        {
            "x": {
                "range": {"field": "n", "ranges": _TWO_RANGES},
                "aggs": {"t": {"terms": {"field": "tags", "size": 1, "missing": "none"}}},
            }
        },
        {
            "x": {
                "buckets": [
                    {"doc_count": 3, "t": {"buckets": _buckets(("b", 2))}},
                    {"doc_count": 3, "t": {"buckets": _buckets(("a", 2))}},
                ]
            }
        },
    ),
    _aggs(
        "a range whose key is an empty text",
        {"x": {"range": {"field": "n", "ranges": [{"to": 4, "key": ""}]}}},
        {"x": {"buckets": _buckets(("", 3))}},
    ),
)

# Whole numbers among the fractions are fractions, too.
FRACTIONS = (
    _aggs(
        "terms of fractions: among equals the lowest",
        {"x": {"terms": {"field": "f", "size": 2}}},
        {"x": {"sum_other_doc_count": 5, "buckets": _buckets((-1.0, 1), (0.5, 1))}},
    ),
    _aggs(
        "terms of fractions by key, descending",
        {"x": {"terms": {"field": "f", "size": 3, "order": {"_key": "desc"}}}},
        {"x": {"sum_other_doc_count": 4, "buckets": _buckets((9.5, 1), (4.0, 1), (3.5, 1))}},
    ),
    _aggs(
        "terms of fractions by key, with missing",
        {"x": {"terms": {"field": "f", "size": 3, "order": {"_key": "asc"}, "missing": 1}}},
        {"x": {"sum_other_doc_count": 5, "buckets": _buckets((-1.0, 1), (0.5, 1), (1.0, 2))}},
    ),
    _aggs(
        "composite of fractions",
        {"x": {"composite": {"size": 1, "sources": [{"f": {"terms": {"field": "f"}}}]}}},
        {"x": {"after_key": {"f": -1.0}, "buckets": _buckets(({"f": -1.0}, 1))}},
    ),
)


def _counted(limit: int, *total: dict[str, Any]) -> Case:
    hits = {"total": total[0]} if total else {}
    return Case(f"count up to {limit}", {"size": 0, "track_total_hits": limit}, {"hits": hits})


COUNTS = (
    _counted(0, {"value": 0, "relation": "gte"}),
    _counted(1, {"value": 1, "relation": "gte"}),
    _counted(6, {"value": 6, "relation": "eq"}),
    _counted(-1),
)

EXISTS = (
    _found("exists, names with a star", {"exists": {"field": "t*"}}, *range(6)),
    _found("exists, no such names", {"exists": {"field": "*.x"}}),
)

OWN_FIELDS = tuple(
    _found(f"exists {name}", {"exists": {"field": name}}, *(range(6) if is_known else ()))
    for name, is_known in (
        ("_id", True),
        ("_index", True),
        ("_seq_no", True),
        ("_version", True),
        ("_routing", False),
    )
)


def _whole_hit(name: str, expected: dict[str, Any], **body: Any) -> Case:
    hit = {"_id": "r0", **expected}
    return Case(name, {"size": 1, "sort": ["id"], **body}, {"hits": {"hits": [hit]}})


OPTIONS = (
    _found("ignore_above leaves a long keyword out of the index", {"exists": {"field": "s"}}, 0),
    Case(
        "track_scores beside a sort",
        {
            "query": {"constant_score": {"filter": {"exists": {"field": "n"}}, "boost": 2}},
            "sort": [{"id": "desc"}],
            "size": 1,
            "track_scores": True,
        },
        {"hits": {"max_score": 2.0, "hits": [{"_id": "r3", "_score": 2.0}]}},
    ),
    Case(
        "a bool of nothing matches everything with a score of 1",
        {"query": {"bool": {"must_not": []}}, "sort": ["_score", {"id": "asc"}], "size": 1},
        {"hits": {"hits": [{"_id": "r0", "sort": [1.0, "r0"]}]}},
    ),
    _whole_hit("version", {"_version": 1000}, version=True),
    _aggs(
        "version in top_hits",
        {"x": {"top_hits": {"size": 1, "sort": ["id"], "version": True}}},
        {"x": {"hits": {"hits": [{"_id": "r0", "_version": 1000}]}}},
    ),
    _sorted(
        "an unmapped field of numbers",
        [{"nope": {"unmapped_type": "long"}}, {"id": "desc"}],
        "543210",
        [[LAST, f"r{number}"] for number in reversed(range(6))],
    ),
    _sorted(
        "an unmapped keyword",
        [{"nope": {"unmapped_type": "keyword"}}, "id"],
        "012345",
        [[None, f"r{number}"] for number in range(6)],
    ),
    _found(
        "multi_match cross_fields: each word in any field",
        {
            "multi_match": {
                "query": "quick dog",
                "fields": ["t", "t2"],
                "type": "cross_fields",
                "operator": "and",
            }
        },
        0,
    ),
    _found(
        "multi_match cross_fields with minimum_should_match",
        {
            "multi_match": {
                "query": "brown dog fox",
                "fields": ["t", "t2"],
                "type": "cross_fields",
                "minimum_should_match": 2,
            }
        },
        *(0, 2, 3),
    ),
    _found(
        "match with prefix_length",
        {"match": {"t": {"query": "quack", "fuzziness": 1, "prefix_length": 3}}},
    ),
    _found(
        "match with fuzziness, letters swapped",
        {"match": {"t": {"query": "uqick", "fuzziness": 1}}},
        *(0, 1, 2, 4),
    ),
    _found(
        "match without transpositions",
        {"match": {"t": {"query": "uqick", "fuzziness": 1, "fuzzy_transpositions": False}}},
    ),
    _found(
        "query_string with time_zone",
        {
            "query_string": {
                "query": "d:[2018-01-01T06:00 TO 2018-01-01T06:30]",
                "time_zone": "+02:00",
            }
        },
    ),
    _found(
        "query_string with another time_zone",
        {
            "query_string": {
                "query": "d:[2018-01-01T06:00 TO 2018-01-01T06:30]",
                "time_zone": "+01:00",
            }
        },
        1,
    ),
    _aggs(
        "filters, other_bucket false beside its key",
        {
            "x": {
                "filters": {
                    "filters": {"a": {"match_all": {}}},
                    "other_bucket": False,
                    "other_bucket_key": "rest",
                }
            }
        },
        {"x": {"buckets": {"a": {"doc_count": 6}}}},
    ),
)


def _dates(name: str, format_: str, *texts: str) -> Case:
    field = {"field": "d", "format": format_}
    return _whole_hit(name, {"fields": {"d": [*texts]}}, fields=[field])


FORMATS = (
    _dates(
        "a format with names of days and months",
        "EEE, d MMM yyyy",
        "Wed, 1 Jan 2020",
        "Sun, 1 Jan 2017",
    ),
    _dates("a format with the day of the year", "yyyy-DDD", "2020-001", "2017-001"),
    _dates("a format with twelve hours", "hh:mm a", "12:00 AM", "12:00 AM"),
    _dates(
        "a format with offsets",
        "yyyy X xx xxx Z",
        "2020 Z +0000 +00:00 +0000",
        "2017 Z +0000 +00:00 +0000",
    ),
    _whole_hit(
        "docvalue_fields in order, numbers in a format",
        {"fields": {"tags": ["a", "c"], "n": ["1.0", "5.0"]}},
        docvalue_fields=["tags", {"field": "n", "format": "0.0"}],
    ),
    _whole_hit(
        "docvalue_fields in the default format, by its old name",
        {"fields": {"n": [1, 5]}},
        docvalue_fields=[{"field": "n", "format": "use_field_mapping"}],
    ),
    _aggs(
        "terms of numbers in a format",
        {"x": {"terms": {"field": "n", "format": "000.0", "size": 1}}},
        {"x": {"buckets": [{"key": 1, "key_as_string": "001.0", "doc_count": 1}]}},
    ),
    _aggs(
        "percentiles in a format",
        {"x": {"percentiles": {"field": "n", "percents": [0, 100], "format": "0.0"}}},
        {"x": {"values": {"0.0_as_string": "1.0", "100.0": 9.0, "100.0_as_string": "9.0"}}},
    ),
    _aggs(
        "percentiles of dates in a list",
        {"x": {"percentiles": {"field": "d", "percents": [0, 100], "keyed": False}}},
        {
            "x": {
                "values": [
                    {"key": 0.0, "value_as_string": "2017-01-01T00:00:00.000Z"},
                    {"key": 100.0, "value_as_string": "2021-02-03T04:05:06.000Z"},
                ]
            }
        },
    ),
    _aggs(
        "extended_stats of dates and of flags",
        {"d": {"extended_stats": {"field": "d"}}, "b": {"extended_stats": {"field": "b"}}},
        {
            "d": {
                "std_deviation_as_string": "1971-06-12T22:09:04.667Z",
                "std_deviation_bounds_as_string": {
                    "upper": "2021-12-23T12:31:10.534Z",
                    "lower": "2016-03-12T19:54:51.865Z",
                },
            },
            "b": {"variance_as_string": True, "std_deviation_as_string": "true"},
        },
    ),
    _aggs(
        "metrics in a format",
        {
            "max": {"max": {"field": "n", "format": "0.0"}},
            "stats": {"stats": {"field": "n", "format": "0.00"}},
            "more": {"extended_stats": {"field": "n", "format": "0.00"}},
            "flag": {"max": {"field": "b"}},
            "day": {"max": {"field": "d", "format": "EEE"}},
        },
        {
            "max": {"value": 9.0, "value_as_string": "9.0"},
            "stats": {"avg_as_string": "4.43", "sum_as_string": "31.00"},
            "more": {
                "variance_as_string": "6.82",
                "std_deviation_bounds_as_string": {"upper": "9.65", "lower": "-0.79"},
            },
            "flag": {"value": 1.0, "value_as_string": "true"},
            "day": {"value_as_string": "Wed"},
        },
    ),
)

SMALL_CASES = (
    *(SEVERAL_VALUES + INDEX_ORDER + LEAST_SCORES + FULL_TEXT + MISSING_FIELDS),
    *(BUCKETS_WITH_MISSING + FRACTIONS + COUNTS + EXISTS + OWN_FIELDS + OPTIONS + FORMATS),
)

# Elasticsearch 8 and later; older servers and OpenSearch differ.
NEWER_CASES = (
    _aggs(
        "no value is missing where another one stands for it",
        {
            "x": {"missing": {"field": "n", "missing": 3}, "aggs": {"y": {"max": {"field": "n"}}}},
            "nope": {"missing": {"field": "nope", "missing": "a"}},
        },
        {"x": {"doc_count": 0, "y": {"value": None}}, "nope": {"doc_count": 0}},
    ),
    Case(
        "hits list the fields with values that are not indexed, and those values beside fields",
        {"query": {"ids": {"values": ["r1"]}}, "fields": ["s", "n"]},
        {"hits": {"hits": [{"_ignored": ["s"], "ignored_field_values": {"s": ["long"]}}]}},
    ),
    _aggs(
        "sums of dates are beyond the year 9999",
        {"x": {"stats": {"field": "d", "missing": "9000-01-01"}}},
        {"x": {"sum_as_string": "+16275-06-09T09:05:06.000Z"}},
    ),
    _aggs(
        "a number as missing date is milliseconds",
        {"x": {"min": {"field": "d", "missing": 2016}}},
        {"x": {"value": 2016.0}},
    ),
    _aggs(
        "sums of dates are before the year 0",
        {"x": {"sum": {"field": "d", "missing": "0100", "format": "uuuu"}}},
        {"x": {"value_as_string": "-1525"}},
    ),
    _sorted(
        "sort values of dates in a format",
        [{"d": {"format": "EEEE"}}, "id"],
        "01",
        [["Sunday", "r0"], ["Monday", "r1"]],
        size=2,
    ),
)
