"""Whether a client has gone is asked now and then."""

from kinto_buildhub.client_presence import (
    CHECK_SECONDS,
    FIRST_CHECK_SECONDS,
    Client,
    answering,
    is_client_gone,
)


def test_a_client_is_asked_after_a_while_and_then_now_and_then() -> None:
    now = 0.0
    asked: list[float] = []

    def has_left() -> bool:
        asked.append(now)
        return now > 2

    client = Client(has_left, clock=lambda: now)
    gone_at = None
    while gone_at is None:
        if client.is_gone():
            gone_at = now
        now += 0.01
    assert FIRST_CHECK_SECONDS <= asked[0] < FIRST_CHECK_SECONDS + 0.02
    assert 2 < gone_at < 2 + CHECK_SECONDS + 0.02
    assert len(asked) < 8
    count = len(asked)
    assert client.is_gone()
    assert len(asked) == count


def test_nobody_is_gone_where_no_client_is_known() -> None:
    assert not is_client_gone()
    times = iter([0.0, 5.0, 5.0])
    with answering(Client(lambda: True, clock=times.__next__)):
        assert is_client_gone()
    assert not is_client_gone()
