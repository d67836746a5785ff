"""What the prefilter drops, the rules skip for the same reason."""

from collections import Counter
from urllib.parse import quote_plus

import pytest
from buildhub.archive.values import decode_key
from buildhub.rules.fast.prefilter import find_possible_builds
from buildhub.rules.paths import Skip, parse_path
from hypothesis import example, given
from hypothesis import strategies as st

from tests.jobs.rules.test_paths import PIECES, SKIPS, near_misses

SKIPPED_PATHS = [line.split(maxsplit=1)[1] for line in SKIPS]

# Near the borders between a folder, a name and its extension, encoded or not.
BORDERS = st.lists(PIECES | st.sampled_from([".", "/", "%2E", "%2F", "+", "mar", "exe", "MD5SUMS"]))


def reason_of(key: str) -> str | None:
    """Return the slug for which *key* is dropped, None if it may be a build."""
    counts: Counter[str] = Counter()
    possible = find_possible_builds([key], counts)
    assert len(possible) + counts.total() == 1
    return None if possible else next(iter(counts))


@given(near_misses() | st.text() | BORDERS.map("".join).map("pub/firefox/".__add__))
@example("pub/firefox/releases/60.0/")
@example("pub/firefox/releases/60.0/KEY")
@example("pub/firefox/releases/60.0/SHA512SUMS.")
@example("pub/firefox/releases/60.0%2Emar")
@example("pub/firefox.mar")
@example("pub/focus/releases/60.0/a.mar")
def test_what_is_dropped_the_rules_skip_for_the_same_reason(text):
    for key in (text, quote_plus(text, safe="/")):
        slug = reason_of(key)
        found = parse_path(decode_key(key))
        assert slug is None or (isinstance(found, Skip) and found.reason.value == slug)


@pytest.mark.parametrize("extension", ["mar", "asc", "json", "xpi", "txt", "pkg"])
def test_most_files_are_dropped(extension):
    paths = [path for path in SKIPPED_PATHS if path.endswith(f".{extension}")]
    counts: Counter[str] = Counter()
    assert paths
    assert find_possible_builds([path for path in paths if "/firefox/" in path], counts) == []


def test_the_positions_are_those_of_the_possible_builds():
    keys = ["pub/firefox/a.mar", "pub/firefox/b.exe", "pub/firefox/c.asc", "pub/focus/d.mar"]
    counts: Counter[str] = Counter()
    assert find_possible_builds(keys, counts) == [1, 3]
    assert counts == {"update": 1, "signature": 1}
