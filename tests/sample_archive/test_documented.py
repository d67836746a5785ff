"""Every size of the sample holds what the documentation asks for."""

import pytest
from buildhub.rules.paths import Build, parse_path
from buildhub_sample_archive import iter_objects

DOCUMENTED_IDS = (
    "firefox_nightly_2017-05-03-03-02-12_55-0a1_win64_en-us",
    "thunderbird_52-0-1_linux-x86_64_en-us",
    "firefox_beta_52-0b6_linux-x86_64_en-us",
    "firefox_50-0rc1_linux-x86_64_fr",
    "firefox_52-0esr_linux-x86_64_en-us",
    "fennec_nightly-old-id_2017-05-30-10-01-27_55-0a1_android-api-15_multi",
    "firefox_beta_50-0b11_macosx_el",
)


@pytest.fixture(scope="module")
def tiny_builds():
    found = (parse_path(each.path) for each in iter_objects("tiny"))
    return [build for build in found if isinstance(build, Build)]


@pytest.mark.parametrize("record_id", DOCUMENTED_IDS)
def test_a_documented_record_is_in_the_smallest_sample(tiny_builds, record_id):
    assert record_id in {build.record_id for build in tiny_builds}


@pytest.mark.parametrize("version", ["53.0b9", "56.0b12", "53.0", "54.0", "52.0esr"])
def test_a_documented_version_is_in_the_smallest_sample(tiny_builds, version):
    assert version in {build.version for build in tiny_builds}


def test_rules_and_sample_agree_on_every_file_of_the_smallest_sample():
    differing = [
        each.path
        for each in iter_objects("tiny")
        if isinstance(parse_path(each.path), Build) != each.is_build
    ]
    assert not differing


def test_builds_that_lose_no_conflict_have_different_ids():
    ids = [
        found.record_id
        for each in iter_objects("tiny")
        if not each.loses_conflict and isinstance(found := parse_path(each.path), Build)
    ]
    assert len(ids) == len({*ids})
