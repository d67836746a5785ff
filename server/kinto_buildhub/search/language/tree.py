"""A validated search request, as a tree of small values.

Names and meanings are Elasticsearch's. Older spellings do not occur here, only what a current
Elasticsearch accepts. Values in queries are those of the request (text, number, true or false); an
engine compares them as the field's type demands.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

Scalar = str | int | float | bool
Direction = Literal["asc", "desc"]
SortMode = Literal["min", "max", "avg", "sum", "median"]
ZeroTerms = Literal["none", "all"]
MatchType = Literal[
    "best_fields", "most_fields", "cross_fields", "phrase", "phrase_prefix", "bool_prefix"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which records match, and their scores.

    Attributes:
        boost: the factor of the score.
        name: the ``_name`` that hits show in ``matched_queries``.
        path: where it was in the request, for messages; equality ignores it.
    """

    boost: float = 1.0
    name: str | None = None
    path: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchAll(Query):
    """Every record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchNone(Query):
    """No record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term(Query):
    """A field holds exactly this value."""

    field: str
    value: Scalar
    case_insensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms(Query):
    """A field holds one of these values. An empty tuple matches no record."""

    field: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range(Query):
    """A field holds a value between bounds; None is an open end.

    Bounds of dates are text with date math, or milliseconds. ``format`` says how text is read
    (``||`` separates several); ``time_zone`` is an offset or a name, for text without one.
    """

    field: str
    gt: Scalar | None = None
    gte: Scalar | None = None
    lt: Scalar | None = None
    lte: Scalar | None = None
    format: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exists(Query):
    """A field, or any field below it, holds a value."""

    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids(Query):
    """The record has one of these IDs."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix(Query):
    """A field holds text with this prefix."""

    field: str
    value: str
    case_insensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wildcard(Query):
    r"""A field holds text that matches: ``*`` any text, ``?`` one character, ``\`` escapes."""

    field: str
    value: str
    case_insensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Regexp(Query):
    """A field holds text that matches this Lucene expression as a whole."""

    field: str
    value: str
    flags: str = "ALL"
    case_insensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fuzzy(Query):
    """A field holds text within a few edits of this one."""

    field: str
    value: str
    fuzziness: str = "AUTO"
    prefix_length: int = 0
    transpositions: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Bool(Query):
    """All of ``must`` and ``filter``, none of ``must_not``, enough of ``should``.

    ``minimum_should_match`` is as in the request (``2``, ``"75%"``, ``"2<-25%"``); None is the
    default: 1 if there are only ``should`` and ``must_not`` clauses, else 0.
    """

    must: tuple[Query, ...] = ()
    filter: tuple[Query, ...] = ()
    should: tuple[Query, ...] = ()
    must_not: tuple[Query, ...] = ()
    minimum_should_match: str | int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisMax(Query):
    """Any of these; the score is the best one's, plus the others' times ``tie_breaker``."""

    queries: tuple[Query, ...]
    tie_breaker: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantScore(Query):
    """What the filter matches, with the score ``boost``."""

    filter: Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Boosting(Query):
    """What ``positive`` matches, with a lower score if ``negative`` matches, too."""

    positive: Query
    negative: Query
    negative_boost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Match(Query):
    """A field holds the words of this text, or the whole text if it is not analyzed.

    ``prefix``: the last word is a prefix.
    """

    field: str
    query: Scalar
    operator: Literal["or", "and"] = "or"
    minimum_should_match: str | int | None = None
    fuzziness: str | None = None
    lenient: bool = False
    zero_terms_query: ZeroTerms = "none"
    prefix: bool = False
    prefix_length: int = 0
    transpositions: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchPhrase(Query):
    """A field holds these words in this order; ``prefix``: the last word is a prefix."""

    field: str
    query: Scalar
    slop: int = 0
    prefix: bool = False
    zero_terms_query: ZeroTerms = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiMatch(Query):
    """A match on several fields: ``(pattern, boost)`` each; empty means all fields."""

    query: Scalar
    fields: tuple[tuple[str, float], ...] = ()
    type: MatchType = "best_fields"
    operator: Literal["or", "and"] = "or"
    minimum_should_match: str | int | None = None
    fuzziness: str | None = None
    tie_breaker: float | None = None
    lenient: bool = False
    slop: int = 0
    zero_terms_query: ZeroTerms = "none"
    prefix_length: int = 0
    transpositions: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossFields(Query):
    """Each word of this text in any of the fields, which are analyzed: ``(name, boost)`` each."""

    query: Scalar
    fields: tuple[tuple[str, float], ...]
    operator: Literal["or", "and"] = "or"
    minimum_should_match: str | int | None = None
    zero_terms_query: ZeroTerms = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryString(Query):
    """Lucene's syntax. Fields as in `MultiMatch`."""

    query: str
    fields: tuple[tuple[str, float], ...] = ()
    default_operator: Literal["or", "and"] = "or"
    lenient: bool | None = None
    analyze_wildcard: bool = False
    allow_leading_wildcard: bool = True
    minimum_should_match: str | int | None = None
    phrase_slop: int = 0
    tie_breaker: float | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleQueryString(Query):
    """The simple syntax, without syntax errors. ``flags`` as in Elasticsearch."""

    query: str
    fields: tuple[tuple[str, float], ...] = ()
    default_operator: Literal["or", "and"] = "or"
    flags: str = "ALL"
    lenient: bool | None = None
    analyze_wildcard: bool = False
    minimum_should_match: str | int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SortKey:
    """One key to sort by: a field's name, ``_score`` or ``_doc``.

    ``missing`` is ``_first``, ``_last`` or a value to use instead; ``mode`` chooses among several
    values of a record (None: ``min`` ascending, ``max`` descending). ``unmapped`` is the type of a
    field that is not in the mapping; None refuses such fields.
    """

    field: str
    order: Direction = "asc"
    missing: Scalar = "_last"
    mode: SortMode | None = None
    unmapped: str | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFilter:
    """Which parts of the record an answer contains. Patterns are dotted paths with ``*``."""

    enabled: bool = True
    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchField:
    """A field to return as a list of values. The name may contain ``*``.

    Attributes:
        include_unmapped: also what the record has and the mapping does not.
    """

    field: str
    format: str | None = None
    include_unmapped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HighlightField:
    """How one field's matches are highlighted."""

    field: str
    pre_tags: tuple[str, ...] = ("<em>",)
    post_tags: tuple[str, ...] = ("</em>",)
    fragment_size: int = 100
    number_of_fragments: int = 5
    require_field_match: bool = True
    is_html: bool = False
    query: Query | None = None
    no_match_size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Collapse:
    """Only the best hit for each value of a field. ``inner_hits``: ``(name, hits)`` each."""

    field: str
    inner_hits: "tuple[tuple[str, HitOptions], ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HitOptions:
    """Which hits, in which order, and what of each."""

    size: int = 10
    from_: int = 0
    sort: tuple[SortKey, ...] = ()
    source: SourceFilter = SourceFilter()
    fields: tuple[FetchField, ...] = ()
    docvalue_fields: tuple[FetchField, ...] = ()
    highlight: tuple[HighlightField, ...] = ()
    track_scores: bool = False
    version: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation:
    """A summary of all matching records; ``aggs`` are those of each of its buckets."""

    aggs: "tuple[tuple[str, Aggregation], ...]" = ()
    meta: dict[str, Any] | None = None
    path: str = field(default="", compare=False, repr=False)


NamedAggregations = tuple[tuple[str, Aggregation], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketOrder:
    """``_key``, ``_count``, or a sub-aggregation's value by its path (``a>b.max``)."""

    by: str
    order: Direction = "desc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """One of *count* parts of about the same number of values, by their hashes; from 0."""

    number: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsAgg(Aggregation):
    """A bucket for each value of a field.

    ``include`` and ``exclude`` are a Lucene expression or a tuple of values; ``include`` may be a
    partition. ``order`` ends in an order by key, so that no two buckets tie.
    """

    field: str
    size: int = 10
    order: tuple[BucketOrder, ...] = (BucketOrder(by="_count"), BucketOrder(by="_key", order="asc"))
    min_doc_count: int = 1
    include: str | tuple[Scalar, ...] | Partition | None = None
    exclude: str | tuple[Scalar, ...] | None = None
    missing: Scalar | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterAgg(Aggregation):
    """One bucket: what matches."""

    filter: Query


@dataclass(frozen=True, slots=True, kw_only=True)
class FiltersAgg(Aggregation):
    """A bucket for each filter. ``keyed``: by name; else in order. ``named``: they have names."""

    filters: tuple[tuple[str, Query], ...]
    keyed: bool = True
    named: bool = True
    other_bucket_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalAgg(Aggregation):
    """One bucket: all records, whatever the query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingAgg(Aggregation):
    """One bucket: the records without a value in the field.

    Attributes:
        missing: stands for a value that is missing, so that there is no such record.
    """

    field: str
    missing: Scalar | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeBucket:
    """From (inclusive) to (exclusive); None is an open end."""

    key: str | None = None
    from_: Scalar | None = None
    to: Scalar | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeAgg(Aggregation):
    """A bucket for each range of numbers; on a field of dates, of dates."""

    field: str
    ranges: tuple[RangeBucket, ...]
    format: str | None = None
    keyed: bool = False
    missing: Scalar | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRangeAgg(Aggregation):
    """A bucket for each range of dates, which may use date math."""

    field: str
    ranges: tuple[RangeBucket, ...]
    format: str | None = None
    time_zone: str | None = None
    keyed: bool = False
    missing: Scalar | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistogramAgg(Aggregation):
    """A bucket for each interval of numbers. Bounds are ``(min, max)``."""

    field: str
    interval: float
    format: str | None = None
    offset: float = 0.0
    min_doc_count: int = 0
    keyed: bool = False
    order: tuple[BucketOrder, ...] = (BucketOrder(by="_key", order="asc"),)
    missing: Scalar | None = None
    extended_bounds: tuple[float | None, float | None] | None = None
    hard_bounds: tuple[float | None, float | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DateHistogramAgg(Aggregation):
    """A bucket for each interval of time; one of the intervals is given.

    ``calendar_interval`` is one of minute, hour, day, week, month, quarter, year;
    ``fixed_interval`` a text such as ``12h``; ``offset`` such as ``-6h``.
    """

    field: str
    calendar_interval: str | None = None
    fixed_interval: str | None = None
    time_zone: str | None = None
    offset: str | None = None
    format: str | None = None
    min_doc_count: int = 0
    keyed: bool = False
    order: tuple[BucketOrder, ...] = (BucketOrder(by="_key", order="asc"),)
    missing: Scalar | None = None
    extended_bounds: tuple[Scalar | None, Scalar | None] | None = None
    hard_bounds: tuple[Scalar | None, Scalar | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeSource:
    """One part of a composite key."""

    name: str
    source: TermsAgg | HistogramAgg | DateHistogramAgg
    order: Direction = "asc"
    missing_bucket: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeAgg(Aggregation):
    """A bucket for each combination, paged by ``after``: ``(source name, value)`` each."""

    sources: tuple[CompositeSource, ...]
    size: int = 10
    after: tuple[tuple[str, Scalar | None], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricAgg(Aggregation):
    """A number, or several, over a field's values."""

    kind: Literal["min", "max", "sum", "avg", "value_count", "stats", "extended_stats"]
    field: str
    missing: Scalar | None = None
    sigma: float = 2.0
    format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardinalityAgg(Aggregation):
    """The number of different values."""

    field: str
    missing: Scalar | None = None
    precision_threshold: int = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentilesAgg(Aggregation):
    """The values below which shares of the records lie."""

    field: str
    percents: tuple[float, ...] = (1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0)
    keyed: bool = True
    missing: Scalar | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopHitsAgg(Aggregation):
    """The best records of the bucket."""

    hits: HitOptions = HitOptions(size=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """A whole request.

    Attributes:
        track_total_hits: True: count all; False: count none; a number: count up to it.
        suggest: ``(name, text)`` of each suggester. The answer has no suggestions for it.
        point_in_time: the ID of a point in time, whose searches are sorted without ties.
        keep_alive_seconds: how long it is kept from now on; None: as before.
        reader_id: of the reader of the index; None: the index as it is.
        typed_keys: aggregation names in the answer contain their type, as ``sterms#name``.
    """

    query: Query = MatchAll()
    hits: HitOptions = HitOptions()
    aggs: NamedAggregations = ()
    post_filter: Query | None = None
    search_after: tuple[Scalar | None, ...] | None = None
    collapse: Collapse | None = None
    min_score: float | None = None
    track_total_hits: bool | int = 10_000
    timeout_seconds: float | None = None
    suggest: tuple[tuple[str, str], ...] = ()
    point_in_time: str | None = None
    keep_alive_seconds: float | None = None
    reader_id: str | None = None
    typed_keys: bool = False
