"""The chunked coding, however it is cut into pieces."""

from itertools import pairwise

import pytest
from gunicorn.http.errors import ParseException
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.run.chunked import ChunkedDecoder


def decode(pieces: list[bytes]) -> tuple[bytes, bool, bytes, bytes]:
    decoder = ChunkedDecoder()
    body = b""
    rest = b""
    for piece in pieces:
        if decoder.is_finished:
            rest += piece
        else:
            body += decoder.feed(piece)
    return body, decoder.is_finished, decoder.trailers, decoder.rest + rest


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=40)),
    trailers=st.sampled_from([b"", b"X-One: 1\r\n", b"X-One: 1\r\nX-Two: 2\r\n"]),
    rest=st.binary(max_size=20),
    cuts=st.lists(st.integers(0, 400)),
)
def test_any_cut_gives_the_same(chunks, trailers, rest, cuts):
    sent = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in chunks)
    sent += b"0\r\n" + trailers + b"\r\n" + rest
    bounds = [0, *sorted(min(cut, len(sent)) for cut in cuts), len(sent)]
    pieces = [sent[i:j] for i, j in pairwise(bounds)]
    assert decode(pieces) == (b"".join(chunks), True, trailers[:-2], rest)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"x\r\n", id="no-number"),
        pytest.param(b"\r\n", id="empty-size"),
        pytest.param(b"-1\r\n", id="negative"),
        pytest.param(b"0x5\r\nhello\r\n", id="prefix"),
        pytest.param(b"5_0\r\n", id="underscore"),
        pytest.param(b" 5\r\n", id="space-before"),
        pytest.param(b"5 \r\n", id="space-after"),
        pytest.param(b"5 \n\r\n", id="bare-newline"),
        pytest.param(b"11111111111111111\r\n", id="too-many-digits"),
        pytest.param(b"5\r\nhelloX\r\n", id="longer-than-its-size"),
        pytest.param(b"5;\x00=1\r\nhello\r\n", id="extension"),
        pytest.param(b"5;a=" + b"x" * 2000, id="endless-size-line"),
        pytest.param(b"0\r\n" + b"X: 1\r\n" * 3000, id="endless-trailers"),
        pytest.param(b"1\r\nx\r\n" * 3000, id="thousands-of-tiny-chunks"),
    ],
)
def test_what_is_not_in_the_coding_is_refused(sent):
    with pytest.raises(ParseException):
        decode([sent])
