"""Index names can be parsed back into bucket and collection."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.search.index_names import IndexId, index_name, parse_index_name

IDS = st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,12}", fullmatch=True)
INDEXES = st.builds(IndexId, IDS, IDS)


@given(index=INDEXES)
def test_a_parsed_name_gives_its_collection(index):
    name = index_name("kinto", index)
    assert parse_index_name("kinto", name) == index
    assert name == name.lower()


@given(first=INDEXES, second=INDEXES)
def test_collections_have_different_names(first, second):
    assert (index_name("kinto", first) == index_name("kinto", second)) == (first == second)


def test_a_pattern_for_a_bucket_matches_no_other_bucket():
    assert not fnmatchcase(index_name("kinto", IndexId("build-hub", "releases")), "kinto.build.*")


@pytest.mark.parametrize("name", ["kinto", "kinto.a", "other.a.b", "kinto.a.b.c", "kinto.a.B"])
def test_other_names_have_no_collection(name):
    assert parse_index_name("kinto", name) is None
