"""Whatever an address says, the answer is a page: what was asked for, or what is wrong with it."""

import re
from urllib.parse import quote, urlencode

import pytest
import webtest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kinto_buildhub.catalog.addresses import PAGES
from kinto_buildhub.catalog.responses import FORMATS, HTML
from kinto_buildhub.catalog.search_state.query_string import NAMES

from tests.server.catalog.conftest import CATALOGUE
from tests.server.catalog.hostile_records import SCRIPT, TEXTS

FUZZ = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
PATHS = [page.path for page in PAGES]
ENDINGS = ("", *(f".{name}" for name in FORMATS if name != HTML))
SIGNS = st.text('ab01()[]{}"\\|&~^*?:/+-!<>= \x00\ud800', max_size=25)
VALUES = st.one_of(
    st.text(max_size=20),
    SIGNS,
    st.sampled_from([*TEXTS.values(), "firefox", "0", "9" * 30, "2017-06-01", "-size", "W251bGxd"]),
)
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=5), VALUES), max_size=4)

QUERIES = [
    pytest.param("q=%ff", id="not-utf-8"),
    pytest.param("%ff=1", id="name-not-utf-8"),
    pytest.param("q=%ed%a0%80", id="half-a-surrogate-pair"),
    pytest.param("q=%00", id="zero-byte"),
    pytest.param("&&=&", id="signs-only"),
    pytest.param("q", id="no-value"),
    pytest.param("=firefox", id="no-name"),
    pytest.param("q=%", id="percent"),
    pytest.param("q=%zz", id="not-hexadecimal"),
    pytest.param("q=" + "a+" * 5000, id="thousands-of-words"),
    pytest.param("q=" + "a" * 20_000, id="one-long-word"),
    pytest.param("&".join(f"locale=l{n}" for n in range(5000)), id="thousands-of-choices"),
    pytest.param("&".join(f"p{n}=1" for n in range(5000)), id="thousands-of-names"),
    pytest.param("size=1e3", id="size-as-float"),
    pytest.param("size=%D9%A1", id="size-in-arabic-digits"),
    pytest.param("from=0000-00-00", id="day-zero"),
    pytest.param("to=9999-12-31", id="last-day-of-the-calendar"),
    pytest.param("from=2017-W01-1", id="day-of-a-week"),
    pytest.param("sort=", id="empty-sort"),
    pytest.param("sort=--size", id="two-signs"),
    pytest.param("after=W251bGwsIngiXQ&start=-1", id="before-the-first"),
    pytest.param("after=WzFlOTk5LCJ4Il0&sort=size", id="behind-infinity"),
    pytest.param("after=WyJ4IiwieCJd&sort=size", id="text-for-a-number"),
    pytest.param("after=W3RydWUsIngiXQ&sort=size", id="true-for-a-number"),
    pytest.param("after=WzE4NDQ2NzQ0MDczNzA5NTUxNjE2LCJ4Il0&sort=size", id="beyond-64-bits"),
    pytest.param("after=" + "W1" * 5000, id="deep"),
    pytest.param(f"q={quote(SCRIPT)}", id="script"),
    pytest.param(f"product={quote(SCRIPT)}", id="script-as-choice"),
    pytest.param(f"{quote(SCRIPT)}=1", id="script-as-name"),
]


def address(path: str, ending: str, value: str = "x") -> str:
    """Return the address of a page, with *value* in all its places."""
    return "/v1" + re.sub(r"\{[^}]+\}", lambda _: quote(value, safe=""), path) + ending


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", QUERIES)
def test_odd_query_strings_are_answered_or_refused(
    catalogue: webtest.TestApp, path: str, ending: str, query: str
) -> None:
    check(catalogue.get(f"{address(path, ending)}?{query}", status="*"))


@FUZZ
@given(path=st.sampled_from(PATHS), ending=st.sampled_from(ENDINGS), pairs=PAIRS)
def test_any_query_string_is_answered_or_refused(
    catalogue: webtest.TestApp, path: str, ending: str, pairs: list[tuple[str, str]]
) -> None:
    query = urlencode(pairs, errors="surrogatepass")
    check(catalogue.get(f"{address(path, ending)}?{query}", status="*"))


@FUZZ
@given(
    path=st.sampled_from([path for path in PATHS if "{" in path] or PATHS),
    ending=st.sampled_from(ENDINGS),
    value=VALUES.filter(str.strip),
)
def test_any_name_of_a_thing_is_answered_or_refused(
    catalogue: webtest.TestApp, path: str, ending: str, value: str
) -> None:
    value = value.encode(errors="replace").decode()
    check(catalogue.get(address(path, ending, value), status="*"))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("prodct=firefox", "prodct"),
        ("size=many", "many"),
        ("from=yesterday", "yesterday"),
        ("sort=colour", "colour"),
    ],
)
@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_wrong_is_named_in_every_format(
    catalogue: webtest.TestApp, query: str, names: str, ending: str
) -> None:
    response = catalogue.get(f"{CATALOGUE}{ending}?{query}", status=400)
    assert names in response.text


def check(response: webtest.TestResponse) -> None:
    """Fail unless the response is a page, or an error that says what is wrong, as text."""
    # Kinto redirects what ends in a slash.
    assert response.status_int in (200, 307, 400, 404, 414), response.text[:500]
    if response.content_type == "text/html":
        assert response.html.title.text.strip()
        assert not response.html.find_all(onerror=True)
        assert not [tag for tag in response.html.find_all("script") if "src" not in tag.attrs]
    else:
        assert response.body
