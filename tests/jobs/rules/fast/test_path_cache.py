"""Paths of neighbours are read as each would be alone."""

from buildhub.rules.fast.path_cache import PathReader
from buildhub.rules.paths import Build, SkipReason, parse_path
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.jobs.rules.archive_paths import spellings, targets
from tests.jobs.rules.test_paths import PATHS, near_misses

# Folders in the place of a locale's, some of which are none, or say more than the locale.
LOCALE_FOLDERS = ["de", "DE", "pt-br", "multi", "en-US", "xpi", "deb-l10n", "win32", "l10n"]
LOCALE_FOLDERS += ["de-debug", "en-stylo-bindings", "de-testing", "v1", "build1", "1.0", ""]


def read_each(paths: list[str]) -> list[Build | SkipReason]:
    """Return what the rule says of each path."""
    found = [parse_path(path) for path in paths]
    return [each if isinstance(each, Build) else each.reason for each in found]


def in_other_folders(path: str) -> list[str]:
    """Return *path*, and what it would be in other folders."""
    start, slash, name = path.rpartition("/")
    above = start.rpartition("/")[0]
    return [path, *(f"{above}/{folder}{slash}{name}" for folder in LOCALE_FOLDERS)]


@settings(deadline=None)
@given(st.lists(near_misses() | st.sampled_from(PATHS) | st.text(), max_size=4))
@example(["pub/firefox/try-builds/a.exe", "pub/firefox/de/a.exe"])
@example(["pub/firefox/releases/60.0/win32/de/x.exe"])
@example(["de/x.exe", "pub/de/x.exe", "pub/firefox/de/x.exe"])
def test_neighbours_in_any_folders_are_read_as_alone(paths):
    paths = [each for path in paths for each in in_other_folders(path)]
    for order in (paths, paths[::-1]):
        reader = PathReader()
        assert [reader.read(path) for path in order] == read_each(order)


@settings(max_examples=15, deadline=None)
@given(targets())
def test_all_spellings_of_a_build_are_read_as_alone(target):
    paths = sorted(spellings(target))
    reader = PathReader()
    assert [reader.read(path) for path in paths] == read_each(paths)


def test_what_neighbours_share_is_read_once(monkeypatch):
    asked = []

    def read(path: str) -> Build:
        asked.append(path)
        return parse_path(path)

    monkeypatch.setattr("buildhub.rules.fast.path_cache.read_path", read)
    reader = PathReader()
    for locale in ("de", "fr", "pt-BR"):
        for number in (1, 2):
            folder = f"candidates/60.0-candidates/build{number}/win32/{locale}"
            build = reader.read(f"pub/firefox/{folder}/Firefox Setup 60.0.exe")
            assert (build.locale, build.candidate_number) == (locale, number)
    assert len(asked) == 2
