"""``target.candidate``: which builds were staged, and which were published."""

from datetime import UTC, datetime

import pytest
from buildhub.counts.newest import Newest
from buildhub.rules.build import Build
from buildhub.rules.entry import Entry
from buildhub.rules.metadata import Metadata
from buildhub.rules.paths import parse_path
from buildhub.rules.records import build_record
from buildhub_schema import json_schema
from jsonschema import Draft7Validator

NIGHTLY = "pub/firefox/nightly/2018/06/2018-06-20-10-01-30-mozilla-central"
# A path, the candidate's number, and whether it may be the newest build of its channel.
CANDIDATES = [
    ("pub/firefox/candidates/72.0-candidates/build3/mac/fr/Firefox 72.0.dmg", 3),
    ("pub/firefox/candidates/72.0-candidates/build10/mac/fr/Firefox 72.0.dmg", 10),
    ("pub/firefox/releases/72.0/mac/fr/Firefox 72.0.dmg", None),
    ("pub/firefox/releases/4.0rc1/mac/de/Firefox 4.0 RC 1.dmg", None),
    ("pub/firefox/releases/56.0b12/mac/fr/Firefox 56.0b12.dmg", None),
    (f"{NIGHTLY}/firefox-62.0a1.en-US.mac.dmg", None),
    (
        "pub/mobile/candidates/57.0-candidates/build3/android-api-16/multi/"
        "fennec-57.0.multi.android-arm.apk",
        3,
    ),
]


@pytest.mark.parametrize(("path", "number"), CANDIDATES)
def test_the_number_is_that_of_the_folder(path: str, number: int | None) -> None:
    build = parse_path(path)
    assert isinstance(build, Build)
    record = build_record(
        build,
        Entry(path, 1, datetime(2020, 1, 3, tzinfo=UTC)),
        Metadata(build_id="20200103090853"),
        archive_url="https://archive.example/",
        candidate_number=2,
    )
    assert record["target"].get("candidate") == number
    Draft7Validator(json_schema()).validate({k: v for k, v in record.items() if k != "id"})
    newest = Newest()
    newest.note(record)
    assert bool(newest.builds) == (number is None)
