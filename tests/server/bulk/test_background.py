"""Results wait for their reader, in order, and do not hold up the work."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.bulk.background import Abandoned, Background, ResultQueue


def render_error(error: Exception) -> bytes:
    return f"error: {error}".encode()


@given(blocks=st.lists(st.binary(min_size=1, max_size=50)))
def test_the_reader_gets_what_was_written(blocks):
    background = Background(lambda: iter(blocks), render_error=render_error, max_unread_bytes=60)
    assert list(background.start()) == blocks
    background.close()


def test_the_work_goes_on_while_nobody_reads():
    is_done = threading.Event()

    def produce() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 100_000
        is_done.set()

    background = Background(produce, render_error=render_error).start()
    assert is_done.wait(10)
    assert sum(map(len, background)) == 10_000_000
    background.close()


def test_an_error_before_the_first_result_is_raised_at_once():
    def produce() -> Iterator[bytes]:
        raise ValueError("nothing")
        yield

    with pytest.raises(ValueError, match="nothing"):
        Background(produce, render_error=render_error).start()


def test_an_error_after_the_first_result_is_the_last_result():
    def produce() -> Iterator[bytes]:
        yield b"first, "
        raise ValueError("broken")

    background = Background(produce, render_error=render_error).start()
    assert b"".join(background) == b"first, error: broken"
    background.close()


def test_the_work_ends_when_the_reader_has_gone():
    has_ended = threading.Event()

    def produce() -> Iterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            has_ended.set()

    Background(produce, render_error=render_error, max_unread_bytes=100).start().close()
    assert has_ended.wait(10)


def test_a_full_queue_holds_the_writer_up():
    queue = ResultQueue(max_unread_bytes=10)
    queue.put(b"x" * 10)
    writer = threading.Thread(target=queue.put, args=(b"y",))
    writer.start()
    writer.join(0.1)
    assert writer.is_alive()
    assert queue.get() == b"x" * 10
    writer.join(10)
    assert queue.get() == b"y"
    queue.abandon()
    with pytest.raises(Abandoned):
        queue.put(b"z")
    queue.finish()
    assert queue.get() == b""
