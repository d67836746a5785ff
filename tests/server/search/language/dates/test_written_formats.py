"""Dates as Java writes them."""

import pytest
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.dates import format_date, parse_date

SUM = 1_740_658_174_943_758


@pytest.mark.parametrize(
    ("milliseconds", "format_", "text"),
    [
        pytest.param(0, " yyyy-MM ", "1970-01", id="blanks-around"),
        pytest.param(0, "\x00uuuu || epoch_millis", "1970", id="blanks-around-alternatives"),
        pytest.param(SUM, None, "+57129-04-06T15:42:23.758Z", id="beyond-9999"),
        pytest.param(SUM, "yyyy y yyy uu E D", "+57129 57129 57129 29 Sat 96", id="letters"),
        pytest.param(-SUM, "uuuu yyyy y yy", "-53190 +53191 53191 91", id="before-0"),
        pytest.param(1e30, None, "+292278994-08-17T07:12:55.807Z", id="beyond-64-bits"),
        pytest.param(-1e30, None, "-292275055-05-16T16:47:04.192Z", id="below-64-bits"),
        pytest.param(SUM, "epoch_second", "1740658174943.758", id="seconds"),
        pytest.param(-1500, "epoch_second", "-1.5", id="seconds-before-1970"),
        pytest.param(2000, "epoch_second", "2", id="whole-seconds"),
    ],
)
def test_a_date_is_written(milliseconds: float, format_: str | None, text: str) -> None:
    assert format_date(milliseconds, format_) == text


@pytest.mark.parametrize("format_", ["", "  ", "\x00", "yyyy||", "||yyyy", "yyyy|| ||MM"])
def test_an_empty_format_is_refused(format_: str) -> None:
    with pytest.raises(BadQuery, match="expected a format of dates, got an empty"):
        format_date(0, format_)
    with pytest.raises(BadQuery, match="expected a format of dates, got an empty"):
        parse_date("1970", "at", format_=format_, now_ms=0)
