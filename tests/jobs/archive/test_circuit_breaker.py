"""When an archive is taken to be down."""

import pytest
from buildhub.archive.circuit_breaker import CircuitBreaker
from buildhub.errors import ArchiveDown, Unavailable


def fail(breaker: CircuitBreaker) -> None:
    with pytest.raises(Unavailable), breaker.calling():
        raise Unavailable("no answer")


def answer(breaker: CircuitBreaker) -> None:
    with breaker.calling():
        pass


def test_after_so_many_failures_in_a_row_the_archive_is_down() -> None:
    breaker = CircuitBreaker()
    for _ in range(7):
        fail(breaker)
    message = "8 requests in a row failed, the last one no answer"
    with pytest.raises(ArchiveDown, match=message), breaker.calling():
        raise Unavailable("no answer")


def test_an_answer_between_failures_tells_that_it_is_not() -> None:
    breaker = CircuitBreaker()
    for _ in range(20):
        for _ in range(7):
            fail(breaker)
        answer(breaker)


def test_what_was_begun_before_the_last_answer_is_no_sign_of_an_outage() -> None:
    breaker = CircuitBreaker()
    begun = [breaker.calling() for _ in range(20)]
    for each in begun:
        each.__enter__()
    answer(breaker)
    for each in begun:
        error = Unavailable("given up after some retries")
        assert each.__exit__(Unavailable, error, None) is False
