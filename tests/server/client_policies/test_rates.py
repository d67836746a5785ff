"""Limits on how many requests come from an address, and with a credential."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kinto_buildhub.access.client_addresses import TrustedProxies
from kinto_buildhub.client_policies.rates import address_key
from kinto_buildhub.setting_parsers import networks
from kinto_buildhub.settings import read_settings

from tests.conftest import PUBLISHER_HEADERS

QUOTA = 5
HEADERS = ("User-Agent", "X-Forwarded-For", "Accept", "Content-Type", "Authorization")


@pytest.fixture(scope="module")
def limited(make_app):
    """A server that takes five requests in an hour from an address, and three of a credential."""
    app = make_app(
        **{
            "kinto.buildhub.rate_by_address": f"{QUOTA}/hour",
            "kinto.buildhub.rate_by_credential": "3/hour",
            "kinto.buildhub.rate_exempt_addresses": "10.0.0.0/8, 2001:db8::/32",
        }
    )
    create(app, "/v1/buckets/b", {"permissions": {"read": ["system.Everyone"]}})
    create(app, "/v1/buckets/b/collections/c", {})
    return app


def create(app, path, body, remote_addr="10.0.0.1"):
    app.put_json(path, body, headers=PUBLISHER_HEADERS, extra_environ={"REMOTE_ADDR": remote_addr})


def ask(app, remote_addr, path="/v1/buckets/b/collections/c/records", **headers):
    return app.get(
        path,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        extra_environ={"REMOTE_ADDR": remote_addr},
        status="*",
    )


@pytest.mark.parametrize(
    ("remote_addr", "headers"),
    [
        pytest.param("192.0.2.1", {}, id="fast-path"),
        pytest.param("192.0.2.2", {"Cookie": "a=b"}, id="kintos-path"),
    ],
)
def test_one_too_many_is_refused(limited, remote_addr, headers):
    for remaining in reversed(range(QUOTA)):
        answer = ask(limited, remote_addr, **headers)
        assert answer.status_code == 200
        assert answer.headers["RateLimit-Policy"] == f'"address";q={QUOTA};w=3600'
        state, _, reset_seconds = answer.headers["RateLimit"].rpartition(";t=")
        assert state == f'"address";r={remaining}'
        assert 3500 < int(reset_seconds) <= 3600
    refused = ask(limited, remote_addr, Origin="https://example.org", **headers)
    assert refused.status_code == 429
    assert refused.json["errno"] == 117
    assert "5 requests in 3600 s" in refused.json["message"]
    assert 3500 < int(refused.headers["Retry-After"]) <= 3600
    assert refused.headers["RateLimit"].startswith('"address";r=0;t=3')
    assert refused.headers["Access-Control-Allow-Origin"] in ("*", "https://example.org")
    assert "RateLimit" in refused.headers["Access-Control-Expose-Headers"]


def test_other_addresses_and_heartbeats_are_answered(limited):
    for _ in range(QUOTA + 1):
        last = ask(limited, "192.0.2.3")
    assert last.status_code == 429
    assert ask(limited, "192.0.2.4").status_code == 200
    for path in ("/v1/__lbheartbeat__", "/v1/__heartbeat__"):
        answer = ask(limited, "192.0.2.3", path)
        assert answer.status_code == 200
        assert "RateLimit" not in answer.headers


PREFLIGHT = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("/v1/buckets/b/collections/c/records", 1),
        ("/v1/buckets/b/collections/c/_search", 2),
        ("/v1/catalog/", 3),
        ("/v1/latest", 4),
    ],
)
def test_a_page_is_told_when_to_try_again(limited, path, number):
    for _ in range(QUOTA + 1):  # They count, as a million of them are a burden, too.
        preflight = limited.options(
            path, headers=PREFLIGHT, extra_environ={"REMOTE_ADDR": f"192.0.7.{number}"}
        )
        assert preflight.headers["Access-Control-Allow-Origin"] in ("*", PREFLIGHT["Origin"])
    refused = ask(limited, f"192.0.7.{number}", path, Origin=PREFLIGHT["Origin"])
    assert refused.status_code == 429
    assert refused.headers["Access-Control-Allow-Origin"] in ("*", PREFLIGHT["Origin"])
    exposed = refused.headers["Access-Control-Expose-Headers"].replace(",", " ").split()
    assert {"Retry-After", "RateLimit", "RateLimit-Policy"} <= {*exposed}


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("OPTIONS", {}),
        ("OPTIONS", {"Origin": "https://example.org"}),
        ("GET", PREFLIGHT),
        ("GET", PREFLIGHT | {"X-HTTP-Method-Override": "OPTIONS"}),
    ],
)
def test_what_is_no_preflight_is_refused(limited, method, headers):
    environ = {"REMOTE_ADDR": f"192.0.8.{len(headers)}", "REQUEST_METHOD": method}
    for _ in range(QUOTA + 1):
        answer = limited.request("/v1/", environ=environ, headers=headers, status="*")
    assert answer.status_code == 429


def test_an_ipv6_network_of_64_bits_is_one_address(limited):
    for number in range(QUOTA):
        assert ask(limited, f"2001:0:0:1::{number}").status_code == 200
    assert ask(limited, "2001:0:0:1:ffff::").status_code == 429
    assert ask(limited, "2001:0:0:2::").status_code == 200


def test_an_exempt_address_is_not_counted(limited):
    for _ in range(QUOTA + 1):
        assert "RateLimit" not in ask(limited, "10.1.2.3").headers


def test_a_credential_is_counted_from_all_addresses(limited):
    user = {"Authorization": "Basic c29tZWJvZHk6c2VjcmV0"}
    for number in (1, 2, 3):
        answer = ask(limited, f"192.0.3.{number}", "/v1/", **user)
        assert answer.status_code == 200
        policy = f'"address";q={QUOTA};w=3600, "credential";q=3;w=3600'
        assert answer.headers["RateLimit-Policy"] == policy
    refused = ask(limited, "192.0.3.4", "/v1/", **user)
    assert refused.status_code == 429
    assert "kinto.buildhub.rate_by_credential" in refused.json["message"]
    others = {"Authorization": "Basic c29tZWJvZHk6b3RoZXI="}
    assert ask(limited, "192.0.3.5", "/v1/", **others).status_code == 200


def test_a_batch_is_one_request(limited):
    body = {"requests": [{"path": "/buckets/b"}] * (QUOTA + 1)}
    answer = limited.post_json("/v1/batch", body, extra_environ={"REMOTE_ADDR": "192.0.4.1"})
    assert {each["status"] for each in answer.json["responses"]} == {200}
    assert answer.headers["RateLimit"].startswith(f'"address";r={QUOTA - 1};')


@pytest.mark.parametrize(
    ("endpoint", "error_type"), [("_search", dict), ("search", str), ("records", str)]
)
def test_a_refusal_has_the_shape_of_its_address(limited, endpoint, error_type):
    path = f"/v1/buckets/b/collections/c/{endpoint}"
    for _ in range(QUOTA + 1):
        answer = ask(limited, f"192.0.5.{len(endpoint)}", path)
    assert answer.status_code == 429
    assert isinstance(answer.json["error"], error_type)


def test_without_settings_nothing_is_counted(app):
    for _ in range(QUOTA + 1):
        assert "RateLimit" not in app.get("/v1/").headers


@pytest.mark.parametrize("text", ["", "600", "0/minute", "600/fortnight", "1/month", "a;b"])
def test_a_rate_is_a_number_in_a_time(text):
    settings = {"kinto.buildhub.rate_by_address": text}
    if text:
        with pytest.raises(Exception, match="expected a rate as 600/minute"):
            read_settings(settings, {})
    else:
        assert read_settings(settings, {})["buildhub.rate_by_address"] is None


@pytest.mark.parametrize(
    ("remote_addr", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::%eth0", "2001:db8:1:2::/64"),
        ("10.0.0.1", None),
        ("", ""),
    ],
)
def test_addresses_are_counted_under(remote_addr, key):
    assert address_key(remote_addr, networks("10.0.0.0/8")) == key


@pytest.mark.parametrize(
    ("trusted", "peer", "header", "client"),
    [
        pytest.param("127.0.0.1", "127.0.0.1", "192.0.2.1", "192.0.2.1", id="a-proxy"),
        pytest.param("127.0.0.1", "192.0.2.9", "192.0.2.1", "192.0.2.9", id="not-a-proxy"),
        pytest.param("127.0.0.1", "127.0.0.1", "8.8.8.8, 192.0.2.1", "192.0.2.1", id="made-up"),
        pytest.param("127.0.0.1,10.0.0.0/8", "127.0.0.1", "1.1.1.1,10.1.1.1", "1.1.1.1", id="two"),
        pytest.param("*", "9.9.9.9", "1.1.1.1, 2.2.2.2", "1.1.1.1", id="all"),
        pytest.param("127.0.0.1", "127.0.0.1", "1.1.1.1, unknown", "127.0.0.1", id="no-address"),
        pytest.param("127.0.0.1", "127.0.0.1", "[2001:db8::1]:443", "2001:db8::1", id="port-6"),
        pytest.param("127.0.0.1", "127.0.0.1", "192.0.2.1:5000", "192.0.2.1", id="port-4"),
        pytest.param("", "127.0.0.1", "192.0.2.1", "127.0.0.1", id="nobody-trusted"),
    ],
)
def test_the_client_is_the_last_address_that_a_trusted_proxy_names(trusted, peer, header, client):
    assert TrustedProxies(trusted).find_client(peer, header) == client


@given(st.text(), st.sampled_from(["127.0.0.1", "", "junk", "::1"]), st.booleans())
def test_any_forwarded_for_is_read(header, peer, trusts_all):
    found = TrustedProxies("*" if trusts_all else "127.0.0.1,::1").find_client(peer, header)
    assert found == peer or address_key(found)


@pytest.fixture(scope="module")
def strict(make_app):
    """A server with everything on."""
    return make_app(
        **{
            "kinto.buildhub.rate_by_address": "100000/hour",
            "kinto.buildhub.rate_by_credential": "100000/hour",
            "kinto.buildhub.refuse_default_user_agents": "true",
        }
    )


VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=255))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.dictionaries(st.sampled_from(HEADERS), VALUES), VALUES)
def test_whatever_a_client_says_of_itself_is_answered(strict, headers, remote_addr):
    answer = strict.get(
        "/v1/", headers=headers, extra_environ={"REMOTE_ADDR": remote_addr}, status="*"
    )
    assert answer.status_code in (200, 400, 401, 403, 406)


def test_a_proxy_does_not_stand_for_its_clients(limited):
    for _ in range(QUOTA + 1):
        answer = ask(limited, "127.0.0.1", X_Forwarded_For="192.0.6.1")
    assert answer.status_code == 429
    assert ask(limited, "127.0.0.1", X_Forwarded_For="192.0.6.2").status_code == 200
    assert json.loads(ask(limited, "127.0.0.1", X_Forwarded_For="\x7f,;").text)
