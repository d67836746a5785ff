"""From bytes to lines and chunks, however they are cut and packed."""

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.bulk.body import iter_blocks, iter_chunks, iter_lines
from pyramid.httpexceptions import (
    HTTPBadRequest,
    HTTPRequestEntityTooLarge,
    HTTPServiceUnavailable,
)

LIMITS = {"max_bytes": 1000, "timeout_seconds": 60.0}

bodies = st.lists(st.sampled_from([b"a", b"bb", b"\n", b"\r\n", b" ", b"{}", b"\xff"])).map(
    b"".join
)


class Dribble(io.RawIOBase):
    """A body that comes in pieces of its own choice."""

    def __init__(self, body: bytes, sizes: list[int]) -> None:
        self._body, self._sizes = io.BytesIO(body), iter(sizes)

    def read(self, size: int = -1) -> bytes:
        return self._body.read(min(next(self._sizes, size), size))


class Broken(io.RawIOBase):
    def read(self, size: int = -1) -> bytes:
        raise ConnectionResetError("by peer")


@given(body=bodies, sizes=st.lists(st.integers(1, 5)), is_gzip=st.booleans())
def test_any_cutting_of_a_body_gives_the_same_lines(body, sizes, is_gzip):
    sent = gzip.compress(body) if is_gzip else body
    blocks = iter_blocks(Dribble(sent, sizes), is_gzip=is_gzip, **LIMITS)
    expected = [line for line in body.split(b"\n") if line.strip()]
    assert list(iter_lines(blocks, max_line_bytes=100, max_lines=1000)) == expected


@given(body=bodies, sizes=st.lists(st.integers(1, 5)), limit=st.integers(1, 4))
def test_a_line_over_the_limit_is_marked_and_no_other_is(body, sizes, limit):
    blocks = iter_blocks(Dribble(body, sizes), is_gzip=False, **LIMITS)
    found = list(iter_lines(blocks, max_line_bytes=limit, max_lines=1000))
    lines = body.split(b"\n")
    assert found == [
        line if len(line) <= limit else None for line in lines if line.strip() or len(line) > limit
    ]


@given(
    lines=st.lists(st.binary(min_size=1, max_size=5) | st.none()),
    size=st.integers(1, 4),
    size_bytes=st.integers(1, 9),
)
def test_chunks_hold_all_lines_and_stay_small(lines, size, size_bytes):
    chunks = list(iter_chunks(iter(lines), size=size, size_bytes=size_bytes))
    assert [line for chunk in chunks for line in chunk] == lines
    for chunk in chunks:
        assert 1 <= len(chunk) <= size
        assert sum(len(line or b"") for line in chunk[:-1]) < size_bytes


def test_a_line_without_an_end_takes_no_memory():
    blocks = (b"x" * 1000 for _ in range(1000))
    held = []
    for line in iter_lines(blocks, max_line_bytes=10, max_lines=1000):
        held.append(line)
    assert held == [None]


def test_a_bomb_is_let_off_in_small_pieces():
    bomb = gzip.compress(b"0" * 10_000_000)
    sizes = [
        len(block)
        for block in iter_blocks(io.BytesIO(bomb), is_gzip=True, **LIMITS | {"max_bytes": 2**30})
    ]
    assert max(sizes) <= 16_384
    assert sum(sizes) == 10_000_000


BROKEN = [
    pytest.param(b"no gzip", "is not gzip", id="no-gzip"),
    pytest.param(gzip.compress(b"x" * 99)[:-9], "in the middle of its gzip data", id="cut"),
    pytest.param(gzip.compress(b"x")[:5], "in the middle of its gzip data", id="cut-header"),
    pytest.param(gzip.compress(b"x") + b"more", "is not gzip", id="rest"),
    pytest.param(gzip.compress(b"x")[:-8] + bytes(8), "is not gzip", id="wrong-checksum"),
]


@pytest.mark.parametrize(("body", "message"), BROKEN)
def test_broken_gzip_is_told(body, message):
    with pytest.raises(HTTPBadRequest) as raised:
        list(iter_blocks(io.BytesIO(body), is_gzip=True, **LIMITS))
    assert message in raised.value.json["message"]


def test_a_connection_that_breaks_is_told():
    with pytest.raises(HTTPBadRequest) as raised:
        list(iter_blocks(Broken(), is_gzip=False, **LIMITS))
    assert raised.value.json["message"] == "The body breaks off after 0 bytes (by peer)."


def test_the_limit_counts_decompressed_bytes():
    body = gzip.compress(b"x" * 1001)
    with pytest.raises(HTTPRequestEntityTooLarge):
        list(iter_blocks(io.BytesIO(body), is_gzip=True, **LIMITS))
    assert list(iter_blocks(io.BytesIO(body), is_gzip=True, **LIMITS | {"max_bytes": 1001}))


@pytest.mark.parametrize("line", [b"1\n", b"\n", b" \r\n"], ids=["short", "blank", "space"])
def test_lines_are_counted_whatever_they_hold(line):
    blocks = iter([line * 50] * 3)
    assert len(list(iter_lines(blocks, max_line_bytes=10, max_lines=150))) <= 150
    with pytest.raises(HTTPRequestEntityTooLarge) as raised:
        list(iter_lines(iter([line * 50] * 3), max_line_bytes=10, max_lines=149))
    assert "more than 149 lines (kinto.bulk.max_lines)" in raised.value.json["message"]


@pytest.mark.parametrize("part", [b"1\n", b""], ids=["lines", "empty-gzip-members"])
def test_time_is_over_at_any_block(part):
    seconds = iter(range(1000))
    body = io.BytesIO(gzip.compress(part) * 100)
    with pytest.raises(HTTPServiceUnavailable) as raised:
        list(
            iter_blocks(
                body,
                is_gzip=True,
                max_bytes=1000,
                timeout_seconds=20.0,
                clock=lambda: float(next(seconds)),
            )
        )
    assert "longer than 20 s (kinto.bulk.timeout_seconds)" in raised.value.json["message"]
