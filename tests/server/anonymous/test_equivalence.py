"""The short way answers byte for byte what the ordinary way does, for whatever is asked."""

import base64
import json
import re
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import webtest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.server.anonymous.conftest import ORDINARY, Place

FIELDS = ("made", "it.kind", "it.size", "plain", "plain.deep", "id", "last_modified", "none")
OPERATORS = ("lt", "min", "max", "not", "eq", "gt", "in", "exclude", "like", "has")
OPERATORS += ("contains", "contains_any")

# What the two spellings of JSON are about, and where they could be mistaken.
texts = st.sampled_from(
    ["a", "b", "5", "", " ", ": ", ", ", '"', '": "', "\\", "é", "😀", "\n", "{}", "\x7f", "/"]
)
scalars = st.one_of(
    texts,
    st.integers(-3, 10),
    st.sampled_from([10**15, 10**19, -(10**30), 0.5, 1e300, 5e-324, 100.0]),
    st.booleans(),
    st.none(),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
things = st.fixed_dictionaries(
    {},
    optional={
        "made": values,
        "it": st.fixed_dictionaries({}, optional={"kind": values, "size": values}),
        "plain": values,
        "é: ": values,
    },
)

written = st.one_of(
    st.sampled_from(["a", "b", "5", '"5"', "5,a", '"a","b"', "null", "true", "[5]", "1.5", ""]),
    st.sampled_from(["*", "é", "😀", "%00", "1e999", "{", "1577836800002", '"1577836800002"']),
    values.map(lambda value: json.dumps(value, ensure_ascii=False)),
)
filters = st.tuples(
    st.tuples(st.sampled_from(["", *(f"{each}_" for each in OPERATORS)]), st.sampled_from(FIELDS)),
    written,
).map(lambda drawn: ("".join(drawn[0]), drawn[1]))
bounds = st.tuples(
    st.sampled_from(["gte", "lt", "date_range"]),
    st.sampled_from(["made,2017", "it.size,5", "it.size,x", "5", "-1", "made"]),
)
sorts = st.lists(
    st.tuples(st.sampled_from(["", "-", "+"]), st.sampled_from(FIELDS)).map("".join),
    min_size=1,
    max_size=2,
).map(lambda drawn: ("_sort", ",".join(drawn)))
others = st.one_of(
    st.tuples(st.just("_limit"), st.sampled_from(["1", "2", "3", "0", "-1", "x", "1.5", "99999"])),
    st.tuples(
        st.just("_fields"), st.sampled_from(["id", "it.kind", "plain.deep,made", "", "é: ", "x"])
    ),
    st.tuples(
        st.sampled_from(["_since", "_before", "_to"]),
        st.sampled_from(["1577836800002", '"1577836800003"', "0", "x", "99999999999999", "1.5"]),
    ),
    st.tuples(st.just("_token"), st.sampled_from(["x", "e30=", ""])),
    st.tuples(st.sampled_from(["_unknown", "", " made "]), st.just("a")),
)
queries = st.lists(st.one_of(filters, filters, bounds, sorts, others), max_size=4).map(urlencode)
headers = st.fixed_dictionaries(
    {},
    optional={
        "If-None-Match": st.sampled_from(["current", '"5"', "5", "*", '""']),
        "If-Match": st.sampled_from(["current", '"5"', "*"]),
        "Origin": st.sampled_from(["https://example.org", "null"]),
        "Accept": st.sampled_from(["*/*", "application/json", "text/html", "text/html, */*;q=0.1"]),
        "If-Modified-Since": st.just("Wed, 21 Oct 2099 07:28:00 GMT"),
        "Content-Type": st.sampled_from(["application/json", "text/plain", "multipart/form-data"]),
        "User-Agent": st.just("tests"),
    },
)


def seen(response: webtest.TestResponse) -> dict[str, Any]:
    """Return all that a client sees, but for the random part of the next page's address."""
    told = dict(response.headers)
    assert len(told) == len(response.headers), "a header is there twice"
    exposed = told.pop("Access-Control-Expose-Headers", "")
    if "Next-Page" in told:
        told["Next-Page"] = re.sub(r"(?<=_token=)[^&]*", "", told["Next-Page"])
    return {
        "status": response.status,
        "body": response.body,
        "headers": told,
        "exposed": sorted(exposed.split(", ")),
        "token": token_of(response),
    }


def token_of(response: webtest.TestResponse) -> Any:
    """Return what the token of the next page says, but for its nonce."""
    address = urlsplit(response.headers.get("Next-Page", ""))
    token = parse_qs(address.query).get("_token")
    if token is None:
        return None
    said = json.loads(base64.b64decode(token[0]))
    assert said.pop("nonce").startswith("pagination-token-")
    return said


def ask_both(place: Place, query: str, method: str, named: dict[str, str]) -> webtest.TestResponse:
    """Ask the short and the ordinary way, hold the answers together, and return one."""
    while True:
        short = place.ask(query, method, **named)
        ordinary = place.ask(query, method, **named, **ORDINARY)
        # When answers go out of date is told to the second, which may have ended between them.
        if short.headers.get("Expires") == ordinary.headers.get("Expires"):
            break
        assert "Expires" in short.headers
        assert "Expires" in ordinary.headers
    assert seen(short) == seen(ordinary)
    return short


def follow_both(place: Place, query: str, method: str, named: dict[str, str]) -> None:
    """Compare the answers, and all pages that come after."""
    response = ask_both(place, query, method, named)
    pages = 0
    while "Next-Page" in response.headers and pages < 12:
        address = urlsplit(response.headers["Next-Page"])
        response = ask_both(place, address.query, method, named)
        pages += 1


def current(place: Place, named: dict[str, str]) -> dict[str, str]:
    """Put the collection's own ETag where one is asked for."""
    etag = place.ask(method="HEAD", **ORDINARY).headers["ETag"]
    return {name: etag if value == "current" else value for name, value in named.items()}


@pytest.mark.parametrize("kind", ["indexed", "bare"])
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(things, max_size=7), st.integers(0, 2), queries, st.sampled_from(["GET", "HEAD"]),
    headers,
)  # fmt: skip
@example([{"made": "a"}, {"made": "b"}, {}], 0, "_sort=-made&_limit=1", "GET", {})
@example([{"made": "a"}, {}, {}], 1, "_since=0&_limit=1&_fields=made", "GET", {})
@example([{"made": "a"}], 0, "made=a", "GET", {"If-None-Match": "current"})
@example([{"made": "a"}], 0, "made=a", "HEAD", {"Origin": "https://example.org"})
@example([{"made": ": "}, {"made": ", "}, {"made": '": "'}], 0, "", "GET", {})
def test_both_ways_answer_byte_for_byte(request, kind, records, deleted, query, method, named):
    place: Place = request.getfixturevalue({"indexed": "shared_place", "bare": "bare_place"}[kind])
    place.fill(records, min(deleted, len(records)))
    follow_both(place, query, method, current(place, named))


@pytest.mark.parametrize(
    "query",
    [
        "%ff=a",
        "a=%ff",
        "made=a&made=b",
        "_limit=1&_limit=2",
        "in_made=a&in_made=b",
        "&&",
        "=",
        "%00",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_odd_query_strings_are_answered_alike(shared_place, query, method):
    shared_place.fill([{"made": "a"}, {"made": "b"}])
    ask_both(shared_place, query, method, {})


@pytest.mark.parametrize(
    ("query", "method", "named"),
    [
        ("", "GET", {}),
        ("", "HEAD", {}),
        ("made=a&it.size=5&_sort=-made&_limit=1", "GET", {}),
        ("gte=made,2017&lt=made,2018&date_range=7", "GET", {}),
        ("_since=0&_before=1577836800002", "GET", {}),
        ("_fields=made", "GET", {}),
        ("_to=5", "GET", {}),
        ("", "GET", {"If-None-Match": "current"}),
        ("made=a", "GET", {"Origin": "https://example.org"}),
        ("", "GET", {"Accept": "text/html, */*;q=0.1"}),
    ],
)
def test_what_readers_ask_goes_the_short_way(shared_place, query, method, named):
    shared_place.fill([{"made": "a"}, {"made": "b"}])
    named = current(shared_place, named)
    assert shared_place.goes_short(lambda: shared_place.ask(query, method, **named))
    ask_both(shared_place, query, method, named)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("", ORDINARY),
        ("", {"Authorization": "Basic cHVibGlzaGVyOnNlY3JldA=="}),
        ("", {"Accept": "text/html"}),
        ("", {"If-None-Match": "x"}),
        ("it.size=x", {}),
        ("_limit=x", {}),
        ("_token=x", {}),
        (f"made={quote(chr(0))}", {}),
    ],
)
def test_what_is_not_plain_goes_the_ordinary_way(shared_place, query, named):
    assert not shared_place.goes_short(lambda: shared_place.ask(query, **named))
