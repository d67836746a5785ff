"""The key of a record."""

import pytest
from buildhub.rules.record_id import record_id

DOCUMENTED = [
    (
        ("firefox", "nightly", "55.0a1", "win64", "en-US", "2017-05-03-03-02-12-mozilla-central"),
        "firefox_nightly_2017-05-03-03-02-12_55-0a1_win64_en-us",
    ),
    (
        ("thunderbird", "release", "52.0.1", "linux-x86_64", "en-US"),
        "thunderbird_52-0-1_linux-x86_64_en-us",
    ),
    (("firefox", "aurora", "54.0a2", "macosx", "en-US"), "firefox_aurora_54-0a2_macosx_en-us"),
    (
        ("firefox", "beta", "52.0b6", "linux-x86_64", "en-US"),
        "firefox_beta_52-0b6_linux-x86_64_en-us",
    ),
    (("firefox", "release", "50.0rc1", "linux-x86_64", "fr"), "firefox_50-0rc1_linux-x86_64_fr"),
    (("firefox", "esr", "52.0esr", "linux-x86_64", "en-US"), "firefox_52-0esr_linux-x86_64_en-us"),
    (
        (
            "fennec",
            "nightly-old-id",
            "55.0a1",
            "android-api-15",
            "multi",
            "2017-05-30-10-01-27-mozilla-central-android-api-15-old-id",
        ),
        "fennec_nightly-old-id_2017-05-30-10-01-27_55-0a1_android-api-15_multi",
    ),
]


@pytest.mark.parametrize(
    ("facts", "expected"), DOCUMENTED, ids=[expected for _, expected in DOCUMENTED]
)
def test_the_documented_ids_come_out(facts, expected):
    assert record_id(*facts) == expected


@pytest.mark.parametrize(
    ("folder", "date"),
    [
        ("2008-08-01-03-mozilla-central", "2008-08-01-03-mozilla-central"),
        ("2009-05-10-03-comm-central-trunk", "2009-05-10-03-comm-central"),
        ("2018-04-11-22-03-46-mozilla-central-l10n", "2018-04-11-22-03-46"),
    ],
)
def test_a_folder_dated_to_the_hour_leaves_room_for_the_branch(folder, date):
    assert record_id("firefox", "nightly", "3.1a2pre", "win32", "de", folder) == (
        f"firefox_nightly_{date}_3-1a2pre_win32_de"
    )
