"""The policy on the header ``User-Agent``."""

import pytest
from buildhub.archive import fetch
from buildhub.client import options
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.client_policies.user_agents import describe_refusal, is_default

DEFAULTS = [
    *("", "  ", "python-requests/2.32.5", "Python-urllib/3.11", "Python/3.11 aiohttp/3.9.1"),
    *("python-httpx/0.27.0", "python-urllib3/2.2.1", "curl/8.5.0", "Wget/1.21.4", "wget"),
    *("Wget/1.20.3 (linux-gnu)", "libwww-perl/6.67", "Go-http-client/1.1", "Go-http-client/2.0"),
    *("okhttp/4.12.0", "Java/17.0.9", "Java/1.8.0_392", "Java-http-client/21", "node", "axios/1.7"),
    *("Apache-HttpClient/4.5.13 (Java/11.0.2)", "node-fetch", "undici", "Ruby", "GuzzleHttp/7"),
    "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
]
NAMED = [
    *("my-script/1.0 (me@example.org)", "curl/8.5.0 (me@example.org)", "javascript-fan/1"),
    *("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "curler/1.0"),
    *("BuildHub/0.1.0 (+https://buildhub.readthedocs.io/)", "python-requests/2.32 build-watch"),
    "elasticsearch-py/8.19.0 (Python/3.11.7; elastic-transport/8.17.0)",
    "kinto_http/11.11 requests/2.32 python/3.11",
]


@pytest.fixture(scope="module")
def strict(make_app):
    return make_app(**{"kinto.buildhub.refuse_default_user_agents": "true"})


@pytest.mark.parametrize("user_agent", DEFAULTS)
def test_the_default_of_a_library_is_refused_and_told_how(strict, user_agent):
    answer = strict.get("/v1/", headers={"User-Agent": user_agent}, status=403)
    assert answer.json["errno"] == 121
    assert "curl -A 'my-script/1.0 (me@example.org)'" in answer.json["message"]


@pytest.mark.parametrize("user_agent", NAMED)
def test_whoever_says_who_they_are_is_answered(strict, user_agent):
    strict.get("/v1/", headers={"User-Agent": user_agent})


def test_none_at_all_is_refused(strict):
    assert "there is none" in strict.get("/v1/", status=403).json["message"]


@pytest.mark.parametrize("path", ["/v1/__lbheartbeat__", "/v1/__heartbeat__"])
def test_heartbeats_are_answered(strict, path):
    strict.get(path, headers={"User-Agent": "curl/8.5.0"})


def test_the_fast_path_refuses_too(strict, make_app):
    path = "/v1/buckets/nothing/collections/nothing/records"
    strict.get(path, headers={"User-Agent": "curl/8.5.0"}, status=403)


def test_it_is_off_by_default(app):
    app.get("/v1/", headers={"User-Agent": "python-requests/2.32.5"})


@pytest.mark.parametrize("user_agent", [fetch.USER_AGENT, options.USER_AGENT])
def test_our_own_programs_are_answered(strict, user_agent):
    strict.get("/v1/", headers={"User-Agent": user_agent})


@given(st.text())
def test_any_agent_with_an_address_is_not_the_default_of_a_library(user_agent):
    assert not is_default(f"{user_agent} me@example.org")


@given(st.text())
def test_a_refusal_repeats_little_of_what_was_sent(user_agent):
    assert len(describe_refusal(user_agent)) < 1500
