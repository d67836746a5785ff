"""Values of the client: how they compare."""

from buildhub.client.parsing import parse_record
from buildhub.client.values import Version

from tests.conftest import make_record


def test_versions_compare_as_versions() -> None:
    versions = ["53.0", "53.0b10", "53.0b9", "53.0b9rc1", "53.0.1", "53.0a1"]
    assert sorted(map(Version, versions)) == [
        "53.0a1", "53.0b9rc1", "53.0b9", "53.0b10", "53.0", "53.0.1",
    ]  # fmt: skip
    assert Version("53.0b9") < "53.0b10" <= Version("53.0b10") > "53.0b9"
    assert {Version("53.0"): 1}["53.0"] == 1


def test_records_compare_by_version_then_build_id() -> None:
    old, young, other = (
        parse_record(
            {**make_record(target__version=version, build__id=build_id), "last_modified": 1}
        )
        for version, build_id in (("53.0b9", "20170403"), ("53.0b9", "20170404"), ("53.0b10", ""))
    )
    assert sorted([other, young, old]) == [old, young, other]
    assert max(old, other) is other
