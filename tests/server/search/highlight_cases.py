"""Highlights of the words that match, on the records of `small_cases`.

Each answer is that of Elasticsearch 9.2. Expectations are as in `cases`.
"""

from typing import Any

from tests.server.search.cases import Case


def _highlights(name: str, query: dict[str, Any], *texts: str) -> Case:
    """Expect these highlights of the hits, in the order of their IDs."""
    hits = [{"highlight": {"t": [text]}} for text in texts]
    body = {"query": query, "sort": ["id"], "highlight": {"fields": {"t": {}}}}
    return Case(name, body, {"hits": {"hits": hits}})


_EACH_QUICK = (
    "the <em>quick</em> brown fox",
    "<em>quick</em> brown",
    "brown <em>quick</em> fox jumps",
)
_TWO_WORDS = "foxes are <em>quick</em> <em>quickly</em>"
_ONE_WORD = "foxes are <em>quick</em> quickly"
_TOP_HITS = {"size": 1, "sort": ["id"], "highlight": {"fields": {"t": {}}}}

HIGHLIGHT_CASES = (
    _highlights("wildcard", {"wildcard": {"t": "qui*"}}, *_EACH_QUICK, _TWO_WORDS),
    _highlights("regexp", {"regexp": {"t": "qu.*"}}, *_EACH_QUICK, _TWO_WORDS),
    _highlights("fuzzy", {"fuzzy": {"t": "quikc"}}, *_EACH_QUICK, _ONE_WORD),
    _highlights(
        "match with fuzziness",
        {"match": {"t": {"query": "quik", "fuzziness": 1}}},
        *_EACH_QUICK,
        _ONE_WORD,
    ),
    _highlights(
        "terms",
        {"terms": {"t": ["quick", "fox"]}},
        "the <em>quick</em> brown <em>fox</em>",
        "<em>quick</em> brown",
        "brown <em>quick</em> <em>fox</em> jumps",
        _ONE_WORD,
    ),
    _highlights("range", {"range": {"t": {"gte": "qu", "lt": "r"}}}, *_EACH_QUICK, _TWO_WORDS),
    Case(
        "in top_hits",
        {"size": 0, "query": {"match": {"t": "fox"}}, "aggs": {"x": {"top_hits": _TOP_HITS}}},
        {
            "aggregations": {
                "x": {"hits": {"hits": [{"highlight": {"t": ["the quick brown <em>fox</em>"]}}]}}
            }
        },
    ),
)


def _starts(name: str, size: int, **expected: list[str]) -> Case:
    """Expect this of the first record where nothing matches."""
    fields: dict[str, Any] = {field: {} for field in expected}
    highlight = {"no_match_size": size, "fields": fields}
    body = {"size": 1, "sort": ["id"], "highlight": highlight}
    return Case(name, body, {"hits": {"hits": [{"highlight": expected}]}})


HIGHLIGHT_CASES += (
    _starts("no match: up to the end of a word", 5, t=["the quick"], t2=["brown"]),
    _starts("no match: the whole text", 50, t=["the quick brown fox"]),
    _starts("no match: the first of several values", 3, tags=["c"], n=["5"]),
    Case(
        "encoded as HTML",
        {
            "query": {"match": {"t": "fox"}},
            "size": 1,
            "sort": ["id"],
            "highlight": {"encoder": "html", "pre_tags": ["<b>"], "fields": {"t": {}}},
        },
        {"hits": {"hits": [{"highlight": {"t": ["the quick brown <b>fox</em>"]}}]}},
    ),
    Case(
        "no match in one of two fields",
        {
            "query": {"match": {"t": "fox"}},
            "size": 1,
            "sort": ["id"],
            "highlight": {"fields": {"t": {}, "t2": {"no_match_size": 3}}},
        },
        {
            "hits": {
                "hits": [
                    {"highlight": {"t": ["the quick brown <em>fox</em>"], "t2": ["brown"]}},
                ]
            }
        },
    ),
)

# Elasticsearch 8 and later; older servers and OpenSearch mark the words one by one.
PHRASE_CASES = (
    _highlights(
        "phrase",
        {"match_phrase": {"t": "quick brown"}},
        "the <em>quick brown</em> fox",
        "<em>quick brown</em>",
    ),
    _highlights(
        "phrase with slop",
        {"match_phrase": {"t": {"query": "quick fox", "slop": 1}}},
        "the <em>quick brown fox</em>",
        "brown <em>quick fox</em> jumps",
    ),
    _highlights(
        "phrase that ends in a prefix",
        {"match_phrase_prefix": {"t": "quick bro"}},
        "the <em>quick brown</em> fox",
        "<em>quick brown</em>",
    ),
    _highlights(
        "query string",
        {"query_string": {"query": 't:"quick brown" OR t:fox*'}},
        "the <em>quick brown</em> <em>fox</em>",
        "<em>quick brown</em>",
        "brown quick <em>fox</em> jumps",
        "<em>foxes</em> are quick quickly",
    ),
)
