"""Every quirk of the table is in every size, with the right verdict, in listings and in walks."""

import pytest
from buildhub_sample_archive import Object, SampleArchive, iter_objects
from buildhub_sample_archive.objects import File
from buildhub_sample_archive.quirks.quirk_folder import QUIRKS, path_of

KINDS = (("builds", True, False), ("losers", True, True), ("others", False, False))
CASES = [
    pytest.param(path_of(entry), (is_build, loses_conflict), id=f"{quirk.name}-{number}")
    for quirk in QUIRKS
    for kind, is_build, loses_conflict in KINDS
    for number, entry in enumerate(getattr(quirk, kind))
]


@pytest.fixture(scope="module")
def tiny() -> dict[str, Object]:
    return {made.path: made for made in iter_objects("tiny")}


@pytest.mark.parametrize(("path", "verdict"), CASES)
def test_the_smallest_size_has_the_quirk(
    path: str, verdict: tuple[bool, bool], tiny: dict[str, Object]
) -> None:
    made = tiny[path]
    assert (made.is_build, made.loses_conflict) == verdict


# A marker is listed in its folder, and is no path of its own.
@pytest.mark.parametrize(
    ("path", "verdict"), [case for case in CASES if not str(case.values[0]).endswith("/")]
)
def test_the_full_size_has_the_same_file(
    path: str, verdict: tuple[bool, bool], tiny: dict[str, Object]
) -> None:
    archive = SampleArchive("full")
    found = archive.find(path)
    assert isinstance(found, File)
    assert (found.is_build, found.loses_conflict) == verdict
    folder = path[: path.rfind("/") + 1]
    made = next(made for made in archive.iter_objects(folder) if made.path == path)
    assert made == tiny[path]


def test_quirks_have_names_of_their_own_and_show_something() -> None:
    names = [quirk.name for quirk in QUIRKS]
    assert len(set(names)) == len(names)
    assert all(quirk.builds or quirk.others for quirk in QUIRKS)
