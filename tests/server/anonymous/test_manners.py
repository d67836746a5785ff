"""Rates and the policy on user agents hold on the fast path, which stays fast."""


def test_the_fast_path_counts_and_refuses(make_place):
    place = make_place(
        **{
            "kinto.buildhub.rate_by_address": "10/hour",
            "kinto.buildhub.refuse_default_user_agents": "true",
        }
    )
    place.fill([{}])
    named = {"User_Agent": "my-script/1.0 (me@example.org)"}
    place.ask(**named)
    answer = place.ask(**named)
    assert place.is_kept(lambda: place.ask(**named))
    assert answer.headers["RateLimit"].startswith('"address";r=8;')
    assert place.ask(User_Agent="curl/8.5.0").status_code == 403
    for _ in range(7):
        answer = place.ask(**named)
    assert answer.status_code == 200
    assert place.ask(**named).status_code == 429


def test_a_version_in_accept_is_negotiated(make_place):
    place = make_place()
    place.fill([{}])
    assert place.ask(Accept="application/v7").status_code == 406
    served = place.ask(Accept="application/v1")
    assert served.json == place.ask().json
