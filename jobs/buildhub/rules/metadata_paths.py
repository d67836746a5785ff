"""Where the metadata of a build may be: functions from a build to paths of the archive.

A nightly's metadata is in its own folder. A release has none: it uses that of the candidate that
became the release, the one with the highest number. All locales of a platform use the file of
en-US; Fennec's builds in several locales have their own.
"""

import re
from collections.abc import Iterable

from buildhub_schema.products import PRODUCTS_BY_NAME, BuildIdSource, Layout

from buildhub.rules.build import Build
from buildhub.rules.files import Packaging, find_packaging
from buildhub.rules.platforms import archive_spelling

# The number is a build ID where that is what candidates are numbered by.
_BUILD_FOLDER = re.compile(r"build([1-9][0-9]{0,3}|20[0-9]{12})/?")

# Repackaged variants of a platform's build. They use the metadata of the platform itself.
REPACKAGED = re.compile(r"-(?:eme-free|sha1|euballot|funnelcake[0-9]+)$")

# The archive has no candidates folder for release candidates in releases/.
_GENUINE_RC = re.compile(r"rc[0-9]+$")

# The locale in the paths of Fennec's builds that hold several.
MULTI = "multi"

# How `…_info.txt` files spell a platform, if not as its folder does.
_INFO_NAMES = {
    "linux-i686": "linux",
    "linux-x86_64": "linux64",
    "linux-aarch64": "linux64-aarch64",
    "mac": "macosx64",
    "win64-aarch64": "win64_aarch64",
}


def candidates_folder(build: Build) -> str | None:
    """Return the folder with the candidates ``buildN/`` of a release, a slash at its end.

    None for nightlies and candidates, whose own paths show where their metadata is, and for
    products without candidates.
    """
    product = PRODUCTS_BY_NAME[build.product]
    if build.nightly_folder is not None or build.candidate_number is not None:
        return None
    if _GENUINE_RC.search(build.base_version) or not product.has_candidates:
        return None
    return f"{product.archive_path}candidates/{build.base_version}-candidates/"


def latest_candidate_number(folder_names: Iterable[str]) -> int | None:
    """Return the highest N of the names ``buildN/``; other names are ignored.

    Numbers are compared, not texts: ``build11/`` is newer than ``build9/``.
    """
    found = (_BUILD_FOLDER.fullmatch(name) for name in folder_names)
    return max((int(build[1]) for build in found if build), default=None)


def metadata_paths(build: Build, candidate_number: int | None) -> tuple[str, ...]:
    """Return the paths where metadata may be, in the order to try them; none if it has none.

    Args:
        build: any build.
        candidate_number: of the candidate that became a release. If it is None, a release has no
            paths. Ignored for candidates and nightlies.
    """
    if not has_metadata(build):
        return ()
    if build.nightly_folder is not None:
        return _nightly_paths(build)
    number = build.candidate_number or candidate_number
    if number is None:
        return ()
    return _candidate_paths(build, number)


def has_metadata(build: Build) -> bool:
    """Return whether the archive has metadata files of the product."""
    return PRODUCTS_BY_NAME[build.product].build_id_source is BuildIdSource.METADATA


def _nightly_paths(build: Build) -> tuple[str, ...]:
    folder, stem = _folder_and_stem(build.path.replace("-l10n/", "/", 1))
    start, _, platform = stem.rsplit(".", 2)
    return tuple(
        f"{folder}/{start}.{locale}.{platform}{ending}"
        for locale in _metadata_locales(build)
        for ending in (".json", ".buildhub.json", ".txt")
    )


def _metadata_locales(build: Build) -> tuple[str, ...]:
    """Return the locales whose metadata a build may use; a nightly tries them in this order."""
    product = PRODUCTS_BY_NAME[build.product]
    if product.layout is not Layout.FENNEC or "/en-US/" in build.path or build.os == "mac":
        return ("en-US",)
    return (MULTI, "en-US")


def _candidate_paths(build: Build, number: int) -> tuple[str, ...]:
    product = PRODUCTS_BY_NAME[build.product]
    version = build.base_version
    root = f"{product.archive_path}candidates/{version}-candidates/build{number}"
    platform = archive_spelling(REPACKAGED.sub("", build.platform))
    name = f"{product.file_prefix}-{version}"
    paths: list[str] = []
    for locale in _candidate_locales(build):
        stem = name
        if product.layout is Layout.FENNEC:
            *_, file_platform = _folder_and_stem(build.path)[1].rsplit(".", 1)
            stem = f"{name}.{locale}.{file_platform}"
        folder = f"{root}/{platform}/{locale}"
        paths += f"{folder}/{stem}.json", f"{folder}/buildhub.json", f"{folder}/{stem}.txt"
    return (*paths, f"{root}/{info_name(platform)}")


def _candidate_locales(build: Build) -> tuple[str, ...]:
    """Return the locales whose metadata a candidate uses, in the order to try them.

    Fennec's build in several locales has its own. Single locales are made from en-US.
    """
    return _metadata_locales(build) if build.locale == MULTI else ("en-US",)


def info_name(platform: str) -> str:
    """Return the name of the file with the build ID of a *platform*, spelled as folders do."""
    return f"{_INFO_NAMES.get(platform, platform)}_info.txt"


def _folder_and_stem(path: str) -> tuple[str, str]:
    """Return a build's folder, and its file name without extensions."""
    folder, _, name = path.rpartition("/")
    packaging = find_packaging(name)
    assert isinstance(packaging, Packaging), f"{path} is not a build"  # noqa: S101
    return folder, name.removesuffix(packaging.extension).removesuffix(".installer")
