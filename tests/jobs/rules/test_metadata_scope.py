"""Which builds a metadata file describes."""

import pytest
from buildhub.rules.metadata_scope import find_metadata_scope
from buildhub.rules.paths import Build, parse_path

MOBILE = "pub/mobile/candidates/57.0-candidates/build3/android-api-16"
RELEASES = "pub/mobile/releases/57.0/android-api-16"

# A metadata file of Fennec, a build, and whether the file describes it.
COVERED = [
    ("multi/fennec-57.0.multi.android-arm.json", f"{MOBILE}/multi/fennec-57.0.multi", True),
    ("multi/fennec-57.0.multi.android-arm.txt", f"{RELEASES}/multi/fennec-57.0.multi", True),
    ("multi/buildhub.json", f"{MOBILE}/multi/fennec-57.0.multi", True),
    ("multi/fennec-57.0.multi.android-arm.json", f"{MOBILE}/de/fennec-57.0.de", False),
    ("multi/fennec-57.0.multi.android-arm.json", f"{MOBILE}/en-US/fennec-57.0.en-US", False),
    ("en-US/fennec-57.0.en-US.android-arm.json", f"{MOBILE}/de/fennec-57.0.de", True),
    ("en-US/fennec-57.0.en-US.android-arm.json", f"{MOBILE}/multi/fennec-57.0.multi", True),
]


@pytest.mark.parametrize(("file", "build", "is_covered"), COVERED)
def test_builds_of_fennec(file: str, build: str, is_covered: bool) -> None:
    scope = find_metadata_scope(f"{MOBILE}/{file}")
    parsed = parse_path(f"{build}.android-arm.apk")
    assert scope is not None
    assert isinstance(parsed, Build)
    assert scope.covers(parsed) == is_covered
    folder = parsed.path.rpartition("/")[0] + "/"
    assert not is_covered or scope.includes_folder(folder)


NO_METADATA = [
    f"{MOBILE}/multi/fennec-57.0.en-US.android-arm.json",
    f"{MOBILE}/en-US/fennec-57.0.multi.android-arm.json",
    f"{MOBILE}/multi/fennec-57.0.multi.android-arm.mozinfo.json",
    f"{MOBILE}/de/fennec-57.0.de.android-arm.json",
    "pub/firefox/candidates/100.0-candidates/build1/win64/multi/buildhub.json",
    "pub/firefox/candidates/100.0-candidates/build1/win64/multi/firefox-100.0.json",
]


@pytest.mark.parametrize("path", NO_METADATA)
def test_files_that_describe_no_build(path: str) -> None:
    assert find_metadata_scope(path) is None
