"""File names: how the file is packaged, and whether it is named like a build."""

import re
from dataclasses import dataclass
from functools import lru_cache

from buildhub_schema.products import PRODUCTS

from buildhub.rules import locales, platforms, versions
from buildhub.rules.skip_reasons import NotABuild, SkipReason


@dataclass(frozen=True, slots=True)
class Packaging:
    """A format of builds: the file extension, and the media type in records."""

    extension: str
    mimetype: str


EXE = Packaging(".exe", "application/msdos-windows")
DMG = Packaging(".dmg", "application/x-apple-diskimage")
APK = Packaging(".apk", "application/vnd.android.package-archive")
ZIP = Packaging(".zip", "application/zip")
TAR_XZ = Packaging(".tar.xz", "application/x-xz")
TAR_BZ2 = Packaging(".tar.bz2", "application/x-bzip2")
TAR_GZ = Packaging(".tar.gz", "application/x-gzip")
MSI = Packaging(".msi", "application/x-msi")
PKG = Packaging(".pkg", "application/x-newton-compatible-pkg")
DEB = Packaging(".deb", "application/vnd.debian.binary-package")
PACKAGINGS = (EXE, DMG, APK, MSI, PKG, DEB, TAR_XZ, TAR_BZ2, TAR_GZ, ZIP)
"""All formats. In the layouts, msi, pkg and deb are other packages of a build."""

# The keys of both tables are what follows the last dot of a name; the whole name if it has none.
_PACKAGINGS = {
    "exe": EXE,
    "dmg": DMG,
    "apk": APK,
    "zip": ZIP,
    "xz": TAR_XZ,
    "bz2": TAR_BZ2,
    "gz": TAR_GZ,
}
# Most files of the archive are one of these.
EXTENSIONS_OF_OTHERS = {
    "": SkipReason.NO_FILE,
    "mar": SkipReason.UPDATE,
    "asc": SkipReason.SIGNATURE,
    "sig": SkipReason.SIGNATURE,
    "KEY": SkipReason.SIGNATURE,
    "RPM-KEY": SkipReason.SIGNATURE,
    "xpi": SkipReason.LANGUAGE_PACK,
    "checksums": SkipReason.CHECKSUMS,
    "md5": SkipReason.CHECKSUMS,
    "sha1": SkipReason.CHECKSUMS,
    "MD5SUMS": SkipReason.CHECKSUMS,
    "SHA1SUMS": SkipReason.CHECKSUMS,
    "SHA256SUMS": SkipReason.CHECKSUMS,
    "SHA512SUMS": SkipReason.CHECKSUMS,
    "beet": SkipReason.CHECKSUMS,
    "json": SkipReason.METADATA,
    "txt": SkipReason.METADATA,
    "pkg": SkipReason.SECOND_PACKAGE,
    "msi": SkipReason.SECOND_PACKAGE,
    "msix": SkipReason.SECOND_PACKAGE,
    "deb": SkipReason.SECOND_PACKAGE,
    "rpm": SkipReason.SECOND_PACKAGE,
    "aab": SkipReason.SECOND_PACKAGE,
    "flatpak": SkipReason.SECOND_PACKAGE,
    "snap": SkipReason.SECOND_PACKAGE,
}
_BY_LAST_PART: dict[str, Packaging | SkipReason] = {**_PACKAGINGS, **EXTENSIONS_OF_OTHERS}

_PREFIXES = "|".join(sorted({product.file_prefix for product in PRODUCTS}))

# Why a file is skipped that is not named like a build. The first pattern that matches is used.
_NAME_RULES = (
    (SkipReason.STUB, re.compile(rf"stub|^(?:{_PREFIXES})[ -]installer")),
    (SkipReason.TESTS, re.compile(r"tests|robocop|mozharness|geckoview")),
    (SkipReason.SYMBOLS, re.compile(r"crashreporter|symbols")),
    (SkipReason.SOURCE, re.compile(r"source")),
    (SkipReason.SDK, re.compile(r"sdk")),
    (SkipReason.JS_SHELL, re.compile(r"jsshell")),
    (SkipReason.SANITIZER, re.compile(r"asan")),
    (SkipReason.SIGNATURE, re.compile(r"keyring")),
    (SkipReason.TOOLKIT, re.compile(r"gtk2.*xft")),
    (SkipReason.UNPLAIN_NAME, re.compile(r"[()]")),
)


@dataclass(frozen=True, slots=True)
class FullName:
    """The parts of a name that contains all facts, as nightlies' do; each as spelled there."""

    version: str
    locale: str
    platform: str


def find_packaging(name: str) -> Packaging | SkipReason:
    """Return the format of the file, or why it is not a format of builds."""
    found = _BY_LAST_PART.get(name.rpartition(".")[2], SkipReason.OTHER_FILE)
    if isinstance(found, Packaging) and not name.endswith(found.extension):
        return SkipReason.OTHER_FILE
    return found


@lru_cache(maxsize=8192)
def find_skip_reason(name: str, extension: str, prefix: str) -> SkipReason | None:
    """Return why a file in a locale's folder is not named like a build, None if it is.

    Cached for the other locales, whose files have the same name.
    """
    found = _locale_folder_pattern(prefix).fullmatch(name, 0, len(name) - len(extension))
    if found is None or not _is_platform(found["platform"]):
        return explain_name(name)
    return None


def _is_platform(text: str | None) -> bool:
    """Whether a part of a name may be there: `web-platform.tests` looks like a locale's."""
    if text is None:
        return True
    try:
        return bool(platforms.parse_platform(text))
    except NotABuild:
        return False


def parse_full_name(name: str, extension: str, prefix: str) -> FullName:
    """Return the parts of ``firefox-56.0a1.en-US.win64.installer.exe`` and its like.

    Raises:
        NotABuild: the name does not consist of these parts.
    """
    found = _full_name_pattern(prefix).fullmatch(name, 0, len(name) - len(extension))
    if found is None:
        raise NotABuild(explain_name(name))
    return FullName(*found.groups())


# Up to 4.0, pre-releases spell the version in words: `Firefox Setup 4.0 Beta 12.exe`.
_SPELLED_VERSION = rf"{versions.PATTERN}(?: (?:Alpha|Beta|RC|Preview)(?: [0-9]+)?)?"


@lru_cache
def _locale_folder_pattern(prefix: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?:{prefix}-|{prefix.capitalize()} (?:Setup )?){_SPELLED_VERSION}"
        rf"(?:\.{locales.PATTERN}\.(?P<platform>{platforms.PATTERN}))?(?:\.installer)?"
    )


@lru_cache
def _full_name_pattern(prefix: str) -> re.Pattern[str]:
    return re.compile(
        rf"{prefix}-({versions.PATTERN})\.({locales.PATTERN})\.({platforms.PATTERN})"
        r"(?:\.installer)?"
    )


def explain_name(name: str) -> SkipReason:
    """Return the skip reason of a file that is not named like a build."""
    lowered = name.lower()
    fitting = (reason for reason, pattern in _NAME_RULES if pattern.search(lowered))
    return next(fitting, SkipReason.OTHER_NAME)
