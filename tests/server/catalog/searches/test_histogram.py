"""The histogram: which bars are made of what was counted."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.catalog.search_state.state import SearchState
from kinto_buildhub.catalog.searches.histogram import (
    MAX_BARS,
    build_histogram,
    histogram_aggregation,
    read_histogram,
)

_DAYS = st.dates(date(1998, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("first", "last", "unit", "labels"),
    [
        ("2017-06-13", "2017-06-13", "day", ["13 June 2017"]),
        ("2017-12-31", "2018-01-01", "day", ["31 December 2017", "1 January 2018"]),
        ("2017-06-01", "2017-07-03", "week", ["week of 29 May 2017", "week of 3 July 2017"]),
        ("2017-01-31", "2017-12-01", "month", ["January 2017", "December 2017"]),
        ("2016-02-29", "2018-09-30", "quarter", ["quarter from January 2016", None]),
        ("2004-11-09", "2026-01-01", "year", ["2004", "2026"]),
    ],
)
def test_the_unit_is_the_smallest_that_needs_few_bars(
    first: str, last: str, unit: str, labels: list[str | None]
) -> None:
    counts = {date.fromisoformat(first): 1, date.fromisoformat(last): 2}
    histogram = build_histogram(SearchState(), counts)
    assert histogram.unit == unit
    assert histogram.bars[0].label == labels[0]
    assert labels[-1] in (histogram.bars[-1].label, None)


@given(st.dictionaries(_DAYS, st.integers(1, 10**6), min_size=1))
def test_every_build_is_in_one_bar_and_every_day_too(counts: dict[date, int]) -> None:
    histogram = build_histogram(SearchState(), counts)
    bars = histogram.bars
    assert len(bars) <= MAX_BARS or histogram.unit == "year"
    assert all(
        bar.count == sum(n for day, n in counts.items() if bar.first <= day <= bar.last)
        for bar in bars
    )
    assert bars[0].first <= min(counts)
    assert max(counts) <= bars[-1].last
    days = [bar.first for bar in bars] + [bars[-1].last + timedelta(days=1)]
    assert [bar.last + timedelta(days=1) for bar in bars] == days[1:]


def test_bars_at_the_edge_are_about_the_days_that_were_asked_for() -> None:
    state = SearchState(published_from=date(2017, 1, 20), published_until=date(2017, 8, 3))
    counts = {date(2017, 1, 20): 3, date(2017, 8, 2): 4}
    bars = build_histogram(state, counts).bars
    assert (bars[0].first, bars[-1].last) == (date(2017, 1, 20), date(2017, 8, 3))


def test_months_that_turn_out_to_be_few_are_counted_by_day() -> None:
    asked = []

    def ask_again(aggregation: dict[str, object]) -> dict[str, object]:
        asked.append(aggregation)
        return _answer({date(2017, 6, 1): 1, date(2017, 6, 13): 2})

    by_month = _answer({date(2017, 6, 1): 3})
    histogram = read_histogram(SearchState(), by_month, ask_again)
    assert (histogram.unit, len(histogram.bars)) == ("day", 13)
    few_days = SearchState(published_from=date(2017, 6, 1), published_until=date(2017, 6, 30))
    assert asked == [histogram_aggregation(few_days)]


def _answer(counts: dict[date, int]) -> dict[str, object]:
    epoch = date(1970, 1, 1)
    buckets = [
        {"key": (day - epoch).days * 86_400_000.0, "doc_count": count}
        for day, count in counts.items()
    ]
    return {"published": {"published": {"buckets": buckets}}}
