"""Which requests are answered with compressed content."""

import pytest
from kinto_buildhub.catalog.compression import accepts_gzip
from pyramid.request import Request


@pytest.mark.parametrize(
    ("headers", "is_accepted"),
    [
        ({"Accept-Encoding": "gzip"}, True),
        ({"Accept-Encoding": "gzip, deflate, br, zstd"}, True),
        ({"Accept-Encoding": "br, gzip;q=0.5"}, True),
        ({"Accept-Encoding": "*"}, True),
        ({"Accept-Encoding": "gzip;q=0"}, False),
        ({"Accept-Encoding": "identity"}, False),
        ({"Accept-Encoding": ""}, False),
        ({}, False),
    ],
)
def test_gzip_is_sent_to_those_who_ask_for_it(headers: dict[str, str], is_accepted: bool) -> None:
    assert accepts_gzip(Request.blank("/", headers=headers)) is is_accepted
