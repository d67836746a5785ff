"""How a record is put together."""

from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from buildhub.rules.entry import Entry
from buildhub.rules.metadata import Metadata, parse_metadata
from buildhub.rules.paths import Build, parse_path
from buildhub.rules.records import build_record, is_complete
from buildhub_schema import FIELDS, json_schema
from buildhub_schema.fields import NOT_COMPARED
from hypothesis import given, settings

from tests.jobs.rules.archive_paths import spellings, targets

SAMPLES = Path(__file__).parents[2] / "archive" / "metadata"
RELEASE = "pub/firefox/releases/50.0b11/mac/el/Firefox 50.0b11.dmg"
ESR_CANDIDATE = (
    "pub/firefox/candidates/60.2.0esr-candidates/build2/win32/en-GB/Firefox Setup 60.2.0esr.exe"
)
NIGHTLY = "pub/firefox/nightly/2018/06/2018-06-20-10-01-30-mozilla-central"
NIGHTLY_DMG = f"{NIGHTLY}/firefox-62.0a1.en-US.mac.dmg"
OLD_NIGHTLY = (
    "pub/firefox/nightly/2008/08/2008-08-01-03-mozilla-central/firefox-3.1a2pre.en-US.mac.dmg"
)
MODIFIED = datetime(2016, 10, 28, 0, 56, 42, 123456, tzinfo=UTC)

VALIDATOR = jsonschema.Draft7Validator(json_schema())


def record_of(path, metadata=None, candidate_number=None, **entry):
    build = parse_path(path)
    assert isinstance(build, Build), build.text
    return build_record(
        build,
        Entry(path, 86180614, MODIFIED)._replace(**entry),
        metadata,
        archive_url="https://archive.mozilla.org/",
        candidate_number=candidate_number,
    )


def test_a_record_with_everything_known():
    path = "firefox-50.0b11.json"
    metadata = parse_metadata((SAMPLES / path).read_bytes(), path=path)
    assert record_of(RELEASE, metadata, candidate_number=2) == {
        "id": "firefox_beta_50-0b11_macosx_el",
        "source": {
            "product": "firefox",
            "tree": "releases/mozilla-beta",
            "revision": "829a3f99f2606759305e3db204185242566a4ca6",
            "repository": "https://hg.mozilla.org/releases/mozilla-beta",
        },
        "target": {
            "version": "50.0b11",
            "locale": "el",
            "channel": "beta",
            "platform": "macosx",
            "os": "mac",
        },
        "build": {
            "id": "20161027110534",
            "date": "2016-10-27T11:05:34Z",
            "number": 2,
            "as": "$(CC)",
            "ld": "ldd",
            "cc": "/usr/bin/ccache /builds/slave/build/gcc/bin/gcc -std=gnu99",
            "cxx": "/usr/bin/ccache /builds/slave/build/gcc/bin/g++ -std=gnu++11",
            "host": "x86_64-pc-linux-gnu",
            "target": "x86_64-pc-linux-gnu",
        },
        "download": {
            "url": "https://archive.mozilla.org/pub/firefox/releases/50.0b11/mac/el/"
            "Firefox 50.0b11.dmg",
            "size": 86180614,
            "mimetype": "application/x-apple-diskimage",
            "date": "2016-10-28T00:56:42Z",
        },
    }


def test_the_keys_are_in_the_documented_order():
    metadata = parse_metadata((SAMPLES / "firefox-50.0b11.json").read_bytes(), path="x")
    record = record_of(RELEASE, metadata, candidate_number=2)
    record.pop("id")
    found = [f"{group}.{leaf}" for group, leaves in record.items() for leaf in leaves]
    absent = {"target.candidate", *NOT_COMPARED}
    assert found == [field.name for field in FIELDS if field.name not in absent]


def test_a_file_of_which_the_source_knows_more_has_it_in_its_record():
    path = "pub/firefox/candidates/148.0.2-candidates/build1/linux-x86_64/fr/firefox-148.0.2.tar.xz"
    digits = "7454b0d773000f790f15b867ee152049"
    expires = datetime(2027, 3, 1, 5, 6, 7, 890, tzinfo=UTC)
    record = record_of(path, md5=digits, expires=expires)
    assert record["download"]["md5"] == digits
    assert record["download"]["expires"] == "2027-03-01T05:06:07Z"
    VALIDATOR.validate({k: v for k, v in record.items() if k != "id"})


def test_a_build_without_metadata_is_a_record_all_the_same():
    record = record_of(RELEASE)
    assert "build" not in record
    assert not is_complete(record)
    assert record["source"] == {"product": "firefox"}


def test_a_candidate_without_metadata_knows_its_number():
    record = record_of(ESR_CANDIDATE)
    assert record["build"] == {"number": 2}
    assert not is_complete(record)


@pytest.mark.parametrize(
    ("path", "build"),
    [
        (NIGHTLY_DMG, {"id": "20180620100130", "date": "2018-06-20T10:01:30Z"}),
        (OLD_NIGHTLY, {"id": "2008080103", "date": "2008-08-01T03:00:00Z"}),
        (NIGHTLY_DMG.replace("2018-06-20-10", "2018-13-20-10"), {"id": "20181320100130"}),
    ],
    ids=["to the second", "to the hour", "no date"],
)
def test_a_nightly_without_metadata_takes_its_build_id_from_its_folder(path, build):
    record = record_of(path)
    assert record["build"] == build
    assert is_complete(record)


@pytest.mark.parametrize(
    ("build_id", "date"),
    [
        ("20161027110534", "2016-10-27T11:05:34Z"),
        ("2016102711053499", "2016-10-27T11:05:34Z"),
        ("201105200342", "2011-05-20T03:04:02Z"),
        ("2011052003", "2011-05-20T03:00:00Z"),
        ("20110520", None),
        ("20110532033411", None),
        ("00001027110534", None),
    ],
)
def test_the_build_date_is_the_moment_in_the_build_id(build_id, date):
    record = record_of(RELEASE, Metadata(build_id=build_id))
    assert record["build"].get("date") == date


@pytest.mark.parametrize(
    ("path", "metadata_channel", "channel", "record_id"),
    [
        (RELEASE, "release", "release", "firefox_beta_50-0b11_macosx_el"),
        (RELEASE, None, "beta", "firefox_beta_50-0b11_macosx_el"),
        (RELEASE, "default", "beta", "firefox_beta_50-0b11_macosx_el"),
        (ESR_CANDIDATE, "esr", "esr", "firefox_60-2-0esrrc2_win32_en-gb"),
        (ESR_CANDIDATE, None, "esr", "firefox_60-2-0esrrc2_win32_en-gb"),
    ],
)
def test_metadata_corrects_the_channel_and_never_the_id(path, metadata_channel, channel, record_id):
    record = record_of(path, Metadata(build_id="20180828172101", channel=metadata_channel))
    assert (record["target"]["channel"], record["id"]) == (channel, record_id)


@pytest.mark.parametrize(
    ("repository", "tree"),
    [
        ("https://hg.mozilla.org/mozilla-central", "mozilla-central"),
        ("http://hg.mozilla.org/releases/mozilla-esr60", "releases/mozilla-esr60"),
        (
            "https://github.com/mozilla-firefox/firefox",
            "https://github.com/mozilla-firefox/firefox",
        ),
    ],
)
def test_the_tree_is_what_follows_the_host(repository, tree):
    assert record_of(RELEASE, Metadata(repository=repository))["source"]["tree"] == tree


def test_a_rounded_size_is_refused_with_the_path():
    with pytest.raises(ValueError, match=r"Firefox 50\.0b11\.dmg: a record needs the exact size"):
        record_of(RELEASE, size=None)


@settings(deadline=None)
@given(targets())
def test_every_build_makes_a_valid_record(target):
    metadata = Metadata(build_id="20180828172101", repository="https://example.com/x")
    for path in sorted(spellings(target))[::50]:
        if isinstance(parse_path(path), Build):
            for record in (record_of(path), record_of(path, metadata, candidate_number=1)):
                record.pop("id")
                VALIDATOR.validate(record)
