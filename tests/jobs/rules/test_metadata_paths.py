"""Where metadata is looked for."""

import pytest
from buildhub.rules.metadata_paths import candidates_folder, latest_candidate_number, metadata_paths
from buildhub.rules.paths import parse_path
from hypothesis import given

from tests.jobs.rules.archive_paths import spellings, targets

CANDIDATES = "pub/firefox/candidates"
NIGHTLY = "pub/firefox/nightly/2018/06/2018-06-20-10-01-30-mozilla-central"
FENNEC = "pub/mobile/nightly/2018/10/2018-10-01-10-01-42-mozilla-central-android-api-16"


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        pytest.param(
            "pub/firefox/releases/61.0.2/win64/it/Firefox Setup 61.0.2.exe",
            f"{CANDIDATES}/61.0.2-candidates/",
            id="release",
        ),
        pytest.param(
            "pub/mobile/releases/68.1/android-api-16/multi/fennec-68.1.multi.android-arm.apk",
            "pub/mobile/candidates/68.1-candidates/",
            id="Fennec",
        ),
        pytest.param(
            "pub/firefox/releases/58.0.2-funnelcake137/v2/win64/en-US/Firefox Setup 58.0.2.exe",
            f"{CANDIDATES}/58.0.2-candidates/",
            id="a funnelcake is made of its version's release",
        ),
        pytest.param(
            "pub/firefox/releases/4.0rc1/mac/de/Firefox 4.0 RC 1.dmg", None, id="genuine rc"
        ),
        pytest.param(
            f"{CANDIDATES}/58.0-candidates/build6/mac/oc/Firefox 58.0.dmg", None, id="candidate"
        ),
        pytest.param(f"{NIGHTLY}/firefox-62.0a1.en-US.mac.dmg", None, id="nightly"),
    ],
)
def test_only_a_release_has_to_find_its_candidates(path, folder):
    assert candidates_folder(parse_path(path)) == folder


@pytest.mark.parametrize(
    ("names", "number"),
    [
        (["build1/"], 1),
        (["build1/", "build10/", "build11/", "build9/"], 11),
        (["build2", "build1"], 2),
        (["contrib/", "build/", "build0/", "build2-old/", "rc1/"], None),
        ([], None),
    ],
)
def test_the_latest_candidate_has_the_highest_number(names, number):
    assert latest_candidate_number(names) == number


MULTI_PLACES = [
    f"pub/mobile/candidates/57.0-candidates/build3/android-api-16{name}"
    for name in (
        "/multi/fennec-57.0.multi.android-arm.json",
        "/multi/buildhub.json",
        "/multi/fennec-57.0.multi.android-arm.txt",
        "/en-US/fennec-57.0.en-US.android-arm.json",
        "/en-US/buildhub.json",
        "/en-US/fennec-57.0.en-US.android-arm.txt",
        "_info.txt",
    )
]

PLACES = [
    pytest.param(
        "pub/firefox/releases/61.0.2/linux-x86_64/it/firefox-61.0.2.tar.bz2",
        3,
        [
            f"{CANDIDATES}/61.0.2-candidates/build3/linux-x86_64/en-US/firefox-61.0.2.json",
            f"{CANDIDATES}/61.0.2-candidates/build3/linux-x86_64/en-US/buildhub.json",
            f"{CANDIDATES}/61.0.2-candidates/build3/linux-x86_64/en-US/firefox-61.0.2.txt",
            f"{CANDIDATES}/61.0.2-candidates/build3/linux64_info.txt",
        ],
        id="release",
    ),
    pytest.param(
        "pub/firefox/releases/61.0.2/linux-x86_64/it/firefox-61.0.2.tar.bz2",
        None,
        [],
        id="release whose candidates are not known",
    ),
    pytest.param(
        f"{CANDIDATES}/57.0-candidates/build4/mac-EME-free/hsb/Firefox 57.0.dmg",
        None,
        [
            f"{CANDIDATES}/57.0-candidates/build4/mac/en-US/firefox-57.0.json",
            f"{CANDIDATES}/57.0-candidates/build4/mac/en-US/buildhub.json",
            f"{CANDIDATES}/57.0-candidates/build4/mac/en-US/firefox-57.0.txt",
            f"{CANDIDATES}/57.0-candidates/build4/macosx64_info.txt",
        ],
        id="candidate, repackaged",
    ),
    pytest.param(
        f"{CANDIDATES}/58.0-candidates/build6/funnelcake134/win64/en-US/Firefox Setup 58.0.exe",
        None,
        [
            f"{CANDIDATES}/58.0-candidates/build6/win64/en-US/firefox-58.0.json",
            f"{CANDIDATES}/58.0-candidates/build6/win64/en-US/buildhub.json",
            f"{CANDIDATES}/58.0-candidates/build6/win64/en-US/firefox-58.0.txt",
            f"{CANDIDATES}/58.0-candidates/build6/win64_info.txt",
        ],
        id="funnelcake of a candidate",
    ),
    pytest.param(
        "pub/devedition/releases/59.0b1/win64/he/Firefox Setup 59.0b1.exe",
        11,
        [
            "pub/devedition/candidates/59.0b1-candidates/build11/win64/en-US/firefox-59.0b1.json",
            "pub/devedition/candidates/59.0b1-candidates/build11/win64/en-US/buildhub.json",
            "pub/devedition/candidates/59.0b1-candidates/build11/win64/en-US/firefox-59.0b1.txt",
            "pub/devedition/candidates/59.0b1-candidates/build11/win64_info.txt",
        ],
        id="Devedition's files are named firefox",
    ),
    pytest.param(
        "pub/mobile/candidates/57.0-candidates/build3/android-api-16/gu-IN/"
        "fennec-57.0.gu-IN.android-arm.apk",
        None,
        [
            f"pub/mobile/candidates/57.0-candidates/build3/android-api-16{name}"
            for name in (
                "/en-US/fennec-57.0.en-US.android-arm.json",
                "/en-US/buildhub.json",
                "/en-US/fennec-57.0.en-US.android-arm.txt",
                "_info.txt",
            )
        ],
        id="Fennec's files name locale and platform",
    ),
    pytest.param(
        "pub/mobile/candidates/57.0-candidates/build3/android-api-16/multi/"
        "fennec-57.0.multi.android-arm.apk",
        None,
        MULTI_PLACES,
        id="Fennec's candidate in several locales has its own",
    ),
    pytest.param(
        "pub/mobile/releases/57.0/android-api-16/multi/fennec-57.0.multi.android-arm.apk",
        3,
        MULTI_PLACES,
        id="and the release made of it",
    ),
    pytest.param(
        f"{NIGHTLY}-l10n/firefox-62.0a1.fr.win64.installer.exe",
        None,
        [
            f"{NIGHTLY}/firefox-62.0a1.en-US.win64.json",
            f"{NIGHTLY}/firefox-62.0a1.en-US.win64.buildhub.json",
            f"{NIGHTLY}/firefox-62.0a1.en-US.win64.txt",
        ],
        id="nightly",
    ),
    pytest.param(
        f"{FENNEC}-l10n/fennec-64.0a1.sl.android-arm.apk",
        None,
        [
            f"{FENNEC}/fennec-64.0a1.multi.android-arm.json",
            f"{FENNEC}/fennec-64.0a1.multi.android-arm.buildhub.json",
            f"{FENNEC}/fennec-64.0a1.multi.android-arm.txt",
            f"{FENNEC}/fennec-64.0a1.en-US.android-arm.json",
            f"{FENNEC}/fennec-64.0a1.en-US.android-arm.buildhub.json",
            f"{FENNEC}/fennec-64.0a1.en-US.android-arm.txt",
        ],
        id="Fennec's main build is the multi-locale one",
    ),
    pytest.param(
        f"{FENNEC}/en-US/fennec-64.0a1.en-US.android-arm.apk",
        None,
        [
            f"{FENNEC}/en-US/fennec-64.0a1.en-US.android-arm.json",
            f"{FENNEC}/en-US/fennec-64.0a1.en-US.android-arm.buildhub.json",
            f"{FENNEC}/en-US/fennec-64.0a1.en-US.android-arm.txt",
        ],
        id="Fennec's English build has its own",
    ),
]


@pytest.mark.parametrize(("path", "candidate_number", "places"), PLACES)
def test_metadata_paths_are_in_this_order(path, candidate_number, places):
    assert list(metadata_paths(parse_path(path), candidate_number)) == places


@given(targets())
def test_metadata_of_a_build_is_never_itself_a_build(target):
    for path in sorted(spellings(target))[::50]:
        build = parse_path(path)
        places = metadata_paths(build, 1) if hasattr(build, "record_id") else ()
        assert all(parse_path(place).reason.value == "metadata" for place in places)
