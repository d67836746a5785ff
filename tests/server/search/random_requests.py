"""Random records, and random valid requests over the whole language.

The records are drawn from small vocabularies, so that requests meet them: values that are missing,
lists of values, texts beyond ASCII, dates in every form that records hold.
"""

import random
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]

MAPPING_BODY: Json = {
    "properties": {
        "id": {"type": "keyword"},
        "last_modified": {"type": "long"},
        "product": {"type": "keyword"},
        "target": {
            "properties": {
                "version": {"type": "keyword", "fields": {"order": {"type": "version"}}},
                "locale": {"type": "keyword"},
            }
        },
        "build": {
            "properties": {
                "id": {"type": "keyword"},
                "date": {"type": "date"},
                "number": {"type": "long"},
            }
        },
        "ratio": {"type": "double"},
        "official": {"type": "boolean"},
        "notes": {"type": "text", "fields": {"raw": {"type": "keyword"}}},
    }
}

PRODUCTS = ("firefox", "thunderbird", "fennec", "devedition")
VERSIONS = ("9.0", "10.0", "52.0.1", "53.0b9", "53.0b10", "53.0", "100.0", "57.0a1", "52.0esr")
LOCALES = ("en-US", "fr", "de", "pt-BR", "ja-JP-mac", "zh-TW", "ŝ-π", "", "EN-us")
WORDS = ("quick", "brown", "Fox", "jumps", "over", "lazy", "dogs", "élan", "53", "b9")
NUMBERS = (-7, 0, 1, 2, 3, 10, 2**40)
RATIOS = (-1.5, 0.0, 0.25, 0.5, 1.0, 1e10)
DAYS = tuple(
    f"{year}-{month:02}-{day:02}"
    for year in (2015, 2017)
    for month in (1, 3, 12)
    for day in (1, 28)
)
TIMES = ("T00:00:00Z", "T12:34:56Z", "T23:59:59.999Z", "T05:00:00+02:00", "")

KEYWORDS = {
    "product": PRODUCTS,
    "target.version": VERSIONS,
    "target.locale": LOCALES,
    "build.id": tuple(day.replace("-", "") for day in DAYS),
}
FIELDS = (*KEYWORDS, "build.date", "build.number", "ratio", "official", "notes", "notes.raw", "id")
# Which of several values a list sorts by is an engine's own choice.
SORTABLE = ("product", "target.version.order", "build.id", "build.date", "ratio", "official")
UNKNOWN = "target.unknown"


def make_random_records(count: int, seed: int) -> list[Json]:
    """Return *count* records, the same for the same *seed*."""
    chance = random.Random(seed)  # noqa: S311 - no secret.
    return [_record(chance, number) for number in range(count)]


def _record(chance: random.Random, number: int) -> Json:
    def maybe(values: Any) -> Any:
        """Return a value, or none."""
        return None if chance.random() < 0.1 else chance.choice(values)

    def some(values: Any) -> Any:
        """Return a value, several of them, or none."""
        if chance.random() < 0.8:
            return maybe(values)
        return [chance.choice(values) for _ in range(chance.randint(0, 3))]

    dates = [day + time for day in DAYS for time in TIMES]
    texts = [" ".join(chance.choices(WORDS, k=chance.randint(1, 6))) for _ in range(3)]
    record = {
        "id": f"r{number:05}",
        "last_modified": 1_000_000 + number,
        "product": maybe(PRODUCTS),
        "target": {"version": maybe(VERSIONS), "locale": some(LOCALES), "other": "unmapped"},
        "build": {
            "id": maybe(KEYWORDS["build.id"]),
            "date": maybe(dates),
            "number": some(NUMBERS),
        },
        "ratio": maybe(RATIOS),
        "official": maybe((True, False)),
        "notes": some(texts),
    }
    if chance.random() < 0.1:
        del record["build"]
    return record


def _one(values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


directions = _one(("asc", "desc"))
keyword_fields = _one(tuple(KEYWORDS))


@st.composite
def _keyword_value(draw: st.DrawFn) -> tuple[str, str]:
    field = draw(keyword_fields)
    value = draw(st.one_of(_one(KEYWORDS[field]), st.text("ab-10.é", max_size=3)))
    return field, value


dates = st.builds(lambda day, time: day + time, _one(DAYS), _one(TIMES))
date_math = st.builds(
    lambda anchor, math: anchor + math,
    st.one_of(st.just("now"), _one(DAYS).map(lambda day: f"{day}||")),
    _one(("/d", "-1d/d", "+1M/M", "/y", "-10y", "+36h", "/w")),
)
milliseconds = st.integers(1_400_000_000_000, 1_520_000_000_000)
date_bounds = st.one_of(dates, date_math, milliseconds)


@st.composite
def _bounds(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> Json:
    names = draw(_one((("gte",), ("lt",), ("gt", "lte"), ("gte", "lt"), ("lte",))))
    return {name: draw(values) for name in names}


@st.composite
def _range(draw: st.DrawFn) -> Json:
    kind = draw(_one(("keyword", "version", "date", "number", "ratio")))
    if kind == "keyword":
        field, values = draw(keyword_fields), st.one_of(_one(VERSIONS), _one(DAYS), st.text("am5"))
    elif kind == "version":
        field, values = "target.version.order", _one(VERSIONS)
    elif kind == "date":
        field, values = "build.date", date_bounds
    elif kind == "number":
        field, values = "build.number", st.one_of(_one(NUMBERS), _one(("2", "-7")))
    else:
        field, values = "ratio", _one(RATIOS)
    return {"range": {field: draw(_bounds(values))}}


@st.composite
def _term(draw: st.DrawFn) -> Json:
    kind = draw(_one(("keyword", "keyword", "keyword", "date", "number", "flag", "text", "none")))
    if kind == "keyword":
        field, value = draw(_keyword_value())
        if draw(st.booleans()):
            # Which letters outside ASCII have a case depends on the engine's own tables.
            value = value.swapcase() if value.isascii() else value
            return {"term": {field: {"value": value, "case_insensitive": True}}}
    else:
        field, values = {
            "date": ("build.date", dates),
            "number": ("build.number", st.one_of(_one(NUMBERS), _one(("1", "10")))),
            "flag": ("official", _one((True, False, "true", "false"))),
            "text": ("notes", _one(("quick", "fox", "Fox", "53"))),
            "none": (UNKNOWN, st.just("x")),
        }[kind]
        value = draw(values)
    return {"term": {field: draw(_one((value, {"value": value, "boost": 2.0})))}}


@st.composite
def _terms(draw: st.DrawFn) -> Json:
    field = draw(_one((*KEYWORDS, "build.number", "build.date", "id")))
    others = {
        "build.number": _one(NUMBERS),
        "build.date": dates,
        "id": st.integers(0, 2000).map(lambda number: f"r{number:05}"),
    }
    values = others[field] if field in others else _one(KEYWORDS[field])
    return {"terms": {field: draw(st.lists(values, max_size=4))}}


_PATTERNS = (
    "5.*",
    "[0-9]+\\.0",
    "53\\.0(b[0-9]+)?",
    "(fire|thunder).*",
    ".+?",
    '"53.0"b9',
    ".{2}-.*",
    "en.US|fr",
    "@",
    "2017<1-3>.*",
    "[^0-9]*",
    "",
)


@st.composite
def _pattern(draw: st.DrawFn) -> Json:
    kind = draw(_one(("regexp", "wildcard", "prefix")))
    field = draw(_one((*KEYWORDS, "notes", "notes.raw", UNKNOWN)))
    value = draw(
        {
            "regexp": _one(_PATTERNS),
            "wildcard": _one(("*", "5*0", "?.0", "*fox*", "fr", "en-??", "\\*", "")),
            "prefix": _one(("", "5", "fire", "en-", "2017", "qui", "ŝ")),
        }[kind]
    )
    body: Json = {"value": value}
    if value and draw(st.integers(0, 3)) == 0:
        body["case_insensitive"] = True
    return {kind: {field: draw(_one((value, body)))}}


@st.composite
def _full_text(draw: st.DrawFn) -> Json:
    text = draw(st.lists(_one((*WORDS, "absent")), min_size=1, max_size=3).map(" ".join))
    kind = draw(_one(("match", "match_phrase", "match_phrase_prefix", "multi_match", "keyword")))
    if kind == "match":
        body: Json = {"query": text, "operator": draw(_one(("or", "and", "AND")))}
        if draw(st.booleans()):
            body["minimum_should_match"] = draw(_one((1, 2, "50%", "-1", "2<75%")))
        if draw(st.integers(0, 4)) == 0:
            body = {"query": text, "fuzziness": draw(_one((0, 1, "AUTO")))}
        return {"match": {"notes": body}}
    if kind == "multi_match":
        return {
            "multi_match": {
                "query": text,
                "fields": draw(_one((["notes"], ["notes^2", "product"], ["notes", "notes.raw"]))),
                "type": draw(_one(("best_fields", "most_fields", "phrase"))),
            }
        }
    if kind == "keyword":
        field, value = draw(_keyword_value())
        return {"match": {field: value}}
    return {kind: {"notes": text}}


_QUERY_TEXTS = (
    "quick",
    "quick AND lazy",
    "quick OR fennec",
    "+quick -lazy",
    "NOT quick",
    "notes:(quick lazy)",
    'notes:"quick brown"',
    "product:firefox",
    "product:fire*",
    "target.version:53.0b9 AND product:firefox",
    "target.version:[53 TO 54]",
    "target.version:{53 TO *]",
    "build.number:>1",
    "build.number:[0 TO 3}",
    "build.date:[2015-01-01 TO 2015-12-31]",
    "_exists_:build.id",
    "target.locale:(fr OR de) AND NOT product:fennec",
    "target.version:/5[0-9]\\..*/",
    "product:(firefox^2 fennec)",
    "notes:qu?ck",
    "*",
    "*:*",
    "target.locale:ja\\-JP\\-mac",
    'target.locale:"ja-JP-mac"',
    "(quick && brown) || dogs",
    "!quick",
)


@st.composite
def _query_string(draw: st.DrawFn) -> Json:
    body: Json = {"query": draw(_one(_QUERY_TEXTS))}
    if draw(st.booleans()):
        body["default_operator"] = draw(_one(("and", "OR")))
    fields = draw(_one((None, ["notes"], ["notes", "product^3"], ["target.*"])))
    if fields:
        body["fields"] = fields
    if draw(st.booleans()):
        body["lenient"] = True
    return {"query_string": body}


@st.composite
def _simple_query_string(draw: st.DrawFn) -> Json:
    texts = ("quick", "quick + lazy", "quick | fox", "-quick", '"quick brown"', "qui*", "(a | fox)")
    body: Json = {
        "query": draw(_one(texts)),
        "fields": draw(_one((["notes"], ["notes", "product"]))),
    }
    if draw(st.booleans()):
        body["default_operator"] = "and"
    return {"simple_query_string": body}


_leaves = st.one_of(
    _term(),
    _term(),
    _terms(),
    _range(),
    _range(),
    _pattern(),
    _full_text(),
    _query_string(),
    _simple_query_string(),
    _one((*FIELDS, UNKNOWN, "build", "target")).map(lambda field: {"exists": {"field": field}}),
    st.lists(st.integers(0, 2000).map(lambda n: f"r{n:05}"), max_size=3).map(
        lambda ids: {"ids": {"values": ids}}
    ),
    st.builds(
        lambda word, options: {"fuzzy": {"notes": {"value": word, **options}}},
        _one(("quik", "brwon", "dog", "lasy", "absent")),
        _one(({}, {"fuzziness": 1}, {"prefix_length": 2}, {"transpositions": False})),
    ),
    st.just({"match_all": {}}),
    st.just({"match_none": {}}),
)


@st.composite
def _bool(draw: st.DrawFn, inner: st.SearchStrategy[Json]) -> Json:
    body: Json = {}
    for kind in ("must", "filter", "should", "must_not"):
        count = draw(st.integers(0, 2))
        if count == 1 and draw(st.booleans()):
            body[kind] = draw(inner)
        elif count or draw(st.integers(0, 4)) == 0:
            body[kind] = [draw(inner) for _ in range(count)]
    if "should" in body and draw(st.integers(0, 2)) == 0:
        body["minimum_should_match"] = draw(_one((0, 1, 2, "50%", "-1")))
    return {"bool": body}


def _compound(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.one_of(
        _bool(inner),
        _bool(inner),
        inner.map(lambda query: {"constant_score": {"filter": query, "boost": 1.5}}),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda queries: {"dis_max": {"queries": queries, "tie_breaker": 0.5}}
        ),
        st.tuples(inner, inner).map(
            lambda pair: {
                "boosting": {"positive": pair[0], "negative": pair[1], "negative_boost": 0.2}
            }
        ),
    )


queries = st.recursive(_leaves, _compound, max_leaves=5)


@st.composite
def _sort(draw: st.DrawFn) -> list[Any]:
    """Return keys to sort by, of which the last leaves no ties."""
    keys: list[Any] = []
    for field in draw(st.lists(_one(SORTABLE), max_size=2, unique=True)):
        form = draw(_one(("name", "direction", "object")))
        if form == "name":
            keys.append(field)
        elif form == "direction":
            keys.append({field: draw(directions)})
        else:
            body: Json = {"order": draw(directions)}
            if draw(st.booleans()):
                body["missing"] = draw(_one(("_first", "_last")))
            if draw(st.integers(0, 3)) == 0:
                body["mode"] = draw(_one(("min", "max")))
            keys.append({field: body})
    if draw(st.integers(0, 5)) == 0:
        keys.append({UNKNOWN: {"order": "desc", "unmapped_type": "keyword"}})
    return [*keys, {"id": draw(directions)}]


metric_fields = _one(("build.number", "ratio", "build.date"))


@st.composite
def _metric(draw: st.DrawFn) -> Json:
    kind = draw(
        _one(
            (
                *("min", "max", "sum", "avg", "value_count", "stats", "extended_stats"),
                *("cardinality", "percentiles", "top_hits"),
            )
        )
    )
    if kind == "top_hits":
        return {"top_hits": {"size": draw(st.integers(1, 3)), "sort": draw(_sort())}}
    if kind in ("cardinality", "value_count"):
        field = draw(_one((*SORTABLE, UNKNOWN)))
    else:
        # Sums of milliseconds lose their last digits, in each engine others.
        field = draw(_one(("build.number", "ratio") if "s" in kind else ("ratio", "build.date")))
    body: Json = {"field": field}
    if kind in ("min", "max", "sum", "avg") and draw(st.integers(0, 3)) == 0:
        body["missing"] = 5
    return {kind: body}


@st.composite
def _terms_body(draw: st.DrawFn, orders: list[str]) -> Json:
    field = draw(
        _one((*KEYWORDS, "target.version.order", "build.number", "build.date", "official", UNKNOWN))
    )
    body: Json = {"field": field, "size": draw(_one((1, 3, 10, 100, 100_000)))}
    if draw(st.booleans()):
        by = draw(_one(("_count", "_key", "_term", *orders)))
        body["order"] = draw(
            _one(({by: draw(directions)}, [{by: draw(directions)}, {"_key": "asc"}]))
        )
    if field in KEYWORDS:
        extra = draw(_one((None, None, "include", "exclude", "list", "missing")))
        if extra == "include":
            body["include"] = draw(_one(_PATTERNS[:-1]))
        elif extra == "exclude":
            body["exclude"] = draw(_one(_PATTERNS[:-1]))
        elif extra == "list":
            body["include"] = draw(st.lists(_one(KEYWORDS[field]), max_size=3))
        elif extra == "missing":
            body["missing"] = "N/A"
    elif field == "build.number" and draw(st.booleans()):
        body["missing"] = 7
    if draw(st.integers(0, 3)) == 0:
        body["min_doc_count"] = draw(_one((0, 1, 5)))
        if body["min_doc_count"] > 1:
            # Servers cut to size first, and then look at the counts of the rest.
            body["size"] = 100_000
    return body


@st.composite
def _bucket(draw: st.DrawFn, orders: list[str], *, at_top: bool) -> Json:
    kind = draw(
        _one(
            (
                *("terms", "terms", "terms", "filter", "filters", "missing", "range"),
                *("date_range", "histogram", "date_histogram", "date_histogram"),
                *(("composite", "global") if at_top else ()),
            )
        )
    )
    if kind == "terms":
        return {"terms": draw(_terms_body(orders))}
    if kind == "filter":
        return {"filter": draw(queries)}
    if kind == "filters":
        names = {
            f"f{number}": query
            for number, query in enumerate(draw(st.lists(queries, min_size=1, max_size=2)))
        }
        body: Json = {"filters": draw(_one((names, list(names.values()))))}
        if draw(st.booleans()):
            body["other_bucket_key"] = "rest"
        return {"filters": body}
    if kind == "missing":
        return {"missing": {"field": draw(_one((*FIELDS[:-3], UNKNOWN)))}}
    if kind == "range":
        ranges = draw(
            _one(([{"to": 1}, {"from": 1, "to": 5}, {"from": 5}], [{"from": -7, "key": "a"}]))
        )
        field = draw(_one(("build.number", "ratio")))
        return {"range": {"field": field, "ranges": ranges, "keyed": draw(st.booleans())}}
    if kind == "date_range":
        ranges = draw(
            _one(
                (
                    [{"to": "2016-01-01"}, {"from": "2016-01-01"}],
                    [
                        {"from": "now-10y/d", "key": "recent"},
                        {"from": "2015-03", "to": "2017-03||+1M/M"},
                    ],
                )
            )
        )
        body = {"field": "build.date", "ranges": ranges, "keyed": draw(st.booleans())}
        if draw(st.booleans()):
            body["format"], end = draw(
                _one((("yyyy-MM-dd", "now"), ("yyyy-MM", "2016-03||/y"), ("yyyy", "2016")))
            )
            body["ranges"] = [{"to": end}]
        return {"date_range": body}
    if kind == "histogram":
        return {"histogram": draw(_histogram())}
    if kind == "composite":
        return {"composite": draw(_composite())}
    if kind == "global":
        return {"global": {}}
    return {"date_histogram": draw(_date_histogram())}


@st.composite
def _histogram(draw: st.DrawFn) -> Json:
    body: Json = {"field": "build.number", "interval": draw(_one((2, 5.0))), "min_doc_count": 1}
    if draw(st.booleans()):
        body["offset"] = 1
    if draw(st.booleans()):
        body[draw(_one(("hard_bounds", "extended_bounds")))] = {"min": -10, "max": 20}
        body["keyed"] = draw(st.booleans())
        if "hard_bounds" in body:
            body["min_doc_count"] = draw(_one((0, 1)))
    return body


@st.composite
def _date_histogram(draw: st.DrawFn) -> Json:
    name, value = draw(
        _one(
            (
                ("calendar_interval", "month"),
                ("calendar_interval", "1y"),
                ("calendar_interval", "quarter"),
                ("calendar_interval", "week"),
                ("fixed_interval", "30d"),
                ("fixed_interval", "240h"),
                ("interval", "day"),
                ("interval", "1M"),
                ("interval", "90d"),
            )
        )
    )
    body: Json = {"field": "build.date", name: value}
    if draw(st.booleans()):
        body["min_doc_count"] = draw(_one((1, 3)))
    if draw(st.booleans()):
        zones = ("+02:00", "UTC", "Europe/Berlin", "America/Los_Angeles")
        is_fixed = value in ("30d", "240h", "90d")
        body["time_zone"] = draw(_one(zones[:2] if is_fixed else zones))
    if draw(st.integers(0, 2)) == 0:
        body["format"] = draw(
            _one(("yyyy-MM", "yyyy-MM-dd", "epoch_millis", "yyyy-MM-dd'T'HH:mm:ss"))
        )
    if draw(st.integers(0, 2)) == 0:
        body["order"] = draw(_one(({"_time": "desc"}, {"_count": "desc"}, {"_key": "asc"})))
    if draw(st.integers(0, 3)) == 0:
        body["offset"] = draw(_one(("+6h", "-1d")))
    if draw(st.integers(0, 3)) == 0:
        body["keyed"] = True
    return body


@st.composite
def _composite(draw: st.DrawFn) -> Json:
    choices: list[Json] = [
        {"terms": {"field": "product"}},
        {"terms": {"field": "target.version", "order": "desc"}},
        {"terms": {"field": "build.number", "missing_bucket": True}},
        {"histogram": {"field": "build.number", "interval": 5}},
        {"date_histogram": {"field": "build.date", "calendar_interval": "year"}},
    ]
    chosen = draw(st.lists(_one(choices), min_size=1, max_size=2))
    sources = [{f"s{number}": source} for number, source in enumerate(chosen)]
    return {"sources": sources, "size": draw(_one((2, 10, 1000)))}


@st.composite
def _aggregation(draw: st.DrawFn, depth: int, *, at_top: bool) -> Json:
    if depth == 0 or draw(st.integers(0, 2)) == 0:
        return draw(_metric())
    below: Json = {}
    if depth > 1 and draw(st.booleans()):
        below = draw(_aggregations(depth - 1))
    orders = [
        name
        for name, body in below.items()
        if {"min", "max", "sum", "avg", "cardinality"} & body.keys() and "." not in name
    ]
    bucket = draw(_bucket(orders, at_top=at_top))
    if draw(st.integers(0, 5)) == 0:
        bucket["meta"] = {"why": "asked"}
    return bucket | ({"aggs": below} if below else {})


@st.composite
def _aggregations(draw: st.DrawFn, depth: int, *, at_top: bool = False) -> Json:
    names = draw(st.lists(_one(("one", "by.dots", "three")), min_size=1, max_size=2, unique=True))
    return {name: draw(_aggregation(depth, at_top=at_top)) for name in names}


@st.composite
def requests(draw: st.DrawFn) -> Json:
    """Draw a whole request whose answer has no ties, or whose hits are many or none."""
    body: Json = {}
    if draw(st.integers(0, 9)):
        body["query"] = draw(queries)
    if draw(st.booleans()):
        body["sort"] = draw(_sort())
        body["size"] = draw(_one((1, 10, 50)))
        if draw(st.integers(0, 3)) == 0:
            body["from"] = draw(_one((1, 20)))
        extra = draw(st.integers(0, 5))
        if extra == 0:
            body["collapse"] = {"field": draw(_one(("last_modified", "id", "product")))}
            if draw(st.booleans()):
                inner: Json = {"name": "others", "size": 2, "sort": [{"id": "desc"}]}
                body["collapse"]["inner_hits"] = inner
        elif extra == 1:
            body.pop("from", None)
            body["sort"] = [{"product": draw(directions)}, {"id": draw(directions)}]
            number = draw(st.integers(0, 1500))
            body["search_after"] = [draw(_one((*PRODUCTS, None))), f"r{number:05}"]
        elif extra == 2:
            body.pop("from", None)
            order = draw(directions)
            body["sort"] = [{"build.date": order}, {"ratio": order}, {"id": "asc"}]
            last = draw(_one((1_450_000_000_000, 2**63 - 1, -(2**63))))
            body["search_after"] = [last, draw(_one((0.5, 1, "Infinity"))), "r00100"]
        if draw(st.integers(0, 5)) == 0:
            body["version"] = True
    else:
        body["size"] = draw(_one((0, 10_000)))
    if draw(st.integers(0, 2)) == 0:
        body["post_filter"] = draw(queries)
    if draw(st.booleans()):
        body[draw(_one(("aggs", "aggregations")))] = draw(
            _aggregations(draw(st.integers(1, 4)), at_top=True)
        )
    body["_source"] = draw(
        _one(
            (
                False,
                True,
                ["target.*"],
                "build.id",
                {"excludes": ["target", "*.date"]},
                {"includes": ["build", "notes"], "excludes": ["build.id"]},
            )
        )
    )
    if body["size"] == 10_000:
        body["_source"] = False
    # Elasticsearch returns fields that the request asks for with every top_hits in it, too.
    if draw(st.integers(0, 3)) == 0 and "top_hits" not in str(body):
        body["fields"] = draw(_one((["target.*"], ["build.date", "product"], ["build.number"])))
        body["fields"] = body["fields"] if body["size"] < 100 else []
    body["track_total_hits"] = draw(_one((True, True, 100, False)))
    return body
