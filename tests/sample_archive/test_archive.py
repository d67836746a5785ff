"""What there is at which size, and that every way of looking shows the same."""

from collections import Counter
from itertools import islice, pairwise

import pytest
from buildhub_sample_archive import Object, SampleArchive, iter_objects
from buildhub_sample_archive.builds.eras import ARCHIVE_PRODUCTS
from buildhub_sample_archive.builds.history import releases
from buildhub_sample_archive.objects import Folder, describe
from buildhub_sample_archive.sizes import SHOWN_IN_FULL, SIZES


@pytest.fixture(scope="module")
def tiny() -> list[Object]:
    return list(iter_objects("tiny"))


@pytest.fixture(scope="module")
def default() -> list[Object]:
    return list(iter_objects("default"))


def test_objects_come_in_the_order_of_their_keys_and_once(default: list[Object]) -> None:
    for earlier, later in pairwise(default):
        assert earlier.path.encode() < later.path.encode()


def test_a_smaller_size_is_a_part_of_a_larger_one(
    tiny: list[Object], default: list[Object]
) -> None:
    assert set(tiny) < set(default)


def test_a_second_look_shows_the_same(tiny: list[Object]) -> None:
    assert list(SampleArchive("tiny").iter_objects()) == tiny


@pytest.mark.parametrize("name", SIZES)
def test_a_size_has_about_as_many_builds_as_it_says(name: str) -> None:
    builds = sum(made.is_build for made in iter_objects(name))
    assert 0.75 * SIZES[name] < builds < 1.1 * SIZES[name]


def test_a_number_is_a_size() -> None:
    builds = sum(made.is_build for made in iter_objects(8_000))
    assert 6_000 < builds < 8_800


@pytest.mark.parametrize("size", ["huge", "0", -5, ""])
def test_a_size_that_is_none_is_refused_by_name(size: str | int) -> None:
    with pytest.raises(ValueError, match=rf"'{size}'.*tiny, default, full"):
        SampleArchive(size)


def test_builds_are_about_a_third_of_all_files(default: list[Object]) -> None:
    share = sum(made.is_build for made in default) / len(default)
    assert 0.25 < share < 0.4


@pytest.mark.parametrize("key", SHOWN_IN_FULL)
def test_the_default_size_has_every_locale_of_the_documented_versions(
    key: str, default: list[Object]
) -> None:
    product, version = key.split()
    release = next(release for release in releases() if release.key == key)
    folder = f"pub/{product}/releases/{version}/"
    found = Counter(
        tuple(made.path.removeprefix(folder).split("/")[:2])
        for made in default
        if made.is_build and made.path.startswith(folder)
    )
    platforms = {platform for platform, _ in found}
    assert {"linux-i686", "linux-x86_64", "mac", "win32", "win64"} < platforms
    for platform in platforms:
        unwanted = "ja" if platform.startswith("mac") else "ja-JP-mac"
        wanted = set(release.locales) - {unwanted}
        assert {locale for p, locale in found if p == platform} == wanted, platform
    assert set(found.values()) == {1}


def test_the_full_size_has_a_folder_for_every_release() -> None:
    archive = SampleArchive("full")
    for release in releases():
        product = ARCHIVE_PRODUCTS.get(release.product, release.product)
        folder = archive.find(f"pub/{product}/releases/{release.version}/")
        assert isinstance(folder, Folder), release.key


def test_every_product_and_year_is_in_the_default_size() -> None:
    archive = SampleArchive("default")
    shown = {
        (release.product, release.day.year) for release in releases() if archive.size.has(release)
    }
    assert shown == {(release.product, release.day.year) for release in releases()}


def test_walking_meets_what_the_folders_list(tiny: list[Object]) -> None:
    archive = SampleArchive("tiny")

    def below(path: str) -> set[tuple[str, int]]:
        folder = archive.find(path)
        assert isinstance(folder, Folder), path
        found = {(path + f.name, describe(path + f.name, f).size) for f in folder.files}
        for name in folder.folders:
            found |= below(f"{path}{name}/")
        return found

    start = "pub/devedition/"
    walked = {(made.path, made.size) for made in tiny if made.path.startswith(start)}
    assert below(start) == walked


def test_the_full_size_starts_to_answer_at_once() -> None:
    paths = [made.path for made in islice(iter_objects("full"), 1_000)]
    assert paths == sorted(paths)
    assert len(paths) == 1_000
