"""Parses archive paths: each is a build, or a file that is skipped for a reason.

First come the product and the file extension, which skips most files of the archive. Then the
parser of the area takes over: it knows the position of each fact in the path::

    pub/<product>/releases/<version>[/<part>]/<platform>/<locale>/<file>
    pub/<product>/releases/<version>/<prefix>-<version>.<locale>.<platform>.<ending>
    pub/<product>/candidates/<version>-candidates/build<N>[/<funnelcake>]/<platform>/<locale>/<file>
    pub/<product>/nightly/<year>/<month>/<date>-<branch>…/<prefix>-<version>.<locale>.<platform>.…

Products whose row has templates of their paths are left to :mod:`buildhub.rules.path_templates`.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from buildhub_schema.products import LAYOUT_PATHS, PRODUCTS_BY_FOLDER, Product

from buildhub.rules.build import Build
from buildhub.rules.channels import guess_channel
from buildhub.rules.files import (
    ZIP,
    Packaging,
    find_packaging,
    find_skip_reason,
    parse_full_name,
)
from buildhub.rules.folders import explain_folder, parse_nightly_folder
from buildhub.rules.locales import canonical_locale
from buildhub.rules.path_templates import parse_templated
from buildhub.rules.platforms import Platform, parse_platform
from buildhub.rules.record_id import record_id
from buildhub.rules.skip_reasons import NotABuild, Skip, SkipReason
from buildhub.rules.versions import check_version

__all__ = ["Build", "Skip", "SkipReason", "parse_build", "parse_path"]

LONGEST_KEY_BYTES = 1024
"""Object stores allow no longer key, and the server no record ID made from one."""

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
    "integration": SkipReason.CI_BUILD,
    "bundles": SkipReason.SOURCE,
    "experimental": SkipReason.EXPERIMENTAL,
}

# Reasons that only say what could not be parsed; the folder may say why.
VAGUE = frozenset(
    {
        SkipReason.UNKNOWN_FOLDER,
        SkipReason.UNKNOWN_VERSION,
        SkipReason.UNKNOWN_PLATFORM,
        SkipReason.UNKNOWN_LOCALE,
        SkipReason.OTHER_NAME,
    }
)


class _File(NamedTuple):
    """What every parser gets besides the parts of the path."""

    path: str
    product: Product
    packaging: Packaging


def parse_path(path: str) -> Build | Skip:
    """Return the build at *path*, or why there is none. Never raises, whatever the text.

    Args:
        path: a decoded object key, ``pub/firefox/releases/…``, spaces as spaces.
    """
    try:
        return parse_or_raise(path)
    except NotABuild as found:
        return Skip(path, explain_skip(path, found.reason))


def parse_or_raise(path: str) -> Build:
    """Return the build at *path*.

    Raises:
        NotABuild: there is none. If the reason is in ``VAGUE``, pass it to ``explain_skip``.
    """
    if not path.startswith(LAYOUT_PATHS):
        return parse_templated(path)
    packaging = find_packaging(path.rpartition("/")[2])
    if isinstance(packaging, SkipReason):
        raise NotABuild(packaging)
    if len(path) > LONGEST_KEY_BYTES:
        raise NotABuild(SkipReason.UNKNOWN_FOLDER)
    parts = path.split("/")
    parse = _LAYOUTS.get((parts[2], len(parts)), _parse_unknown)
    return parse(_File(path, PRODUCTS_BY_FOLDER[parts[1]], packaging), parts)


def explain_skip(path: str, reason: SkipReason) -> SkipReason:
    """Return why the file at *path* is no build, given the reason that its parser raised."""
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


def _parse_unknown(file: _File, parts: list[str]) -> Build:
    raise NotABuild(_OTHER_AREAS.get(parts[2], SkipReason.UNKNOWN_FOLDER))


def _parse_release(file: _File, parts: list[str]) -> Build:
    version = check_version(parts[3])
    base_version = _FUNNELCAKE_SUFFIX.sub("", version)
    return _parse_in_locale_folder(file, parts, version, base_version, None)


def _parse_funnelcake(file: _File, parts: list[str]) -> Build:
    """Parse a release with a folder for each variant: ``58.0.2-funnelcake137/v2/``."""
    version = check_version(parts[3])
    if "funnelcake" not in version or not FUNNELCAKE_PART.fullmatch(parts[4]):
        raise NotABuild(SkipReason.UNKNOWN_FOLDER)
    return _parse_release(file, parts)


def _parse_candidate(file: _File, parts: list[str]) -> Build:
    base_version, number = _parse_attempt(parts[3], parts[4])
    return _parse_in_locale_folder(file, parts, f"{base_version}rc{number}", base_version, number)


def _parse_candidate_funnelcake(file: _File, parts: list[str]) -> Build:
    base_version, number = _parse_attempt(parts[3], parts[4])
    if not FUNNELCAKE_FOLDER.fullmatch(parts[5]):
        raise NotABuild(SkipReason.UNKNOWN_FOLDER)
    version = f"{base_version}rc{number}-{parts[5]}"
    return _parse_in_locale_folder(file, parts, version, base_version, number)


def _parse_attempt(version_folder: str, build_folder: str) -> tuple[str, int]:
    if not version_folder.endswith(CANDIDATES_SUFFIX):
        raise NotABuild(SkipReason.UNKNOWN_FOLDER)
    version = check_version(version_folder.removesuffix(CANDIDATES_SUFFIX))
    build = BUILD_FOLDER.fullmatch(build_folder)
    if build is None:
        raise NotABuild(SkipReason.UNKNOWN_FOLDER)
    return version, int(build[1])


def _parse_in_locale_folder(
    file: _File, parts: list[str], version: str, base_version: str, number: int | None
) -> Build:
    """Parse the end that releases and candidates share: ``…/<platform>/<locale>/<file>``."""
    platform_folder, locale_folder, name = parts[-3:]
    reason = find_skip_reason(name, file.packaging.extension, file.product.file_prefix)
    if reason is not None:
        raise NotABuild(reason)
    channel = guess_channel(file.product, version)
    return _build(
        file,
        channel,
        version,
        base_version,
        parse_platform(platform_folder),
        canonical_locale(locale_folder),
        candidate_number=number,
    )


def _parse_flat_release(file: _File, parts: list[str]) -> Build:
    """Parse an early release that has platform and locale in its name, not in its path."""
    check_version(parts[3])
    name = parse_full_name(parts[-1], file.packaging.extension, file.product.file_prefix)
    return _build(
        file,
        guess_channel(file.product, name.version),
        name.version,
        name.version,
        parse_platform(name.platform),
        canonical_locale(name.locale),
    )


def _parse_nightly(file: _File, parts: list[str]) -> Build:
    # Others are nightly/partials/, nightly/experimental/ and the like.
    if not (YEAR.fullmatch(parts[3]) and MONTH.fullmatch(parts[4])):
        raise NotABuild(SkipReason.UNKNOWN_FOLDER)
    folder = parse_nightly_folder(parts[5])
    name = parse_full_name(parts[-1], file.packaging.extension, file.product.file_prefix)
    return _build(
        file,
        "nightly-old-id" if folder.old_id else "nightly",
        name.version,
        name.version,
        parse_platform(folder.platform or name.platform),
        canonical_locale(name.locale),
        nightly_folder=parts[5],
    )


def _parse_nightly_in_locale_folder(file: _File, parts: list[str]) -> Build:
    """Parse a nightly one level down: ``…-android-api-16/en-US/fennec-64.0a1.en-US.….apk``."""
    build = _parse_nightly(file, parts)
    if parts[6] != build.locale:
        raise NotABuild(SkipReason.UNKNOWN_FOLDER)
    return build


def _build(
    file: _File,
    channel: str,
    version: str,
    base_version: str,
    platform: Platform,
    locale: str,
    candidate_number: int | None = None,
    nightly_folder: str | None = None,
) -> Build:
    if file.packaging is ZIP and platform.os == "win":
        raise NotABuild(SkipReason.WINDOWS_ZIP)
    product = file.product.name
    return Build(
        file.path,
        record_id(product, channel, version, platform.name, locale, nightly_folder),
        locale,
        product,
        channel,
        version,
        base_version,
        platform.name,
        platform.os,
        file.packaging.mimetype,
        candidate_number,
        nightly_folder,
    )


_Layouts = dict[tuple[str, int], Callable[[_File, list[str]], Build]]

# By area and number of parts. All of these end in `/<platform>/<locale>/<file>`, and the locale's
# folder decides nothing but the locale.
LOCALE_FOLDER_LAYOUTS: _Layouts = {
    ("releases", 7): _parse_release,
    ("releases", 8): _parse_funnelcake,
    ("candidates", 8): _parse_candidate,
    ("candidates", 9): _parse_candidate_funnelcake,
}
_LAYOUTS: _Layouts = {
    **LOCALE_FOLDER_LAYOUTS,
    ("releases", 5): _parse_flat_release,
    ("nightly", 7): _parse_nightly,
    ("nightly", 8): _parse_nightly_in_locale_folder,
}
