"""Values as people read them."""

from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.catalog.pages.texts import (
    readable_day,
    readable_moment,
    readable_size,
    web_address,
)


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.00 kB"),
        (86_180_614, "86.2 MB"),
        (99_949_999, "99.9 MB"),
        (99_950_000, "100 MB"),
        (999_499_999, "999 MB"),
        (999_500_000, "1.00 GB"),
        (10**18, "1,000,000 TB"),
        (None, ""),
        (-1, ""),
        ("86", ""),
    ],
)
def test_a_size_has_three_digits(size_bytes: object, text: str) -> None:
    assert readable_size(size_bytes) == text


@pytest.mark.parametrize(
    ("moment", "day", "exact"),
    [
        ("2016-10-28T00:56:42Z", "28 Oct 2016", "2016-10-28 00:56:42 UTC"),
        ("2016-10-28T00:56:42+02:00", "27 Oct 2016", "2016-10-27 22:56:42 UTC"),
        ("2017-06-01", "1 Jun 2017", "2017-06-01 00:00:00 UTC"),
        ("yesterday", "yesterday", "yesterday"),
        ("0001-01-01T00:00:00+01:00",) * 3,
        (None, "", ""),
    ],
)
def test_a_moment_is_shown_in_utc(moment: object, day: str, exact: str) -> None:
    assert (readable_day(moment), readable_moment(moment)) == (day, exact)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_shown_moment_is_the_moment(moment: datetime) -> None:
    shown = readable_moment(moment.isoformat())
    assert datetime.fromisoformat(shown.replace(" UTC", "Z")) == moment.replace(microsecond=0)


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://archive.mozilla.org/pub/a b.exe", "https://archive.mozilla.org/pub/a%20b.exe"),
        ("HTTP://archive.mozilla.org/", "HTTP://archive.mozilla.org/"),
        ("javascript:alert(1)", ""),
        (" javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,<script>", ""),
        ("//archive.mozilla.org/", ""),
        ("http://[", ""),
        ("https:evil.example", ""),
        ("https:/evil.example", ""),
        ("http:\\\\evil.example\\x", ""),
        ("https://", ""),
        ("https:///path", ""),
        ("https://@/path", ""),
        ("\x01https://archive.mozilla.org/", ""),
        (" https://archive.mozilla.org/", ""),
        ("h\nttps://archive.mozilla.org/", ""),
        (None, ""),
    ],
)
def test_only_web_addresses_are_linked(url: object, linked: str) -> None:
    assert web_address(url) == linked


@pytest.mark.parametrize(
    ("path", "encoded"),
    [
        ("Firefox Setup 53.0.exe", "Firefox%20Setup%2053.0.exe"),
        ("Firefox%20Setup.exe?a=b&c#d", "Firefox%20Setup.exe?a=b&c#d"),
        ('100%/é"<>\r\n', "100%25/%C3%A9%22%3C%3E%0D%0A"),
        ("\ud800", "?"),
    ],
)
def test_an_address_is_encoded_for_clients(path: str, encoded: str) -> None:
    assert web_address(f"https://archive.mozilla.org/{path}").endswith(f".org/{encoded}")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_an_encoded_address_is_plain_and_stays(path: str) -> None:
    url = f"https://archive.mozilla.org/{path}"
    encoded = web_address(url)
    assert encoded.isascii()
    assert not set(encoded) & set(' "<>\\^`{|}\r\n\t\x00\x7f')
    assert web_address(encoded) == encoded
    assert unquote(encoded) == unquote(url)
