"""Rates and versions hold on the fast path, which stays fast."""

import pytest

from tests.server.anonymous.conftest import ON_KINTO_PATH

QUOTA = 20


def remaining(answer):
    return int(answer.headers["RateLimit"].split("r=")[1].split(";")[0])


def test_the_fast_path_counts_and_refuses(make_place):
    place = make_place(**{"kinto.buildhub.rate_by_address": f"{QUOTA}/hour"})
    place.fill([{}])
    before = remaining(place.ask())
    place.ask()
    assert place.is_kept(place.ask)
    assert remaining(place.ask()) == before - 3
    assert {place.ask().status_code for _ in range(before - 3)} == {200}
    assert place.ask().status_code == 429


def test_a_version_in_accept_is_negotiated(make_place):
    place = make_place()
    place.fill([{}])
    assert place.ask(Accept="application/v7").status_code == 406
    served = place.ask(Accept="application/v1")
    assert served.json == place.ask().json


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/v1", 200),
        ("application/v1+json", 200),
        ("application/v7, application/v1;q=0.5", 200),
        ("application/v1, application/problem+json", 200),
        ("application/v7, */*", 200),
        ("application/v7, text/html", 406),
        ("application/v7", 406),
    ],
)
def test_a_version_is_answered_on_the_fast_path_as_on_kintos(place, accept, status):
    place.fill([{}])
    for ask in (place.ask, lambda **headers: place.get_record("r0", **headers)):
        fast, own = ask(Accept=accept), ask(Accept=accept, **ON_KINTO_PATH)
        assert fast.status_code == own.status_code == status
        assert (fast.json, fast.headers) == (own.json, own.headers)
        assert status == 406 or place.is_fast(lambda ask=ask: ask(Accept=accept))


def test_what_is_kept_for_json_is_not_read_again_for_a_version(place):
    place.fill([{}])
    place.ask(Accept="application/json")
    assert place.is_kept(lambda: place.ask(Accept="application/v1"))
