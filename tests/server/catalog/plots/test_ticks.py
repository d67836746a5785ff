"""Round numbers and dates for the axes of plots."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.catalog.plots.ticks import date_ticks, round_ticks, tick_text, time_share


@pytest.mark.parametrize(
    ("most", "count", "ticks"),
    [
        pytest.param(0, 3, (0, 1), id="nothing"),
        pytest.param(1, 3, (0, 0.5, 1), id="one"),
        pytest.param(7, 3, (0, 5, 10), id="above-the-greatest"),
        pytest.param(10, 3, (0, 5, 10), id="at-the-greatest"),
        pytest.param(1234, 3, (0, 500, 1000, 1500), id="thousands"),
        pytest.param(86.2, 4, (0, 50, 100), id="megabytes"),
        pytest.param(300_000, 3, (0, 100_000, 200_000, 300_000), id="exactly-three"),
    ],
)
def test_ticks_are_round_numbers(most: float, count: int, ticks: tuple[float, ...]) -> None:
    assert round_ticks(most, count) == ticks


@given(st.floats(1e-6, 1e12), st.integers(1, 10))
def test_ticks_reach_the_greatest_value_in_few_steps(most: float, count: int) -> None:
    ticks = round_ticks(most, count)
    assert ticks[0] == 0
    assert ticks[-1] >= most * (1 - 1e-6)
    assert 2 <= len(ticks) <= count + 1


@pytest.mark.parametrize(("value", "text"), [(1500, "1,500"), (2.5, "2.5"), (0.1 * 3, "0.3")])
def test_numbers_are_written_for_people(value: float, text: str) -> None:
    assert tick_text(value) == text


@pytest.mark.parametrize(
    ("first", "last", "names"),
    [
        pytest.param("2017-05-20", "2017-07-03", ["Jun 2017", "Jul 2017"], id="months"),
        pytest.param("2016-01-01", "2016-08-03", ["Jan 2016", "Mar 2016", "May 2016", "Jul 2016"],
                     id="every-second-month"),
        pytest.param("2014-06-01", "2018-06-01", ["2015", "2016", "2017", "2018"], id="years"),
        pytest.param("2004-10-27", "2024-05-31", ["2005", "2010", "2015", "2020"], id="lustra"),
        pytest.param("2017-05-20", "2017-05-30", ["20 May 2017", "30 May 2017"], id="days"),
        pytest.param("2017-05-20", "2017-05-20", ["20 May 2017"], id="one-day"),
    ],
)  # fmt: skip
def test_dates_are_first_days_of_months_or_years(first: str, last: str, names: list[str]) -> None:
    ticks = date_ticks(date.fromisoformat(first), date.fromisoformat(last))
    assert [name for _, name in ticks] == names


@given(st.dates(), st.dates() | st.integers(0, 10_000))
def test_dates_are_few_and_inside(first: date, other: date | int) -> None:
    if isinstance(other, int):
        other = date.fromordinal(min(first.toordinal() + other, date.max.toordinal()))
    first, last = sorted([first, other])
    ticks = date_ticks(first, last)
    assert len(ticks) <= 7
    assert all(first <= day <= last and 0 <= time_share(day, first, last) <= 1 for day, _ in ticks)
