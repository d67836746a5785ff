"""Where metadata is looked for: functions from a build to paths of the archive.

A nightly has it beside it. Releases have none: theirs lies with the candidate that became the
release, the one with the highest number. All locales of a platform share the file of en-US.
"""

import re
from collections.abc import Iterable

from buildhub_schema.products import PRODUCTS_BY_NAME, Layout

from buildhub.rules.build import Build
from buildhub.rules.files import Packaging, find_packaging
from buildhub.rules.platforms import archive_spelling

_BUILD_FOLDER = re.compile(r"build([1-9][0-9]{0,3})/?")

# Repackaged forms of a platform's build. What built them is told with the platform itself.
REPACKAGED = re.compile(r"-(?:eme-free|sha1|euballot|funnelcake[0-9]+)$")

# Genuine release candidates were finished versions; no attempts at them are kept.
_GENUINE_RC = re.compile(r"rc[0-9]+$")

# The files that tell a platform's build ID, where the platform is not their first word.
_INFO_NAMES = {
    "linux-i686": "linux",
    "linux-x86_64": "linux64",
    "linux-aarch64": "linux64-aarch64",
    "mac": "macosx64",
    "win64-aarch64": "win64_aarch64",
}


def candidates_folder(build: Build) -> str | None:
    """Return the folder whose ``buildN/`` are the attempts at a release, a slash at its end.

    None for what is no release: nightlies and candidates know where their metadata is.
    """
    if build.nightly_folder is not None or build.candidate_number is not None:
        return None
    if _GENUINE_RC.search(build.base_version):
        return None
    root = PRODUCTS_BY_NAME[build.product].archive_path
    return f"{root}candidates/{build.base_version}-candidates/"


def latest_candidate_number(folder_names: Iterable[str]) -> int | None:
    """Return the highest N of the names ``buildN/``; other names are passed over.

    Numbers, not texts: ``build11/`` came after ``build9/``.
    """
    found = (_BUILD_FOLDER.fullmatch(name) for name in folder_names)
    return max((int(build[1]) for build in found if build), default=None)


def metadata_paths(build: Build, candidate_number: int | None) -> tuple[str, ...]:
    """Return where metadata may be, in the order to try.

    Args:
        build: any build.
        candidate_number: of a release, the attempt that became it; None if there is none known,
            and then there is nowhere to look. Candidates and nightlies do not need it.
    """
    if build.nightly_folder is not None:
        return _beside_nightly(build)
    number = build.candidate_number or candidate_number
    if number is None:
        return ()
    return _among_candidates(build, number)


def _beside_nightly(build: Build) -> tuple[str, ...]:
    folder, stem = _folder_and_stem(build.path.replace("-l10n/", "/", 1))
    start, _, platform = stem.rsplit(".", 2)
    return tuple(
        f"{folder}/{start}.{locale}.{platform}{ending}"
        for locale in _described_locales(build)
        for ending in (".json", ".buildhub.json", ".txt")
    )


def _described_locales(build: Build) -> tuple[str, ...]:
    """Return the locales whose metadata a nightly shares, in the order to try."""
    product = PRODUCTS_BY_NAME[build.product]
    if product.layout is not Layout.FENNEC or "/en-US/" in build.path or build.os == "mac":
        return ("en-US",)
    return ("multi", "en-US")


def _among_candidates(build: Build, number: int) -> tuple[str, ...]:
    product = PRODUCTS_BY_NAME[build.product]
    version = build.base_version
    root = f"{product.archive_path}candidates/{version}-candidates/build{number}"
    platform = archive_spelling(REPACKAGED.sub("", build.platform))
    folder = f"{root}/{platform}/en-US"
    name = f"{product.file_prefix}-{version}"
    if product.layout is Layout.FENNEC:
        *_, file_platform = _folder_and_stem(build.path)[1].rsplit(".", 1)
        name += f".en-US.{file_platform}"
    return (
        f"{folder}/{name}.json",
        f"{folder}/buildhub.json",
        f"{folder}/{name}.txt",
        f"{root}/{info_name(platform)}",
    )


def info_name(platform: str) -> str:
    """Return the name of the file that tells the build ID of a *platform*, as folders spell it."""
    return f"{_INFO_NAMES.get(platform, platform)}_info.txt"


def _folder_and_stem(path: str) -> tuple[str, str]:
    """Return a build's folder, and its name without what tells the packaging."""
    folder, _, name = path.rpartition("/")
    packaging = find_packaging(name)
    assert isinstance(packaging, Packaging), f"{path} is no build"  # noqa: S101
    return folder, name.removesuffix(packaging.ending).removesuffix(".installer")
