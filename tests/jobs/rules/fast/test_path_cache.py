"""The cache parses each path as the rule does."""

from buildhub.rules.fast.path_cache import PathCache
from buildhub.rules.paths import Build, SkipReason, parse_path
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.jobs.rules.archive_paths import spellings, targets
from tests.jobs.rules.test_paths import PATHS, near_misses

# Folders in the place of a locale's: some are no locale, or say more than the locale.
LOCALE_FOLDERS = ["de", "DE", "pt-br", "multi", "en-US", "xpi", "deb-l10n", "win32", "l10n"]
LOCALE_FOLDERS += ["de-debug", "en-stylo-bindings", "de-testing", "v1", "build1", "1.0", ""]


def parse_each(paths: list[str]) -> list[Build | SkipReason]:
    """Return what the rule says about each path."""
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
def test_paths_of_any_locales_are_parsed_as_the_rule_does(paths):
    paths = [each for path in paths for each in in_other_folders(path)]
    for order in (paths, paths[::-1]):
        cache = PathCache()
        assert [cache.parse(path) for path in order] == parse_each(order)


@settings(max_examples=15, deadline=None)
@given(targets())
def test_all_spellings_of_a_build_are_parsed_as_the_rule_does(target):
    paths = sorted(spellings(target))
    cache = PathCache()
    assert [cache.parse(path) for path in paths] == parse_each(paths)


def test_what_locales_share_is_parsed_once():
    cache = PathCache()
    for number in (1, 2):
        folder = f"pub/firefox/candidates/60.0-candidates/build{number}/win32"
        builds = [
            cache.parse(f"{folder}/{each}/Firefox Setup 60.0.exe") for each in ("de", "pt-BR")
        ]
        german, brazilian = (build for build in builds if isinstance(build, Build))
        assert (german.locale, brazilian.locale) == ("de", "pt-BR")
        assert german.candidate_number == brazilian.candidate_number == number
        # Parsing makes a new text each time.
        assert german.version is brazilian.version
