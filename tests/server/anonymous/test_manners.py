"""Rates and versions hold on the fast path, which stays fast."""

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
