"""The tests that do not pass yet, each with its reason. A row whose test passes must go."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExpectedFailures:
    """Tests that fail for one reason.

    Attributes:
        why: what our answer has or lacks.
        tests: as they are printed: file, colon, name.
    """

    why: str
    tests: tuple[str, ...]


_BOOL_PREFIX = "search/310_match_bool_prefix.yml: multi_match multiple fields"
_COLLAPSING = "search/110_field_collapsing.yml: field collapsing"
_EXISTS = "search/160_exists_query.yml: Test exists query on"
_FILTERS = "search.aggregation/220_filters_bucket.yml:"

ROWS = (
    ExpectedFailures(
        "a scroll has no state on the server: each ID goes on at its own page, also when cleared",
        (
            "scroll/10_basic.yml: Basic scroll",
            "scroll/10_basic.yml: Basic scroll with 1 shard",
            "scroll/10_basic.yml: Scroll with new response format",
            "scroll/11_clear.yml: Clear scroll",
            "scroll/11_clear.yml: Body params with array param override query string",
            "scroll/11_clear.yml: Body params with string param scroll id override query string",
        ),
    ),
    ExpectedFailures(
        "options that are wrong are accepted",
        (
            "mget/80_deprecated.yml: Deprecated parameters should fail in Multi Get query",
            "scroll/10_basic.yml: Scroll cannot used the request cache",
            "scroll/20_keep_alive.yml: Max keep alive",
            "search.aggregation/160_extended_stats_metric.yml: Bad sigma test",
            "search.aggregation/180_percentiles_tdigest_metric.yml: Invalid params test",
            f"{_FILTERS} Bad params",
            f"{_COLLAPSING} and search_after",
            "search/120_batch_reduce_size.yml: batched_reduce_size lower limit",
            f"{_BOOL_PREFIX} with slop throws exception",
            f"{_BOOL_PREFIX} with cutoff_frequency throws exception",
        ),
    ),
    ExpectedFailures(
        "`key` of `filters` and of percentiles that are not keyed",
        (
            "search.aggregation/180_percentiles_tdigest_metric.yml: Non-keyed test",
            f"{_FILTERS} Basic test",
            f"{_FILTERS} Anonymous filters test",
            f"{_FILTERS} Only aggs test",
            f"{_FILTERS} Filtered test",
        ),
    ),
    ExpectedFailures(
        "the list `_ignored` of a hit",
        (
            "search.highlight/40_keyword_ignore.yml: "
            "Plain Highligher should skip highlighting ignored keyword values",
            "search.highlight/40_keyword_ignore.yml: "
            "Unified Highligher should skip highlighting ignored keyword values",
            "search/330_fetch_fields.yml: Test ignore malformed",
        ),
    ),
    ExpectedFailures(
        "Elasticsearch's own fields are unmapped fields here",
        tuple(
            f"{_EXISTS} {name} field"
            for name in ("_type", "_routing", "_seq_no", "_source", "_version")
        ),
    ),
    ExpectedFailures(
        "`filter_path` with exclusions",
        (
            "search/70_response_filtering.yml: "
            "Search results filtered using both includes and excludes filters",
        ),
    ),
)

EXPECTED_FAILURES = {test: row.why for row in ROWS for test in row.tests}
