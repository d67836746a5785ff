"""Which coding a request is answered in."""

import pytest
from kinto_buildhub.compression.accept_encoding import choose_coding

OFFERED = ("zstd", "gzip")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param(None, None, id="none"),
        pytest.param("", None, id="empty"),
        pytest.param("identity", None, id="identity"),
        pytest.param("br", None, id="unknown"),
        pytest.param("deflate, br", None, id="two-unknown"),
        pytest.param("gzip", "gzip", id="gzip"),
        pytest.param("GZip", "gzip", id="any-case"),
        pytest.param("x-gzip", "gzip", id="older-name"),
        pytest.param("zstd", "zstd", id="zstd"),
        pytest.param("gzip, deflate, br, zstd", "zstd", id="browser"),
        pytest.param("gzip, deflate", "gzip", id="python"),
        pytest.param("zstd;q=0.5, gzip", "gzip", id="gzip-preferred"),
        pytest.param("gzip;q=0.1", "gzip", id="gzip-a-little"),
        pytest.param("br, gzip;q=0.5", "gzip", id="unknown-preferred"),
        pytest.param("*", "gzip", id="anything"),
        pytest.param("*;q=0.5, zstd;q=0.2", "gzip", id="anything-but-rather"),
        pytest.param("gzip;q=0", None, id="not-gzip"),
        pytest.param("gzip;q=0, *", None, id="anything-but-gzip"),
        pytest.param("*;q=0", None, id="nothing"),
        pytest.param("identity;q=1, gzip;q=0.5", None, id="rather-as-it-is"),
        pytest.param("identity;q=0.5, gzip", "gzip", id="rather-gzip"),
        pytest.param("gzip;q=2", None, id="not-a-quality"),
        pytest.param("gzip;;", None, id="not-a-list"),
        pytest.param("gzip\x00", None, id="not-a-name"),
    ],
)
def test_the_coding_that_is_asked_for(header, expected):
    coding = choose_coding(header, OFFERED).coding
    assert (coding.name if coding else None) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("gzip", False),
        ("gzip, identity;q=0", True),
        ("gzip, *;q=0", True),
        ("identity;q=0.1, gzip, *;q=0", False),
        # Nothing that we have: as it is, after all.
        ("br, identity;q=0", False),
        ("*;q=0", False),
    ],
)
def test_whether_a_client_refuses_the_answer_as_it_is(header, expected):
    assert choose_coding(header, OFFERED).is_required == expected


@pytest.mark.parametrize(("offered", "expected"), [(("gzip",), "gzip"), (("gzip", "zstd"), "gzip")])
def test_the_server_decides_among_equals(offered, expected):
    coding = choose_coding("zstd, gzip", offered).coding
    assert coding is not None
    assert coding.name == expected
