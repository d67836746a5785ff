"""Folder pages, of both of the archive's listers."""

from datetime import UTC, datetime

import orjson
import pytest
from buildhub.archive.listing import ListedFile, Listing, parse_listing
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
]


@pytest.mark.parametrize(("body", "listing"), PAGES)
def test_parse_listing(body, listing):
    assert parse_listing(body, url=URL) == listing


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
]


@pytest.mark.parametrize(("body", "message"), BAD)
def test_what_is_no_listing_is_named(body, message):
    with pytest.raises(BadListing) as caught:
        parse_listing(body, url=URL)
    assert URL in str(caught.value)
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
    ("told", "size", "agrees"),
    [
        (910, 910, True),
        (910, 911, False),
        ("53M", 54_916_211, True),
        ("53M", 53 * 2**20 - 2**20 // 2, True),
        ("53M", 65, False),
        ("53M", 54 * 2**20, False),
        ("12K", 12_800, True),
    ],
)
def test_a_size_is_held_against_what_the_page_tells(
    told: int | str, size: int, agrees: bool
) -> None:
    page = {"name": "a", "size": told, "last_modified": "2018-08-08T05:14:42Z"}
    (file,) = parse_listing(orjson.dumps({"prefixes": [], "files": [page]}), url=URL).files
    assert file.agrees(size) == agrees
