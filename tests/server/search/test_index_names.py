"""Index names tell bucket and collection apart again."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.search.index_names import IndexId, index_name, parse_index_name

IDS = st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,12}", fullmatch=True)
INDEXES = st.builds(IndexId, IDS, IDS)


@given(index=INDEXES)
def test_a_name_gives_back_what_it_was_made_from(index):
    name = index_name("kinto", index)
    assert parse_index_name("kinto", name) == index
    assert name == name.lower()


@given(first=INDEXES, second=INDEXES)
def test_no_two_collections_have_one_name(first, second):
    assert (index_name("kinto", first) == index_name("kinto", second)) == (first == second)


def test_a_pattern_of_a_bucket_reaches_no_other():
    assert not fnmatchcase(index_name("kinto", IndexId("build-hub", "releases")), "kinto.build.*")


@pytest.mark.parametrize("name", ["kinto", "kinto.a", "other.a.b", "kinto.a.b.c", "kinto.a.B"])
def test_a_strangers_name_is_none_of_ours(name):
    assert parse_index_name("kinto", name) is None
