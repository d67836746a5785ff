"""Folder pages, of both of the archive's listers."""

import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from buildhub.archive.listing import ListedFile, Listing, parse_listing, rounds_to
from buildhub.errors import BadListing
from hypothesis import given
from hypothesis import strategies as st

URL = "https://archive.example/pub/firefox/releases/61.0.2/mac/en-US/"
WHEN = datetime(2018, 8, 8, 5, 14, 42, tzinfo=UTC)

PAGES = [
    pytest.param(
        b'{"prefixes":["ach/","xpi/"],"files":[{"name":"Firefox 61.0.2.dmg",'
        b'"last_modified":"2018-08-08T05:14:42Z","size":54916211}]}\n',
        Listing(("ach/", "xpi/"), (ListedFile("Firefox 61.0.2.dmg", 54916211, WHEN),)),
        id="exact-sizes",
    ),
    pytest.param(
        b'{"prefixes": [], "files": [{"name": "Firefox 61.0.2.dmg", "size": "53M", '
        b'"last_modified": "2018-08-08T05:14:42Z"}, {"name": "KEY", "size": 910, '
        b'"last_modified": "2018-08-08T05:14:42Z"}]}',
        Listing(
            (), (ListedFile("Firefox 61.0.2.dmg", None, WHEN, "53M"), ListedFile("KEY", 910, WHEN))
        ),
        id="rounded-sizes",
    ),
    pytest.param(
        b'{"prefixes":[],"files":[{"name":"","size":0,"last_modified":"2018-08-08T05:14:42Z"}]}',
        Listing((), ()),
        id="the-marker-of-the-folder-itself",
    ),
    pytest.param(
        b'{"prefixes":[],"files":[{"name":"firefox-1.0+.zip","size":1,'
        b'"last_modified":"2018-08-08T05:14:42Z"}]}',
        Listing((), (ListedFile("firefox-1.0+.zip", 1, WHEN),)),
        id="names-are-raw",
    ),
    pytest.param(
        b'{"prefixes":["/","a/","b/","a/"],"files":[]}',
        Listing(("a/", "b/"), ()),
        id="folders-without-a-name-or-listed-twice",
    ),
]


@pytest.mark.parametrize(("body", "listing"), PAGES)
def test_parse_listing(body, listing):
    assert parse_listing(body, url=URL) == listing


def _file(**changes: Any) -> bytes:
    file = {"name": "a", "size": 1, "last_modified": "2018-08-08T05:14:42Z"} | changes
    return json.dumps(file).encode()


def _page(**changes: Any) -> bytes:
    return b'{"prefixes": [], "files": [' + _file(**changes) + b"]}"


BAD = [
    (b"<html>", "expected JSON, got b'<html>'"),
    (b'{"files": []}', "lacks 'prefixes'"),
    (b'{"prefixes": [1], "files": []}', "expected text, got 1"),
    (b'{"prefixes": [], "files": [{"name": "a", "size": 1}]}', "lacks 'last_modified'"),
    (
        b'{"prefixes":[],"files":[{"name":"a","size":"big","last_modified":"2018-08-08T05:14:42Z"}]}',
        "size 'big'",
    ),
    (
        b'{"prefixes":[],"files":[{"name":"a","size":1,"last_modified":"2018-08-08T05:14:42"}]}',
        "lacks a time zone",
    ),
    (b"[]", "listing"),
    (_page(size=2**53), "size 9007199254740992"),
    (_page(size=2**70), "size"),
    (_page(size="9" * 5000 + "M"), "size '999"),
    (_page(last_modified="0001-01-01T00:00:00+23:59"), "range"),
    (_page(last_modified="9" * 5000), "last_modified '999"),
    (_page(name="a" * 1025), "longer than 1024 bytes"),
    (_page(name="../../releases/1.0/a.exe"), "in the folder"),
    (_page(name=".."), "in the folder"),
    (_page(name=7), "expected text, got 7"),
    (b'{"prefixes": ["../"], "files": []}', "in the folder"),
    (b'{"prefixes": [""], "files": []}', "a slash at its end"),
    (b'{"prefixes": ["a"], "files": []}', "a slash at its end"),
    (b'{"prefixes": ["/etc/"], "files": []}', "in the folder"),
    (b'{"prefixes": ["https://elsewhere.example/"], "files": []}', "in the folder"),
    (b'{"prefixes": [], "files": [' + b", ".join([_file()] * 2) + b"]}", "a file twice"),
    (b'{"prefixes": ' + b"[" * 100_000 + b"]" * 100_000 + b', "files": []}', "expected JSON"),
]


@pytest.mark.parametrize(("body", "message"), BAD)
def test_what_is_no_listing_is_named(body, message):
    with pytest.raises(BadListing) as caught:
        parse_listing(body, url=URL)
    assert URL in str(caught.value)
    assert len(str(caught.value)) < 300
    assert message in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(),
    lambda children: (
        st.lists(children)
        | st.dictionaries(
            st.sampled_from(["prefixes", "files", "name", "size", "last_modified"]), children
        )
    ),
)


@given(JSON.map(orjson.dumps) | st.binary())
def test_whatever_comes_is_a_listing_or_bad(body):
    try:
        said = parse_listing(body, url=URL)
    except BadListing as exc:
        said = str(exc)
    assert isinstance(said, Listing) or URL in said


@pytest.mark.parametrize(
    ("rounded", "size", "agrees"),
    [
        ("53M", 54_916_211, True),
        ("53M", 53 * 2**20 - 2**20 // 2, True),
        ("53M", 65, False),
        ("53M", 54 * 2**20, False),
        ("12K", 12_800, True),
        ("999999999999T", 12_800, False),
    ],
)
def test_a_size_agrees_with_the_rounded_one(rounded: str, size: int, agrees: bool) -> None:
    assert rounds_to(size, rounded) == agrees
