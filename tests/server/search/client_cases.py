"""What the programs and libraries of others send unasked: the contract of both engines.

The records are those of `records`, and expectations are as in `cases`.
"""

from typing import Any

from tests.server.search.cases import Case

ALL = 2**31 - 1  # Elasticsearch's largest size.

_Json = dict[str, Any]


def _total(name: str, query: _Json, total: int) -> Case:
    return Case(name, {"query": query, "size": 0}, {"hits": {"total": {"value": total}}})


def _buckets(name: str, agg: _Json, buckets: Any, **others: Any) -> Case:
    body = {"size": 0, "aggs": {"x": agg}}
    return Case(name, body, {"aggregations": {"x": {"buckets": buckets, **others}}})


def _keys(name: str, agg: _Json, *keys: Any) -> Case:
    return _buckets(name, agg, [{"key": key} for key in keys])


def _match(text: str, fuzziness: Any) -> _Json:
    return {"match": {"target.locale": {"query": text, "fuzziness": fuzziness}}}


def _searchkit(text: str) -> _Json:
    """Return the query that Searchkit 4 makes of a text."""
    fields = ["source.product^1", "target.locale^1"]
    half = ["source.product^0.5", "target.locale^0.5"]
    words = [
        {"multi_match": {"query": text, "fields": fields, "fuzziness": "AUTO:4,8"}},
        {"multi_match": {"query": text, "fields": half, "type": "bool_prefix"}},
    ]
    phrase = {"multi_match": {"query": text, "type": "phrase", "fields": fields}}
    return {"bool": {"should": [{"bool": {"should": words}}, phrase]}}


FUZZINESS = (
    _total("AUTO: two letters have to be the same", _match("fx", "AUTO"), 0),
    _total("AUTO: one edit from three letters on", _match("dee", "AUTO"), 43),
    _total("AUTO:4,8: three letters have to be the same", _match("dee", "AUTO:4,8"), 0),
    _total("AUTO:3,8: one edit from three letters on", _match("dee", "AUTO:3,8"), 43),
    _total("AUTO:0,0: always two edits", _match("dxx", "AUTO:0,0"), 43),
    _total("auto:2,8 in lower case", _match("fx", "auto:2,8"), 43),
    _total("AUTO:4,8: one edit below eight letters", _match("multis", "AUTO:4,8"), 42),
    _total("AUTO:4,8: not two below eight letters", _match("multisx", "AUTO:4,8"), 0),
    _total("AUTO:4,8: two edits from eight letters on", _match("ja-JP-maxx", "AUTO:4,8"), 43),
    _total(
        "fuzzy with lengths",
        {"fuzzy": {"target.locale": {"value": "dee", "fuzziness": "AUTO:2,9"}}},
        43,
    ),
    _total("Searchkit: a word with a mistake", _searchkit("firefxo"), 149),
    _total("Searchkit: the start of a word", _searchkit("thund"), 50),
)

_LOCALES = {"field": "target.locale", "order": {"_key": "asc"}}
_NUMBERS = {"field": "build.number", "order": {"_key": "asc"}}
_SIZES = {"field": "download.size", "size": ALL}
_DATES = {"field": "download.date", "size": ALL}
TERMS = (
    _keys(
        "terms of all values",
        {"terms": {**_LOCALES, "size": ALL}},
        *("de", "en-US", "fr", "ja-JP-mac", "multi", "pt-BR", "zh-TW"),
    ),
    _buckets(
        "terms of all values below others",
        {
            "terms": {"field": "target.os", "size": ALL},
            "aggs": {"y": {"terms": {**_NUMBERS, "size": ALL}}},
        },
        [{"y": {"sum_other_doc_count": 0}}] * 3,
    ),
)


def _part(number: int, count: int) -> _Json:
    return {"include": {"partition": number, "num_partitions": count}}


PARTITIONS = (
    _keys(
        "one partition of texts is all",
        {"terms": {**_LOCALES, **_part(0, 1)}},
        *("de", "en-US", "fr", "ja-JP-mac", "multi", "pt-BR", "zh-TW"),
    ),
    _keys("the first of three partitions of texts", {"terms": {**_LOCALES, **_part(0, 3)}}, "fr"),
    _keys(
        "the second of three partitions of texts",
        {"terms": {**_LOCALES, **_part(1, 3)}},
        "de",
        "ja-JP-mac",
        "multi",
    ),
    _keys(
        "the third of three partitions of texts",
        {"terms": {**_LOCALES, **_part(2, 3)}},
        "en-US",
        "pt-BR",
        "zh-TW",
    ),
    _keys(
        "a partition of texts by count",
        {"terms": {"field": "target.locale", "size": 1, **_part(1, 3)}},
        "de",
    ),
    _keys("a partition of whole numbers", {"terms": {**_NUMBERS, **_part(0, 2)}}, 3, 4),
    _keys("the other partition of whole numbers", {"terms": {**_NUMBERS, **_part(1, 2)}}, 1, 2),
    _keys(
        "a partition of large numbers",
        {"terms": {**_SIZES, "order": {"_key": "asc"}, **_part(3, 40)}},
        1000000,
        1250000,
        1870000,
        2170000,
        4440000,
        6470000,
        7210000,
        7660000,
        7870000,
        8620000,
        8660000,
        8780000,
        9980000,
        10640000,
    ),
    _keys(
        "a partition of dates",
        {"terms": {**_DATES, "order": {"_key": "asc"}, **_part(3, 40)}},
        1294533276000,
        1340384801000,
        1364352530000,
        1396929375000,
        1418038283000,
        1420460112000,
        1431835324000,
        1454763877000,
        1464844409000,
        1476825285000,
    ),
    _keys(
        "a partition with what is missing",
        {"terms": {**_NUMBERS, "missing": 9, **_part(1, 2)}},
        1,
        2,
    ),
)

_SIZE_RANGES = {
    "field": "download.size",
    "ranges": [{"to": 2_000_000}, {"from": 2_000_000, "to": 3.5e6}, {"from": "3500000"}],
}
_DATE_RANGES = {
    "field": "download.date",
    "ranges": [
        {"to": "2013-01-01"},
        {"from": "2013-01-01", "to": "2014-06-01T12:00:00Z"},
        {"from": "2015-01-01||/y"},
    ],
}
_HISTOGRAM = {"field": "download.size", "interval": 4_000_000}
FORMATS = (
    _buckets(
        "histogram with a format",
        {"histogram": {**_HISTOGRAM, "format": "#,##0.0 'bytes'"}},
        [
            {"key_as_string": "0.0 bytes", "key": 0.0, "doc_count": 89},
            {"key_as_string": "4,000,000.0 bytes", "key": 4000000.0, "doc_count": 118},
            {"key_as_string": "8,000,000.0 bytes", "key": 8000000.0, "doc_count": 93},
        ],
    ),
    _buckets(
        "histogram with a format, keyed",
        {"histogram": {**_HISTOGRAM, "format": "0.00", "keyed": True}},
        {
            "0.00": {"key_as_string": "0.00", "key": 0.0, "doc_count": 89},
            "4000000.00": {"key_as_string": "4000000.00", "key": 4000000.0, "doc_count": 118},
            "8000000.00": {"key_as_string": "8000000.00", "key": 8000000.0, "doc_count": 93},
        },
    ),
    _buckets(
        "histogram of dates with a format",
        {
            "histogram": {
                "field": "download.date",
                "interval": 86_400_000 * 1000,
                "format": "yyyy-MM",
            }
        },
        [
            {"key_as_string": "2008-05", "key": 1209600000000.0, "doc_count": 14},
            {"key_as_string": "2011-01", "key": 1296000000000.0, "doc_count": 87},
            {"key_as_string": "2013-10", "key": 1382400000000.0, "doc_count": 114},
            {"key_as_string": "2016-07", "key": 1468800000000.0, "doc_count": 85},
        ],
    ),
    _buckets(
        "range of numbers",
        {"range": _SIZE_RANGES},
        [
            {"key": "*-2000000.0", "to": 2000000.0, "doc_count": 30},
            {"key": "2000000.0-3500000.0", "from": 2000000.0, "to": 3500000.0, "doc_count": 45},
            {"key": "3500000.0-*", "from": 3500000.0, "doc_count": 225},
        ],
    ),
    _buckets(
        "range with a format",
        {"range": {**_SIZE_RANGES, "format": "#,##0"}},
        [
            {"key": "*-2,000,000", "to": 2000000.0, "to_as_string": "2,000,000", "doc_count": 30},
            {
                "key": "2,000,000-3,500,000",
                "from": 2000000.0,
                "from_as_string": "2,000,000",
                "to": 3500000.0,
                "to_as_string": "3,500,000",
                "doc_count": 45,
            },
            {
                "key": "3,500,000-*",
                "from": 3500000.0,
                "from_as_string": "3,500,000",
                "doc_count": 225,
            },
        ],
    ),
    _buckets(
        "range with a format, keyed",
        {"range": {**_SIZE_RANGES, "format": "0.0", "keyed": True}},
        {
            "*-2000000.0": {"to": 2000000.0, "to_as_string": "2000000.0", "doc_count": 30},
            "2000000.0-3500000.0": {
                "from": 2000000.0,
                "from_as_string": "2000000.0",
                "to": 3500000.0,
                "to_as_string": "3500000.0",
                "doc_count": 45,
            },
            "3500000.0-*": {"from": 3500000.0, "from_as_string": "3500000.0", "doc_count": 225},
        },
    ),
    _buckets(
        "range of dates",
        {"range": _DATE_RANGES},
        [
            {
                "key": "*-2013-01-01T00:00:00.000Z",
                "to": 1356998400000.0,
                "to_as_string": "2013-01-01T00:00:00.000Z",
                "doc_count": 77,
            },
            {
                "key": "2013-01-01T00:00:00.000Z-2014-06-01T12:00:00.000Z",
                "from": 1356998400000.0,
                "from_as_string": "2013-01-01T00:00:00.000Z",
                "to": 1401624000000.0,
                "to_as_string": "2014-06-01T12:00:00.000Z",
                "doc_count": 48,
            },
            {
                "key": "2015-01-01T00:00:00.000Z-*",
                "from": 1420070400000.0,
                "from_as_string": "2015-01-01T00:00:00.000Z",
                "doc_count": 150,
            },
        ],
    ),
    _buckets(
        "range of dates in milliseconds",
        {
            "range": {
                "field": "download.date",
                "ranges": [{"from": 1388534400000, "to": "1420070400000"}],
            }
        },
        [
            {
                "key": "2014-01-01T00:00:00.000Z-2015-01-01T00:00:00.000Z",
                "from": 1388534400000.0,
                "from_as_string": "2014-01-01T00:00:00.000Z",
                "to": 1420070400000.0,
                "to_as_string": "2015-01-01T00:00:00.000Z",
                "doc_count": 37,
            }
        ],
    ),
    _buckets(
        "range of dates with a format",
        {
            "range": {
                "field": "download.date",
                "format": "yyyy",
                "ranges": [{"from": "2014", "to": "2016", "key": "mine"}, {"to": "2014"}],
            }
        },
        [
            {"key": "*-2014", "to": 1388534400000.0, "to_as_string": "2014", "doc_count": 113},
            {
                "key": "mine",
                "from": 1388534400000.0,
                "from_as_string": "2014",
                "to": 1451606400000.0,
                "to_as_string": "2016",
                "doc_count": 73,
            },
        ],
    ),
    _buckets(
        "range on an unknown field",
        {"range": {"field": "nope", "ranges": [{"from": 1}]}},
        [{"key": "1.0-*", "from": 1.0, "doc_count": 0}],
    ),
)

_OS = {"os": {"terms": {"field": "target.os"}}}
COMPOSITES = (
    _keys(
        "histogram over an unknown field with extended_bounds",
        {"histogram": {"field": "nope", "interval": 5, "extended_bounds": {"min": 0, "max": 10}}},
        *(0.0, 5.0, 10.0),
    ),
    _buckets(
        "composite over an unknown field",
        {"composite": {"sources": [{"a": {"terms": {"field": "nope"}}}]}},
        [],
    ),
    _buckets(
        "composite over a known and an unknown field",
        {"composite": {"sources": [_OS, {"a": {"terms": {"field": "nope"}}}]}},
        [],
    ),
    _buckets(
        "composite over an unknown and a known field",
        {"composite": {"sources": [{"a": {"terms": {"field": "nope"}}}, _OS]}},
        [],
    ),
    _buckets(
        "composite over an unknown field with missing_bucket",
        {
            "composite": {
                "sources": [_OS, {"a": {"terms": {"field": "nope", "missing_bucket": True}}}]
            }
        },
        [
            {"key": {"os": "linux", "a": None}, "doc_count": 74},
            {"key": {"os": "mac", "a": None}, "doc_count": 73},
            {"key": {"os": "win", "a": None}, "doc_count": 153},
        ],
    ),
    _buckets(
        "composite over an unknown field alone with missing_bucket",
        {"composite": {"sources": [{"a": {"terms": {"field": "nope", "missing_bucket": True}}}]}},
        [{"key": {"a": None}, "doc_count": 300}],
    ),
    _buckets(
        "composite histogram over an unknown field",
        {"composite": {"sources": [{"a": {"histogram": {"field": "nope", "interval": 5}}}]}},
        [],
    ),
    _buckets(
        "composite date_histogram over an unknown field",
        {
            "composite": {
                "sources": [
                    {"a": {"date_histogram": {"field": "nope", "calendar_interval": "1d"}}},
                    _OS,
                ]
            }
        },
        [],
    ),
)

CLIENT_CASES = FUZZINESS + TERMS + PARTITIONS + FORMATS + COMPOSITES
