"""What the name of a file says: how it is packed, and whether it is named as a build."""

import re
from dataclasses import dataclass
from functools import lru_cache

from buildhub.rules import locales, platforms, versions
from buildhub.rules.skip_reasons import NotABuild, SkipReason


@dataclass(frozen=True, slots=True)
class Packaging:
    """A way to pack a build: the name's ending, and the media type that records give."""

    ending: str
    mimetype: str


EXE = Packaging(".exe", "application/msdos-windows")
DMG = Packaging(".dmg", "application/x-apple-diskimage")
APK = Packaging(".apk", "application/vnd.android.package-archive")
ZIP = Packaging(".zip", "application/zip")
TAR_XZ = Packaging(".tar.xz", "application/x-xz")
TAR_BZ2 = Packaging(".tar.bz2", "application/x-bzip2")
TAR_GZ = Packaging(".tar.gz", "application/x-gzip")

# Both tables have what follows the last dot of a name; a name without a dot stands for itself.
_PACKAGINGS = {
    "exe": EXE,
    "dmg": DMG,
    "apk": APK,
    "zip": ZIP,
    "xz": TAR_XZ,
    "bz2": TAR_BZ2,
    "gz": TAR_GZ,
}
# Most files of the archive are in this one.
EXTENSIONS_OF_OTHERS = {
    "": SkipReason.NO_FILE,
    "mar": SkipReason.UPDATE,
    "asc": SkipReason.SIGNATURE,
    "sig": SkipReason.SIGNATURE,
    "KEY": SkipReason.SIGNATURE,
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

# What a name that is not a build's says about the file. The first that fits is the reason.
_NAME_RULES = (
    (SkipReason.STUB, re.compile(r"stub|^(?:firefox|thunderbird)[ -]installer")),
    (SkipReason.TESTS, re.compile(r"tests|robocop|mozharness|geckoview")),
    (SkipReason.SYMBOLS, re.compile(r"crashreporter|symbols")),
    (SkipReason.SOURCE, re.compile(r"source")),
    (SkipReason.SDK, re.compile(r"sdk")),
    (SkipReason.JS_SHELL, re.compile(r"jsshell")),
    (SkipReason.SANITIZER, re.compile(r"asan")),
    (SkipReason.TOOLKIT, re.compile(r"gtk2.*xft")),
    (SkipReason.UNPLAIN_NAME, re.compile(r"[()]")),
)


@dataclass(frozen=True, slots=True)
class FullName:
    """A name that tells everything, as nightlies' do: each part as the name spells it."""

    version: str
    locale: str
    platform: str


def find_packaging(name: str) -> Packaging | SkipReason:
    """Return how the file is packed, or why no build is packed like this."""
    found = _BY_LAST_PART.get(name.rpartition(".")[2], SkipReason.OTHER_FILE)
    if isinstance(found, Packaging) and not name.endswith(found.ending):
        return SkipReason.OTHER_FILE
    return found


@lru_cache(maxsize=8192)
def find_fault(name: str, ending: str, prefix: str) -> SkipReason | None:
    """Return why a file in a platform's and locale's folder is not named as a build; None if it is.

    Kept for the files of the other locales, which have the same name.
    """
    if _placed_name(prefix).fullmatch(name, 0, len(name) - len(ending)):
        return None
    return _explain_name(name)


def parse_full_name(name: str, ending: str, prefix: str) -> FullName:
    """Return the parts of ``firefox-56.0a1.en-US.win64.installer.exe`` and its like.

    Raises:
        NotABuild: the name does not have these parts.
    """
    found = _full_name(prefix).fullmatch(name, 0, len(name) - len(ending))
    if found is None:
        raise NotABuild(_explain_name(name))
    return FullName(*found.groups())


# Until 4.0, files of pre-releases spelled their version in words: `Firefox Setup 4.0 Beta 12.exe`.
_SPELLED_VERSION = rf"{versions.PATTERN}(?: (?:Alpha|Beta|RC|Preview)(?: [0-9]+)?)?"


@lru_cache
def _placed_name(prefix: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?:{prefix}-|{prefix.capitalize()} (?:Setup )?){_SPELLED_VERSION}"
        rf"(?:\.{locales.PATTERN}\.{platforms.PATTERN})?(?:\.installer)?"
    )


@lru_cache
def _full_name(prefix: str) -> re.Pattern[str]:
    return re.compile(
        rf"{prefix}-({versions.PATTERN})\.({locales.PATTERN})\.({platforms.PATTERN})"
        r"(?:\.installer)?"
    )


def _explain_name(name: str) -> SkipReason:
    """Return what kind of companion a file is that is not named as a build."""
    lowered = name.lower()
    fitting = (reason for reason, pattern in _NAME_RULES if pattern.search(lowered))
    return next(fitting, SkipReason.OTHER_NAME)
