"""Requests as programs send them, and what has to be in the answer: the contract of both engines.

The records are those of `records`. An expectation is a part of the answer: an object has at least
these keys, a list is the whole list, `...` is anything.
"""

from dataclasses import dataclass
from typing import Any

ANY = ...


@dataclass(frozen=True)
class Case:
    """One request.

    Attributes:
        name: what it shows.
        body: the request.
        expected: part of the answer.
        ids: the IDs of the hits, in order; None if they are not compared.
    """

    name: str
    body: dict[str, Any]
    expected: dict[str, Any]
    ids: tuple[str, ...] | None = None


def _total(number: int) -> dict[str, Any]:
    return {"hits": {"total": {"value": number, "relation": "eq"}}}


def _query(name: str, query: dict[str, Any], total: int) -> Case:
    return Case(name, {"query": query, "size": 0}, _total(total))


def _aggs(name: str, aggs: dict[str, Any], expected: dict[str, Any], **body: Any) -> Case:
    return Case(name, {"size": 0, "aggs": aggs, **body}, {"aggregations": expected})


def _buckets(*pairs: tuple[Any, int]) -> list[dict[str, Any]]:
    return [{"key": key, "doc_count": count} for key, count in pairs]


PRODUCT, VERSION, OS = "source.product", "target.version", "target.os"

QUERIES = (
    Case("nothing at all", {}, _total(300)),
    _query("match_all", {"match_all": {}}, 300),
    _query("match_none", {"match_none": {}}, 0),
    _query("term", {"term": {PRODUCT: "firefox"}}, 149),
    _query("term as an object", {"term": {PRODUCT: {"value": "fennec", "boost": 2}}}, 51),
    _query(
        "term in another case",
        {"term": {PRODUCT: {"value": "FENNEC", "case_insensitive": True}}},
        51,
    ),
    _query("term on a number, as text", {"term": {"build.number": "2"}}, 67),
    _query("term on an unknown field", {"term": {"nope": "x"}}, 0),
    _query("terms", {"terms": {PRODUCT: ["fennec", "thunderbird", "none"]}}, 101),
    _query("terms without values", {"terms": {PRODUCT: []}}, 0),
    _query(
        "bool, a clause as a single object", {"bool": {"must": {"term": {PRODUCT: "fennec"}}}}, 51
    ),
    _query("bool with empty lists", {"bool": {"must": [], "filter": [], "should": []}}, 300),
    _query("empty bool", {"bool": {}}, 300),
    _query("must_not alone", {"bool": {"must_not": [{"term": {PRODUCT: "firefox"}}]}}, 151),
    _query("should alone needs one", {"bool": {"should": [{"term": {PRODUCT: "fennec"}}]}}, 51),
    _query(
        "should beside filter needs none",
        {"bool": {"filter": {"term": {OS: "mac"}}, "should": {"term": {PRODUCT: "none"}}}},
        73,
    ),
    _query("exists", {"exists": {"field": "build.id"}}, 240),
    _query("exists on an object", {"exists": {"field": "build"}}, 240),
    _query("missing, as it was once", {"missing": {"field": "build.id"}}, 60),
    _query("filtered, as it was once", {"filtered": {"filter": {"term": {OS: "mac"}}}}, 73),
    _query("ids", {"ids": {"values": ["record-001", "record-002", "none"]}}, 2),
    _query("prefix", {"prefix": {VERSION: "5"}}, 200),
    _query("wildcard", {"wildcard": {VERSION: "5?.0b*"}}, 66),
    _query("regexp as text", {"regexp": {VERSION: "5[0-9]\\.0b[0-9]+"}}, 66),
    _query("regexp with a quoted literal", {"regexp": {VERSION: {"value": '"53.0b"9?(10)?'}}}, 66),
    _query("regexp with an optional end", {"regexp": {VERSION: "56.0(b[0-9])+?"}}, 33),
    _query("range over text", {"range": {VERSION: {"gte": "53", "lt": "56"}}}, 66),
    _query("range over a build ID", {"range": {"build.id": {"gte": "2015", "lt": "2016"}}}, 28),
    _query(
        "range over dates",
        {"range": {"download.date": {"gte": "2015-01-01", "lt": "2016-01-01"}}},
        36,
    ),
    _query(
        "range with date math",
        {"range": {"download.date": {"gte": "2015-06-01||/y", "lte": "2015-06-01||/y"}}},
        36,
    ),
    _query("range before now", {"range": {"download.date": {"lt": "now-1d/d"}}}, 300),
    _query(
        "range with a format", {"range": {"download.date": {"lt": "2012", "format": "yyyy"}}}, 38
    ),
    _query("range over numbers", {"range": {"build.number": {"gt": 2, "lte": 4}}}, 116),
    _query(
        "range by version",
        {"range": {"target.version.order": {"gt": "53.0b9", "lte": "100.0"}}},
        131,
    ),
    _query(
        "dis_max", {"dis_max": {"queries": [{"term": {OS: "mac"}}, {"term": {OS: "linux"}}]}}, 147
    ),
    _query("constant_score", {"constant_score": {"filter": {"term": {OS: "mac"}}}}, 73),
    _query("match on a keyword", {"match": {PRODUCT: "fennec"}}, 51),
    _query("match_phrase on a keyword", {"match_phrase": {PRODUCT: "fennec"}}, 51),
    _query("match_phrase_prefix on a keyword", {"match_phrase_prefix": {PRODUCT: "fen"}}, 51),
    _query(
        "multi_match of prefixes, as pages of Search UI send it",
        {"multi_match": {"query": "56", "fields": [PRODUCT, VERSION], "type": "phrase_prefix"}},
        33,
    ),
    _query("multi_match", {"multi_match": {"query": "mac", "fields": [PRODUCT, OS]}}, 73),
    _query("query_string", {"query_string": {"query": f"{PRODUCT}:fennec AND {OS}:mac"}}, 24),
    _query(
        "query_string with obsolete options",
        {
            "query_string": {
                "query": "fennec",
                "fields": [f"{PRODUCT}^10", OS],
                "default_operator": "and",
                "lenient": True,
                "use_dis_max": True,
                "auto_generate_phrase_queries": True,
            }
        },
        51,
    ),
    _query(
        "simple_query_string",
        {"simple_query_string": {"query": "fennec | thunderbird", "fields": [PRODUCT]}},
        101,
    ),
    Case(
        "a point in time breaks ties",
        {"pit": {"id": "any"}, "sort": ["target.os"], "size": 3, "_source": False},
        {},
        ids=("record-000", "record-001", "record-005"),
    ),
    Case("post_filter alone", {"post_filter": {"term": {OS: "mac"}}, "size": 0}, _total(73)),
    Case(
        "a phrase suggester on a field without a mapping",
        {"size": 0, "suggest": {"text": "fire", "s": {"phrase": {"field": "nope"}}}},
        _total(300),
    ),
)

SORTED = (
    Case(
        "sort by version, not by text",
        {
            "sort": [{"target.version.order": "desc"}, {"id": "asc"}],
            "size": 1,
            "_source": [VERSION],
        },
        {"hits": {"hits": [{"_source": {"target": {"version": "100.0"}}}]}},
    ),
    Case("sort as text", {"sort": "id", "size": 2}, {}, ("record-000", "record-001")),
    Case("sort as an object", {"sort": {"id": "desc"}, "size": 1}, {}, ("record-299",)),
    Case("sort as a list", {"sort": [{"id": {"order": "desc"}}], "size": 1}, {}, ("record-299",)),
    Case(
        "sort by two keys, missing first",
        {"sort": [{"build.id": {"order": "asc", "missing": "_first"}}, {"id": "desc"}], "size": 2},
        {},
        ("record-295", "record-290"),
    ),
    Case("from", {"sort": ["id"], "from": 10, "size": 1}, {}, ("record-010",)),
    Case(
        "search_after",
        {"sort": ["id"], "search_after": ["record-010"], "size": 1},
        {},
        ("record-011",),
    ),
    Case(
        "collapse",
        {"collapse": {"field": OS}, "sort": [{"id": "asc"}]},
        {"hits": {"total": {"value": 300, "relation": "eq"}}},
        ("record-000", "record-002", "record-003"),
    ),
    Case(
        "parts of the source",
        {
            "query": {"ids": {"values": ["record-001"]}},
            "_source": {"includes": ["target.*"], "excludes": ["*.os"]},
        },
        {"hits": {"hits": [{"_source": {"target": {"locale": "fr"}}}]}},
    ),
    Case(
        "fields",
        {
            "query": {"ids": {"values": ["record-001"]}},
            "_source": False,
            "fields": ["target.locale"],
        },
        {"hits": {"hits": [{"fields": {"target.locale": ["fr"]}}]}},
    ),
    Case(
        "highlight",
        {
            "query": {"match": {"target.locale": "fr"}},
            "size": 1,
            "sort": ["id"],
            "highlight": {"fields": {"target.locale": {}}},
        },
        {"hits": {"hits": [{"highlight": {"target.locale": ["<em>fr</em>"]}}]}},
    ),
)

AGGREGATIONS = (
    _aggs(
        "terms, the largest first",
        {"p": {"terms": {"field": PRODUCT}}},
        {
            "p": {
                "buckets": _buckets(
                    ("firefox", 149), ("fennec", 51), ("devedition", 50), ("thunderbird", 50)
                )
            }
        },
    ),
    _aggs(
        "terms by _term, many",
        {"p": {"terms": {"field": PRODUCT, "size": 100000, "order": {"_term": "desc"}}}},
        {
            "p": {
                "buckets": _buckets(
                    ("thunderbird", 50), ("firefox", 149), ("fennec", 51), ("devedition", 50)
                )
            }
        },
    ),
    _aggs(
        "terms cut where two tie",
        {"p": {"terms": {"field": PRODUCT, "size": 3}}},
        {
            "p": {
                "sum_other_doc_count": 50,
                "buckets": _buckets(("firefox", 149), ("fennec", 51), ("devedition", 50)),
            }
        },
    ),
    _aggs(
        "terms with an expression",
        {"p": {"terms": {"field": PRODUCT, "include": "f.*", "order": {"_key": "asc"}}}},
        {"p": {"buckets": _buckets(("fennec", 51), ("firefox", 149))}},
    ),
    _aggs(
        "terms for what is missing",
        {"p": {"terms": {"field": "build.number", "missing": 0, "order": {"_key": "asc"}}}},
        {"p": {"buckets": _buckets((0, 60), (1, 57), (2, 67), (3, 59), (4, 57))}},
    ),
    _aggs(
        "terms by a metric below",
        {
            "p": {
                "terms": {"field": PRODUCT, "size": 1, "order": {"m": "desc"}},
                "aggs": {"m": {"max": {"field": "build.number"}}},
            }
        },
        {"p": {"buckets": [{"m": {"value": 4.0}}]}},
    ),
    _aggs(
        "a filter, its name with a dot, metrics below",
        {
            "a.b": {
                "filter": {"term": {OS: "mac"}},
                "aggs": {"a.b": {"cardinality": {"field": PRODUCT}}},
            }
        },
        {"a.b": {"doc_count": 73, "a.b": {"value": 3}}},
    ),
    _aggs(
        "four levels",
        {
            "1": {
                "terms": {"field": PRODUCT, "size": 1},
                "aggs": {
                    "2": {
                        "terms": {"field": OS, "size": 1},
                        "aggs": {
                            "3": {
                                "filter": {"exists": {"field": "build.id"}},
                                "aggs": {
                                    "4": {
                                        "top_hits": {
                                            "size": 1,
                                            "sort": [{"id": "asc"}],
                                            "_source": ["id"],
                                        }
                                    }
                                },
                            },
                            "m": {"min": {"field": "download.size"}},
                        },
                    }
                },
            }
        },
        {
            "1": {
                "buckets": [
                    {
                        "key": "firefox",
                        "2": {
                            "buckets": [
                                {
                                    "key": "win",
                                    "3": {"doc_count": ANY, "4": {"hits": {"hits": [ANY]}}},
                                    "m": ANY,
                                }
                            ]
                        },
                    }
                ]
            }
        },
    ),
    _aggs(
        "global beside a query",
        {"g": {"global": {}, "aggs": {"n": {"value_count": {"field": "id"}}}}},
        {"g": {"doc_count": 300, "n": {"value": 300}}},
        query={"term": {OS: "mac"}},
    ),
    _aggs("missing", {"m": {"missing": {"field": "build.id"}}}, {"m": {"doc_count": 60}}),
    _aggs(
        "missing, without wildcards",
        {"m": {"missing": {"field": "*"}}},
        {"m": {"doc_count": 300}},
    ),
    _aggs(
        "filters with the rest",
        {"f": {"filters": {"filters": {"mac": {"term": {OS: "mac"}}}, "other_bucket_key": "rest"}}},
        {"f": {"buckets": {"mac": {"doc_count": 73}, "rest": {"doc_count": 227}}}},
    ),
    _aggs(
        "years, as they were once asked for",
        {
            "d": {
                "date_histogram": {
                    "field": "download.date",
                    "interval": "year",
                    "order": {"_time": "desc"},
                    "format": "yyyy",
                }
            }
        },
        {
            "d": {
                "buckets": [
                    ANY,
                    ANY,
                    ANY,
                    ANY,
                    ANY,
                    ANY,
                    ANY,
                    {"key": 1293840000000, "key_as_string": "2011", "doc_count": 38},
                ]
            }
        },
    ),
    _aggs(
        "ranges that overlap",
        {
            "r": {
                "range": {
                    "field": "build.number",
                    "ranges": [{"to": 3}, {"from": 2, "key": "later"}],
                }
            }
        },
        {
            "r": {
                "buckets": [{"key": "*-3.0", "doc_count": 124}, {"key": "later", "doc_count": 183}]
            }
        },
    ),
    _aggs(
        "date ranges",
        {
            "r": {
                "date_range": {
                    "field": "download.date",
                    "format": "yyyy",
                    "ranges": [{"to": "2013"}, {"from": "2013"}],
                }
            }
        },
        {
            "r": {
                "buckets": [{"key": "*-2013", "doc_count": 77}, {"key": "2013-*", "doc_count": 223}]
            }
        },
    ),
    _aggs(
        "histogram",
        {"h": {"histogram": {"field": "build.number", "interval": 2}}},
        {"h": {"buckets": _buckets((0.0, 57), (2.0, 126), (4.0, 57))}},
    ),
    _aggs(
        "stats",
        {"s": {"stats": {"field": "build.number"}}},
        {"s": {"count": 240, "min": 1.0, "max": 4.0, "sum": 596.0}},
    ),
    _aggs(
        "composite, page by page",
        {
            "c": {
                "composite": {
                    "size": 2,
                    "sources": [{"p": {"terms": {"field": PRODUCT}}}],
                    "after": {"p": "devedition"},
                }
            }
        },
        {
            "c": {
                "after_key": {"p": "firefox"},
                "buckets": [
                    {"key": {"p": "fennec"}, "doc_count": 51},
                    {"key": {"p": "firefox"}, "doc_count": 149},
                ],
            }
        },
    ),
)

CASES = QUERIES + SORTED + AGGREGATIONS
