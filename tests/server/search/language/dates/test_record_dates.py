"""Dates of records: an index reads two in each record."""

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.dates import record_date
from kinto_buildhub.search.language.dates.formats import DEFAULT_FORMAT, parse_formatted

two_digits = st.sampled_from(
    ["00", "01", "02", "12", "13", "23", "24", "28", "29", "31", "59", "60"]
)
years = st.sampled_from(["0000", "0001", "1900", "2000", "2016", "2017", "9999"])
dates = "{0[0]}-{0[1]}-{0[2]}T{0[3]}:{0[4]}:{0[5]}Z"
common = st.tuples(years, *[two_digits] * 5).map(dates.format)
others = st.sampled_from(
    [
        "2016-W01-1T01:01:01Z",
        "20160101T01:01:01.1Z",
        "2016-01-01 01:01:01Z",
        "2016-01-01T01:01:01+",
        "2016-01-01T01:01:01z",
        "٢٠١٦-01-01T01:01:01Z",
        "2016-01-01T01:01:01Z\n",
    ]
)


@given(common | others)
def test_the_common_form_is_read_as_any_other(text):
    try:
        expected = parse_formatted(text, DEFAULT_FORMAT, UTC, round_up=False, path="")
    except BadQuery:
        expected = None
    assert record_date(text) == expected
