"""Rows of an inventory, and the values in them."""

import csv
import gzip
import io
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import quote_plus

import pytest
from buildhub.archive.values import decode_key, parse_modified, parse_size
from buildhub.errors import BadInventory
from buildhub.inventory.rows import find_columns, iter_rows
from hypothesis import example, given, settings
from hypothesis import strategies as st

KEYS = [
    pytest.param("a/Firefox+Setup+61.0.2.exe", "a/Firefox Setup 61.0.2.exe", id="plus-is-space"),
    pytest.param("a/firefox-1.0PR-gtk2%2Bxft.tar.gz", "a/firefox-1.0PR-gtk2+xft.tar.gz", id="%2B"),
    pytest.param("a/Setup+%281.0rc2%2C+de-DE%29.exe", "a/Setup (1.0rc2, de-DE).exe", id="brackets"),
    pytest.param("a/Firefox Setup 61.0.2.exe", "a/Firefox Setup 61.0.2.exe", id="not-encoded"),
    pytest.param("a/100%2525", "a/100%25", id="decoded-once"),
]


@pytest.mark.parametrize(("key", "path"), KEYS)
def test_decode_key(key, path):
    assert decode_key(key) == path


@given(st.text())
def test_an_encoded_key_decodes_to_what_it_was(path):
    assert decode_key(quote_plus(path)) == path


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("39483912", 39483912), ("2E+10", 2 * 10**10)]
)
def test_parse_size(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "inf", "nan", "-1", "1e400", "9" * 5000, "1e16"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError, match="size") as caught:
        parse_size(text)
    assert len(str(caught.value)) < 100


def test_parse_modified():
    moment = datetime(2018, 8, 8, 9, 31, 5, tzinfo=UTC)
    assert parse_modified("2018-08-08T09:31:05.000Z") == moment
    assert parse_modified("2018-08-08T09:31:05Z") == moment
    assert parse_modified("2018-08-08T11:31:05+02:00") == moment


@pytest.mark.parametrize("text", ["", "soon", "0001-01-01T00:00:00+23:59", "9" * 5000])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ValueError, match="expected a moment") as caught:
        parse_modified(text)
    assert len(str(caught.value)) < 100


def rows(data: bytes):
    read = iter_rows(io.BytesIO(data), find_columns(), name="part")
    return [row for some in read for row in zip(*some[:3], strict=True)]


CSV = b'"b","k1","1","d","e"\n"b","k2","2","d","e"\n'


@pytest.mark.parametrize("data", [CSV, gzip.compress(CSV)], ids=["plain", "gzipped"])
def test_rows_are_read_packed_or_not(data):
    assert rows(data) == [("k1", "1", "d"), ("k2", "2", "d")]


def test_no_rows_are_no_error():
    assert rows(b"") == []
    assert rows(gzip.compress(b"")) == []


def test_columns_stand_where_the_manifest_says():
    columns = find_columns(("Key", "LastModifiedDate", "Size"))
    assert (columns.count, columns.key, columns.modified, columns.size) == (3, 0, 1, 2)


def test_what_is_not_utf_8_costs_no_other_row():
    found = rows(b'"b","k\xff","1","d","e"\n' + CSV)
    assert [row[0] for row in found] == ["k\ufffd", "k1", "k2"]


# Near to the form that is cut up, and not quite it.
PIECES = ['"', ",", "\n", '","', '"\n"', '"\n', "k", "\r\n", '"b","k","1","d","e"\n']
SHUFFLED = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
CHANGED = st.builds(
    lambda start, piece, rest: CSV.decode()[:start] + piece + CSV.decode()[start + rest :],
    st.integers(0, len(CSV)),
    st.sampled_from(PIECES),
    st.integers(0, 3),
)


@settings(max_examples=500)
@given(SHUFFLED | CHANGED)
@example('"b";"k1","1","d","e"\n')
@example('"b","k\n1","1","d","e"\n')
@example('"b","k1","1","d"\n"e","b","k2","2","d","e"\n')
@example('"b","k1","1","d","e","b","k2\n","2","d","e"\n')
@example('"b\n","k1","1","d","e"\n"b","k2","2","d","e"')
@example('"b","k""1","1","d","e"\n')
@example('"b","k1","1","d","e"\n\n')
def test_rows_that_are_cut_up_are_those_that_csv_has(text):
    parsed = csv.reader(io.StringIO(text, newline=""))
    expected = [tuple(row[1:4]) for row in parsed if len(row) == 5]
    found = []
    with suppress(BadInventory):  # What else is wrong with it has tests of its own.
        for some in iter_rows(io.BytesIO(text.encode()), find_columns(), name="part"):
            found += zip(*some[:3], strict=True)
    assert found == expected


@given(st.binary(max_size=200), st.integers(0, 200))
def test_damage_is_told_with_the_part_and_never_raises_anything_else(noise, cut):
    for data in (noise, gzip.compress(CSV)[:cut] + noise):
        try:
            said = rows(data)
        except BadInventory as exc:
            said = str(exc)
        assert isinstance(said, list) or "inventory part part" in said
