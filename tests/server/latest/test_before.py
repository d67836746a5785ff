"""``?before=``: a day, a moment or a build ID."""

import pytest
from kinto_buildhub.latest.before import parse_before, read_before
from kinto_buildhub.latest.errors import BadParameter


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("2017-06-01", "2017-06-01T00:00:00+00:00", id="day"),
        pytest.param("2017-06-01T12:30:00Z", "2017-06-01T12:30:00+00:00", id="moment"),
        pytest.param("2017-06-01t12:30:00z", "2017-06-01T12:30:00+00:00", id="lower-case"),
        pytest.param("2017-06-01T01:30:00+02:00", "2017-05-31T23:30:00+00:00", id="other-zone"),
        pytest.param("2017-06-01T12:30:00.5Z", "2017-06-01T12:30:00.500000+00:00", id="fraction"),
        pytest.param("20170601030204", "2017-06-01T03:02:04+00:00", id="build-id"),
    ],
)
def test_a_moment_is_read_in_utc(text: str, moment: str) -> None:
    assert parse_before(text).isoformat() == moment


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "2017", "2017-06", "2017-02-30", "20170601", "1496275200000"),
        *("99999999999999", "20170230000000"),
        *("2017-06-01T12:30:00", "2017-06-01 12:30:00Z", "2017-06-01T25:00:00Z"),
        *("2017-06-01T01:30:00 02:00", "0001-01-01T00:00:00+01:00", "٢٠١٧-٠٦-٠١", "2017-06-01\n"),
    ],
)
def test_what_is_no_moment_is_refused_with_what_would_do(text: str) -> None:
    with pytest.raises(BadParameter, match="expected a day as 2017-06-01") as caught:
        parse_before(text)
    assert caught.value.name == "before"
    assert repr(text) in str(caught.value)


def test_other_parameters_are_refused_by_name() -> None:
    assert read_before({}) is None
    with pytest.raises(BadParameter, match="before is the only one") as caught:
        read_before({"befor": "2017-06-01"})
    assert caught.value.name == "befor"
