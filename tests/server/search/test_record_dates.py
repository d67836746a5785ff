"""Dates of records, of which an index reads two for each."""

from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.dates import UTC, _parse_any, record_date

two_digits = st.sampled_from(
    ["00", "01", "02", "12", "13", "23", "24", "28", "29", "31", "59", "60"]
)
years = st.sampled_from(["0000", "0001", "1900", "2000", "2016", "2017", "9999"])
usual = st.tuples(years, *[two_digits] * 5).map("{0[0]}-{0[1]}-{0[2]}T{0[3]}:{0[4]}:{0[5]}Z".format)
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


@given(usual | others)
def test_the_usual_form_is_read_as_any_other(text):
    try:
        expected = _parse_any(text, "strict_date_optional_time||epoch_millis", UTC, False, "")
    except BadQuery:
        expected = None
    assert record_date(text) == expected
