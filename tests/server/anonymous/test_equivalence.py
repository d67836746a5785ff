"""The fast path answers byte for byte what Kinto's own path does, for whatever is asked."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import webtest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.server.anonymous.conftest import ON_KINTO_PATH, Place

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
    """Return all that a client sees, but for the random part of the next page's address.

    The bound of timestamps to come goes on with the clock, so it is left out too.
    """
    sent = dict(response.headers)
    assert len(sent) == len(response.headers), "a header is there twice"
    exposed = sent.pop("Access-Control-Expose-Headers", "")
    if "Next-Page" in sent:
        sent["Next-Page"] = re.sub(r"(?<=_token=)[^&]*", "", sent["Next-Page"])
    return {
        "status": response.status,
        "body": re.sub(rb"(?<=, below )\d+ \([^)]*\)", b"", response.body),
        "headers": sent,
        "exposed": sorted(exposed.split(", ")),
        "token": token_of(response),
    }


def token_of(response: webtest.TestResponse) -> Any:
    """Return the content of the next page's token, but for its nonce."""
    address = urlsplit(response.headers.get("Next-Page", ""))
    token = parse_qs(address.query).get("_token")
    if token is None:
        return None
    content = json.loads(base64.b64decode(token[0]))
    assert content.pop("nonce").startswith("pagination-token-")
    return content


def ask_both(place: Place, query: str, method: str, named: dict[str, str]) -> webtest.TestResponse:
    """Ask the fast path twice and Kinto's own path, compare the answers, and return one."""
    return compare(
        lambda: place.ask(query, method, **named),
        lambda: place.ask(query, method, **named, **ON_KINTO_PATH),
    )


def compare(
    ask: Callable[[], webtest.TestResponse], ask_kinto: Callable[[], webtest.TestResponse]
) -> webtest.TestResponse:
    """Compare two answers of the fast path with one of Kinto's own path, and return one."""
    while True:
        made, kept, kintos = ask(), ask(), ask_kinto()
        # `Expires` has whole seconds, and one may have ended between the answers.
        expires = {each.headers.get("Expires") for each in (made, kept, kintos)}
        if len(expires) == 1:
            break
        assert None not in expires
    assert seen(made) == seen(kept) == seen(kintos)
    return made


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
    etag = place.ask(method="HEAD", **ON_KINTO_PATH).headers["ETag"]
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
def test_both_paths_answer_byte_for_byte(request, kind, records, deleted, query, method, named):
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
def test_what_readers_ask_takes_the_fast_path(shared_place, query, method, named):
    shared_place.fill([{"made": "a"}, {"made": "b"}])
    named = current(shared_place, named)
    assert shared_place.is_fast(lambda: shared_place.ask(query, method, **named))
    ask_both(shared_place, query, method, named)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("", ON_KINTO_PATH),
        ("", {"Authorization": "Basic cHVibGlzaGVyOnNlY3JldA=="}),
        ("", {"Accept": "text/html"}),
        ("", {"If-None-Match": "x"}),
        ("it.size=x", {}),
        ("_limit=x", {}),
        ("_token=x", {}),
        (f"made={quote(chr(0))}", {}),
    ],
)
def test_what_is_not_eligible_takes_kintos_own_path(shared_place, query, named):
    assert not shared_place.is_fast(lambda: shared_place.ask(query, **named))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "named",
    [
        {},
        {"If-None-Match": "current"},
        {"If-None-Match": "*"},
        {"If-Match": '"5"'},
        {"Origin": "https://example.org"},
        {"Accept": "text/html"},
        {"Range": "bytes=0-3"},
    ],
    ids=str,
)
@pytest.mark.parametrize("record_id", ["r0", "r1", "missing", "firefox_52-0esr", "_"])
def test_single_records_are_answered_alike(place, record_id, named, method):
    place.fill([{"made": "a"}, {"made": "b", "deep": {"é": 1.5}}])
    named = current(place, named)
    compare(
        lambda: place.get_record(record_id, method, **named),
        lambda: place.get_record(record_id, method, **named, **ON_KINTO_PATH),
    )


def test_no_header_of_another_request_shows(shared_place):
    """What is kept for one is not sent to another that asks for the same otherwise."""
    shared_place.fill([{"made": "a"}, {"made": "b"}])
    for named in (
        {},
        {"Origin": "https://example.org"},
        {"Host": "example.org"},
        {"If-None-Match": "current"},
        {"If-Match": "current"},
        {"If-None-Match": '"5"'},
        {"Range": "bytes=0-3"},
        {"X-Forwarded-Proto": "https"},
        {"Accept-Language": "fr", "Accept-Encoding": "gzip", "Accept": "*/*"},
    ):
        for query in ("_limit=1", "_limit=1&_fields=made", "_limit=2"):
            for method in ("GET", "HEAD"):
                ask_both(shared_place, query, method, current(shared_place, named))
