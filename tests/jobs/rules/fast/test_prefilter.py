"""What is passed over for its ending the rules skip, and for the same reason."""

from collections import Counter
from urllib.parse import quote_plus

import pytest
from buildhub.archive.values import decode_key
from buildhub.rules.fast.prefilter import pass_over
from buildhub.rules.paths import Skip, parse_path
from hypothesis import example, given
from hypothesis import strategies as st

from tests.jobs.rules.test_paths import PIECES, SKIPS, near_misses

SKIPPED_PATHS = [line.split(maxsplit=1)[1] for line in SKIPS]

# What is near to the borders between a folder, a name and its ending, encoded or not.
BORDERS = st.lists(PIECES | st.sampled_from([".", "/", "%2E", "%2F", "+", "mar", "exe", "MD5SUMS"]))


def told(key: str) -> str | None:
    """Return the slug by which *key* is passed over, None where it is left to be looked at."""
    counts: Counter[str] = Counter()
    left = pass_over([key], counts)
    assert len(left) + counts.total() == 1
    return None if left else next(iter(counts))


@given(near_misses() | st.text() | BORDERS.map("".join).map("pub/firefox/".__add__))
@example("pub/firefox/releases/60.0/")
@example("pub/firefox/releases/60.0/KEY")
@example("pub/firefox/releases/60.0/SHA512SUMS.")
@example("pub/firefox/releases/60.0%2Emar")
@example("pub/firefox.mar")
@example("pub/focus/releases/60.0/a.mar")
def test_what_is_passed_over_the_rules_skip_for_the_same_reason(text):
    for key in (text, quote_plus(text, safe="/")):
        slug = told(key)
        found = parse_path(decode_key(key))
        assert slug is None or (isinstance(found, Skip) and found.reason.value == slug)


@pytest.mark.parametrize("ending", ["mar", "asc", "json", "xpi", "txt", "pkg"])
def test_most_files_are_passed_over(ending):
    paths = [path for path in SKIPPED_PATHS if path.endswith(f".{ending}")]
    counts: Counter[str] = Counter()
    assert paths
    assert pass_over([path for path in paths if "/firefox/" in path], counts) == []


def test_the_places_are_those_of_what_is_left():
    keys = ["pub/firefox/a.mar", "pub/firefox/b.exe", "pub/firefox/c.asc", "pub/focus/d.mar"]
    counts: Counter[str] = Counter()
    assert pass_over(keys, counts) == [1, 3]
    assert counts == {"update": 1, "signature": 1}
