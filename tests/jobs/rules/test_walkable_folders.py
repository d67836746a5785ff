"""Which folders a walk enters."""

import pytest
from buildhub.rules.paths import Build, parse_path
from buildhub.rules.walkable_folders import branch_of, may_hold_builds
from buildhub_sample_archive import SampleArchive
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.jobs.rules.archive_paths import Target, spellings, targets

ENTERED = """
pub/
pub/firefox/
pub/mobile/
pub/firefox/releases/
pub/firefox/releases/1.0rc2/
pub/firefox/releases/56.0/win32-EME-free/
pub/firefox/releases/56.0/mac/ja-JP-mac/
pub/firefox/releases/58.0.2-funnelcake137/v2/
pub/firefox/releases/58.0.2-funnelcake137/v2/win64/en-US/
pub/devedition/candidates/59.0b1-candidates/build11/
pub/firefox/candidates/58.0-candidates/build6/funnelcake134/win64/en-US/
pub/thunderbird/candidates/56.0b4-candidates/build14/linux-x86_64/ca-valencia/
pub/firefox/nightly/2017/
pub/firefox/nightly/2017/07/
pub/firefox/nightly/2017/07/2017-07-12-10-03-01-mozilla-central-l10n/
pub/mobile/nightly/2018/10/2018-10-01-10-01-42-mozilla-central-android-api-16/en-US/
pub/fenix/
pub/focus/candidates/157.0-candidates/build1/android/
pub/focus/releases/126.0/android/klar-126.0-android-arm64-v8a/
pub/fenix/nightly/2026/07/
pub/fenix/nightly/2026/07/2026-07-01-09-27-14-fenix-154.0a1-android/
pub/thunderbird-mobile/
pub/thunderbird-mobile/android/
pub/thunderbird-mobile/android/nightly/2026/08/2026-08-11-00-13-05-main/
pub/vpn/candidates/2.39.0-candidates/build20260720210739/windows/
""".strip().splitlines()

PASSED_BY = """
firefox/
pub/fenix/releases/119.0/android/fenix-119.1-android-x86/
pub/fenix/candidates/153.0b4-candidates/build0/
pub/thunderbird-mobile/ios/
pub/thunderbird-mobile/android/nightly/latest-main/
pub/vpn/addons/
pub/vpn/speedtest/
pub/vpn/releases/2.39.0/source/
pub/vpn/candidates/2.39.0-candidates/build3/
pub/firefox/integration/
pub/firefox/releases/150.0/linux-x86_64/rpm/
pub/seamonkey/releases/2.49.1/
pub/firefox/bundles/
pub/firefox/try-builds/
pub/firefox/tinderbox-builds/mozilla-inbound-linux64/
pub/firefox/releases/latest/
pub/firefox/releases/latest-esr/
pub/firefox/releases/0.9.3/
pub/firefox/releases/partners/
pub/firefox/releases/granparadiso/
pub/firefox/releases/60.0/update/
pub/firefox/releases/60.0/source/
pub/firefox/releases/60.0/jsshell/
pub/firefox/releases/60.0/v2/
pub/firefox/releases/60.0//
pub/firefox/releases/60.0/../
pub/firefox/releases/60.0/linux-x86_64/xpi/
pub/firefox/releases/60.0/linux-x86_64/deb-l10n/
pub/firefox/releases/60.0/linux-x86_64/fr/more/
pub/mobile/releases/winmo/
pub/firefox/candidates/archived/
pub/firefox/candidates/63.0/
pub/firefox/candidates/63.0-candidates/build0/
pub/firefox/candidates/63.0-candidates/build2/partner-repacks/
pub/firefox/candidates/63.0-candidates/build2/beetmover-checksums/
pub/firefox/candidates/63.0-candidates/build2/mar-tools/
pub/firefox/nightly/latest-mozilla-central/
pub/firefox/nightly/partials/
pub/firefox/nightly/2017/13/
pub/firefox/nightly/2016/02/2016-02-01-00-40-19-mozilla-aurora/
pub/firefox/nightly/2014/09/2014-09-20-mozilla-central-debug/
pub/firefox/nightly/2018/06/2018-06-20-10-01-30-mozilla-central/mar-tools/
pub/firefox/nightly/2018/06/2018-06-20-10-01-30-mozilla-central-l10n/mac/
pub/firefox/nightly/2018/06/2018-06-20-10-01-30-mozilla-central-l10n/linux-x86_64/
pub/firefox/nightly/2018/06/2018-06-20-10-01-30-mozilla-central-l10n/mac/xpi/
""".strip().splitlines()


def folders_of(path: str) -> list[str]:
    """Return the folders on the way to *path*, the outermost first."""
    names = path.split("/")[:-1]
    return ["/".join(names[:depth]) + "/" for depth in range(1, len(names) + 1)]


@pytest.mark.parametrize("folder", ENTERED)
def test_folders_that_can_hold_builds_are_entered(folder: str) -> None:
    assert may_hold_builds(folder)


@pytest.mark.parametrize("folder", PASSED_BY)
def test_folders_that_cannot_are_skipped(folder: str) -> None:
    assert not may_hold_builds(folder)


@settings(deadline=None)  # Each target has a hundred spellings.
@given(targets())
def test_no_build_is_in_a_folder_that_is_skipped(target: Target) -> None:
    for path in spellings(target):
        if isinstance(parse_path(path), Build):
            assert all(map(may_hold_builds, folders_of(path)))


@given(st.text() | st.lists(st.sampled_from(["pub", "firefox", "releases", "", "nightly"])))
def test_any_text_is_a_folder_or_not(folder: str | list[str]) -> None:
    text = folder if isinstance(folder, str) else "/".join(folder) + "/"
    assert may_hold_builds(text) in (True, False)
    assert branch_of(text) is None or text.startswith(branch_of(text).rstrip("/"))


def test_every_build_of_the_sample_is_reached_and_few_other_folders_are_entered() -> None:
    entered, useful = set(), set()
    for each in SampleArchive("tiny").iter_objects():
        on_the_way = folders_of(each.path)
        entered |= {folder for folder in on_the_way if may_hold_builds(folder)}
        useful |= set(on_the_way) if each.is_build else set()
    assert useful <= entered
    assert len(entered - useful) < len(useful) / 10, sorted(entered - useful)


@pytest.mark.parametrize(
    ("folder", "branch"),
    [
        ("pub/firefox/", None),
        ("pub/firefox/releases/", None),
        ("pub/firefox/releases/60.0/", "pub/firefox/releases/60.0/"),
        ("pub/firefox/releases/60.0/mac/fr/", "pub/firefox/releases/60.0/"),
        (
            "pub/mobile/candidates/57.0-candidates/build3/android-api-16/",
            "pub/mobile/candidates/57.0-candidates/",
        ),
        ("pub/firefox/nightly/2017/07/", None),
        ("pub/thunderbird-mobile/android/releases/", None),
        (
            "pub/thunderbird-mobile/android/releases/21.1/",
            "pub/thunderbird-mobile/android/releases/21.1/",
        ),
        (
            "pub/fenix/nightly/2026/07/2026-07-01-09-27-14-fenix-154.0a1-android/",
            "pub/fenix/nightly/2026/07/2026-07-01-09-27-14-fenix-154.0a1-android/",
        ),
        ("pub/focus/candidates/157.0-candidates/build2/", "pub/focus/candidates/157.0-candidates/"),
        (
            "pub/firefox/nightly/2017/07/2017-07-12-10-03-01-mozilla-central/",
            "pub/firefox/nightly/2017/07/2017-07-12-10-03-01-mozilla-central/",
        ),
    ],
)
def test_a_branch_is_what_is_finished_as_a_whole(folder: str, branch: str | None) -> None:
    assert branch_of(folder) == branch
