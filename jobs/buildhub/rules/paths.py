"""What a path of the archive means: a build, or a file that is none, and why.

The way of a path: product, then the file's ending (this is where most files of the archive are
turned away), then the area's reader, which knows at which place of the path each fact stands::

    pub/<product>/releases/<version>[/<part>]/<platform>/<locale>/<file>
    pub/<product>/releases/<version>/<prefix>-<version>.<locale>.<platform>.<ending>
    pub/<product>/candidates/<version>-candidates/build<N>[/<funnelcake>]/<platform>/<locale>/<file>
    pub/<product>/nightly/<year>/<month>/<date>-<branch>…/<prefix>-<version>.<locale>.<platform>.…
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from buildhub_schema.products import PRODUCT_PATHS, PRODUCTS_BY_FOLDER, Product

from buildhub.rules.build import Build
from buildhub.rules.files import (
    ZIP,
    Packaging,
    find_fault,
    find_packaging,
    parse_full_name,
)
from buildhub.rules.folders import explain_folder, parse_nightly_folder
from buildhub.rules.locales import canonical_locale
from buildhub.rules.platforms import Platform, parse_platform
from buildhub.rules.record_id import record_id
from buildhub.rules.skip_reasons import NotABuild, Skip, SkipReason
from buildhub.rules.versions import check_version

__all__ = ["Build", "Skip", "SkipReason", "parse_build", "parse_path"]

LONGEST_KEY_BYTES = 1024
"""No object store takes a longer key; what is longer would make record IDs that no server takes."""

CANDIDATES_SUFFIX = "-candidates"
YEAR = re.compile(r"20[0-9]{2}")
MONTH = re.compile(r"0[1-9]|1[0-2]")
BUILD_FOLDER = re.compile(r"build([1-9][0-9]{0,3})")
FUNNELCAKE_FOLDER = re.compile(r"funnelcake[0-9]{1,4}")
FUNNELCAKE_PART = re.compile(r"(?:v|funnelcake)[0-9]{1,4}")
_FUNNELCAKE_SUFFIX = re.compile(r"-funnelcake[0-9]+$")

# Parts of a product's archive that hold no builds of ours.
_OTHER_AREAS = {
    "tinderbox-builds": SkipReason.CI_BUILD,
    "try-builds": SkipReason.CI_BUILD,
    "bundles": SkipReason.SOURCE,
    "experimental": SkipReason.EXPERIMENTAL,
}

# Reasons that only say what could not be read; the folder may say why.
VAGUE = frozenset(
    {
        SkipReason.UNKNOWN_FOLDER,
        SkipReason.UNKNOWN_VERSION,
        SkipReason.UNKNOWN_PLATFORM,
        SkipReason.UNKNOWN_LOCALE,
        SkipReason.OTHER_NAME,
    }
)


class _Source(NamedTuple):
    """What every reader is given beside the parts of the path."""

    path: str
    product: Product
    packaging: Packaging


def parse_path(path: str) -> Build | Skip:
    """Return the build at *path*, or why it is none. Never raises, whatever the text.

    Args:
        path: a decoded object key, ``pub/firefox/releases/…``, spaces as spaces.
    """
    try:
        return read_path(path)
    except NotABuild as found:
        return Skip(path, explain_skip(path, found.reason))


def read_path(path: str) -> Build:
    """Return the build at *path*.

    Raises:
        NotABuild: it is none. A reason that is one of the ``VAGUE`` wants to be explained.
    """
    if not path.startswith(PRODUCT_PATHS):
        raise NotABuild(SkipReason.NOT_A_PRODUCT)
    packaging = find_packaging(path.rpartition("/")[2])
    if isinstance(packaging, SkipReason):
        raise NotABuild(packaging)
    if len(path) > LONGEST_KEY_BYTES:
        raise NotABuild(SkipReason.UNKNOWN_FOLDER)
    parts = path.split("/")
    read = _LAYOUTS.get((parts[2], len(parts)), _refuse)
    return read(_Source(path, PRODUCTS_BY_FOLDER[parts[1]], packaging), parts)


def explain_skip(path: str, reason: SkipReason) -> SkipReason:
    """Return why the file at *path* is no build, given what its reader found wrong."""
    if reason not in VAGUE:
        return reason
    return explain_folder(path.rpartition("/")[0], otherwise=reason)


def parse_build(path: str) -> Build:
    """Return the build at *path*.

    Raises:
        ValueError: there is none; says why.
    """
    build = parse_path(path)
    if isinstance(build, Skip):
        raise ValueError(f"expected a build: {build.text}")
    return build


def _refuse(source: _Source, parts: list[str]) -> Build:
    raise NotABuild(_OTHER_AREAS.get(parts[2], SkipReason.UNKNOWN_FOLDER))


def _read_release(source: _Source, parts: list[str]) -> Build:
    version = check_version(parts[3])
    base_version = _FUNNELCAKE_SUFFIX.sub("", version)
    return _read_placed(source, parts, version, base_version, None)


def _read_funnelcake(source: _Source, parts: list[str]) -> Build:
    """Read a release whose variants lie in folders of their own: ``58.0.2-funnelcake137/v2/``."""
    version = check_version(parts[3])
    if "funnelcake" not in version or not FUNNELCAKE_PART.fullmatch(parts[4]):
        raise NotABuild(SkipReason.UNKNOWN_FOLDER)
    return _read_release(source, parts)


def _read_candidate(source: _Source, parts: list[str]) -> Build:
    base_version, number = _parse_candidate(parts[3], parts[4])
    return _read_placed(source, parts, f"{base_version}rc{number}", base_version, number)


def _read_candidate_funnelcake(source: _Source, parts: list[str]) -> Build:
    base_version, number = _parse_candidate(parts[3], parts[4])
    if not FUNNELCAKE_FOLDER.fullmatch(parts[5]):
        raise NotABuild(SkipReason.UNKNOWN_FOLDER)
    version = f"{base_version}rc{number}-{parts[5]}"
    return _read_placed(source, parts, version, base_version, number)


def _parse_candidate(version_folder: str, build_folder: str) -> tuple[str, int]:
    if not version_folder.endswith(CANDIDATES_SUFFIX):
        raise NotABuild(SkipReason.UNKNOWN_FOLDER)
    version = check_version(version_folder.removesuffix(CANDIDATES_SUFFIX))
    build = BUILD_FOLDER.fullmatch(build_folder)
    if build is None:
        raise NotABuild(SkipReason.UNKNOWN_FOLDER)
    return version, int(build[1])


def _read_placed(
    source: _Source, parts: list[str], version: str, base_version: str, number: int | None
) -> Build:
    """Read the end that releases and candidates share: ``…/<platform>/<locale>/<file>``."""
    platform_folder, locale_folder, name = parts[-3:]
    fault = find_fault(name, source.packaging.ending, source.product.file_prefix)
    if fault is not None:
        raise NotABuild(fault)
    channel = _guess_channel(source.product, version)
    return _build(
        source,
        channel,
        version,
        base_version,
        parse_platform(platform_folder),
        canonical_locale(locale_folder),
        candidate_number=number,
    )


def _read_flat(source: _Source, parts: list[str]) -> Build:
    """Read an early release without folders for platform and locale: its name tells both."""
    check_version(parts[3])
    name = parse_full_name(parts[-1], source.packaging.ending, source.product.file_prefix)
    return _build(
        source,
        _guess_channel(source.product, name.version),
        name.version,
        name.version,
        parse_platform(name.platform),
        canonical_locale(name.locale),
    )


def _read_nightly(source: _Source, parts: list[str]) -> Build:
    # Others are nightly/partials/, nightly/experimental/ and the like.
    if not (YEAR.fullmatch(parts[3]) and MONTH.fullmatch(parts[4])):
        raise NotABuild(SkipReason.UNKNOWN_FOLDER)
    folder = parse_nightly_folder(parts[5])
    name = parse_full_name(parts[-1], source.packaging.ending, source.product.file_prefix)
    return _build(
        source,
        "nightly-old-id" if folder.old_id else "nightly",
        name.version,
        name.version,
        parse_platform(folder.platform or name.platform),
        canonical_locale(name.locale),
        nightly_folder=parts[5],
    )


def _read_nightly_in_locale(source: _Source, parts: list[str]) -> Build:
    """Read a nightly one level down: ``…-android-api-16/en-US/fennec-64.0a1.en-US.….apk``."""
    build = _read_nightly(source, parts)
    if parts[6] != build.locale:
        raise NotABuild(SkipReason.UNKNOWN_FOLDER)
    return build


def _guess_channel(product: Product, version: str) -> str:
    if "b" in version:
        return product.beta_channel
    return "esr" if version.endswith("esr") else "release"


def _build(
    source: _Source,
    channel: str,
    version: str,
    base_version: str,
    platform: Platform,
    locale: str,
    candidate_number: int | None = None,
    nightly_folder: str | None = None,
) -> Build:
    if source.packaging is ZIP and platform.os == "win":
        raise NotABuild(SkipReason.WINDOWS_ZIP)
    product = source.product.name
    return Build(
        source.path,
        record_id(product, channel, version, platform.name, locale, nightly_folder),
        locale,
        product,
        channel,
        version,
        base_version,
        platform.name,
        platform.os,
        source.packaging.mimetype,
        candidate_number,
        nightly_folder,
    )


_Layouts = dict[tuple[str, int], Callable[[_Source, list[str]], Build]]

# By area and number of parts. All of these end in `/<platform>/<locale>/<file>`, and nothing but
# the locale is read from the locale's folder.
PLACED_LAYOUTS: _Layouts = {
    ("releases", 7): _read_release,
    ("releases", 8): _read_funnelcake,
    ("candidates", 8): _read_candidate,
    ("candidates", 9): _read_candidate_funnelcake,
}
_LAYOUTS: _Layouts = {
    **PLACED_LAYOUTS,
    ("releases", 5): _read_flat,
    ("nightly", 7): _read_nightly,
    ("nightly", 8): _read_nightly_in_locale,
}
