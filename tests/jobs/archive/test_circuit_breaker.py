"""When an archive is taken to be down."""

import pytest
from buildhub.archive.circuit_breaker import Outage
from buildhub.errors import ArchiveDown, Unavailable


def fail(outage: Outage) -> None:
    with pytest.raises(Unavailable), outage.asking():
        raise Unavailable("no answer")


def answer(outage: Outage) -> None:
    with outage.asking():
        pass


def test_after_so_many_failures_in_a_row_the_archive_is_down() -> None:
    outage = Outage()
    for _ in range(7):
        fail(outage)
    message = "8 requests in a row failed, the last one no answer"
    with pytest.raises(ArchiveDown, match=message), outage.asking():
        raise Unavailable("no answer")


def test_an_answer_between_failures_tells_that_it_is_not() -> None:
    outage = Outage()
    for _ in range(20):
        for _ in range(7):
            fail(outage)
        answer(outage)


def test_what_was_begun_before_the_last_answer_is_no_sign_of_an_outage() -> None:
    outage = Outage()
    begun = [outage.asking() for _ in range(20)]
    for each in begun:
        each.__enter__()
    answer(outage)
    for each in begun:
        error = Unavailable("given up after some retries")
        assert each.__exit__(Unavailable, error, None) is False
