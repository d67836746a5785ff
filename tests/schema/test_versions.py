"""How versions follow each other."""

from itertools import pairwise

import pytest
from buildhub_schema.versions import version_order
from hypothesis import given
from hypothesis import strategies as st
from mozilla_version.errors import PatternNotMatchedError, TooManyTypesError
from mozilla_version.gecko import GeckoVersion

# Each comes before the next.
ASCENDING = [
    "1.0rc1",
    "1.0rc2",
    "1.0",
    "1.5rc2rc1",
    "1.5rc2",
    "2.0.0.2",
    "2.0.0.20",
    "3.0b5pre",
    "3.0b5",
    "3.0pre",
    "3.0rc1",
    "3.0",
    "3.0.19",
    "3.0.19-real-real",
    "3.1a2pre",
    "3.6.4plugin1",
    "3.6.4plugin2",
    "3.6.4",
    "4.0b3pre",
    "4.0b3",
    "4.0b12",
    "4.0",
    "38.0.5b1",
    "38.0.5b1-2",
    "38.0.5b3",
    "38.0.5",
    "52.0",
    "52.0esrrc2",
    "52.0esr",
    "53.0a1",
    "53.0a2",
    "53.0b9rc1",
    "53.0b9rc2",
    "53.0b9rc10",
    "53.0b9",
    "53.0b10",
    "53.0rc6",
    "53.0rc6-funnelcake134",
    "53.0rc7",
    "53.0rc10",
    "53.0",
    "53.0-funnelcake9",
    "53.0-funnelcake10",
    "53.0.2",
    "53.0.10",
    "100.0",
]


@pytest.mark.parametrize(("earlier", "later"), list(pairwise(ASCENDING)))
def test_versions_sort_as_they_were_published(earlier, later):
    assert version_order(earlier) < version_order(later)


@pytest.mark.parametrize(
    "text", ["", "granparadiso", "latest", "1.0rc", "9" * 5000, "1.000000", "é"]
)
def test_unknown_forms_come_before_all_versions(text):
    assert version_order(text) < version_order("1.0rc1")


@given(st.text())
def test_any_text_has_a_place(text):
    assert version_order(text) == version_order(str(text))


small = st.integers(1, 120)
gecko_texts = st.builds(
    "{}.{}{}{}".format,
    small,
    st.integers(0, 5),
    st.just("") | small.map(".{}".format),
    st.sampled_from(["", "esr", "a1", "a2"]) | small.map("b{}".format) | small.map("rc{}".format),
)


def parse_gecko(text):
    try:
        return GeckoVersion.parse(text)
    except (PatternNotMatchedError, TooManyTypesError, ValueError):
        return None


@given(st.lists(gecko_texts, min_size=2, max_size=8))
def test_the_order_is_that_of_mozilla_version(texts):
    known = [(text, found) for text in texts if (found := parse_gecko(text))]
    for text, version in known:
        for other_text, other in known:
            if version < other:
                assert version_order(text) < version_order(other_text)
