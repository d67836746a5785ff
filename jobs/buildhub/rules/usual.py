"""Where the build with a given record ID usually lies.

The archive holds a few builds more than once, or two builds under what is one ID. For every ID
this module names one path, the usual one, from nothing but the facts that are in the ID. So two
different paths can share an ID only if one of them, at least, is not the usual path; see
``buildhub.rules.rivals`` for who wins then.
"""

import re
from functools import lru_cache

from buildhub.rules.build import Build
from buildhub.rules.files import APK, DMG, EXE, TAR_BZ2, TAR_GZ, TAR_XZ, Packaging
from buildhub.rules.locales import canonical_locale
from buildhub.rules.platforms import archive_spelling
from buildhub.rules.products import BY_NAME
from buildhub.rules.record_id import nightly_date

# Until this version there were release candidates in releases/, and pre-releases' files spelled
# their version in words.
_RAPID_RELEASE_MAJOR = 5

# Linux archives, by the first major version that was packed so.
_TAR_BY_MAJOR = ((135, TAR_XZ), (3, TAR_BZ2), (0, TAR_GZ))

_PACKAGING = {"win": EXE, "mac": DMG, "android": APK, "maemo": TAR_BZ2}

_CANDIDATE = re.compile(r"(?P<base>.+)rc(?P<number>[1-9][0-9]*)(?P<funnelcake>-funnelcake[0-9]+)?")
_GENUINE_RC = re.compile(r"[0-9]+\.[0-9]+rc[0-9]+")
_FUNNELCAKE = re.compile(r"-funnelcake[0-9]+$")
_PRE_RELEASE = re.compile(r"(?P<number>[0-9.]+)(?P<kind>b|rc)(?P<attempt>[0-9]+)")
_SPELLED = {"b": "Beta", "rc": "RC"}

# What is left of a dated folder in an ID; the branch is there where the date is to the hour.
_NIGHTLY_DATE = re.compile(r"(?P<date>[0-9-]+)(?:-(?P<branch>[a-z].*))?")

# Builds in these lie in the dated folder itself, all others in the -l10n folder beside it.
_PLAIN_LOCALES = ("en-US", "multi")

_BRANCHES = {"thunderbird": "comm-central"}

# Thunderbird's branch had another name for a while, told by the dates of its folders.
_COMM_TRUNK = ("2009-01-09", "2010-08-21")

# Fennec's folders and files name platforms in different words: platform → folder, file.
_FENNEC_NIGHTLY = {
    "android-arm": ("android", "android-arm"),
    "android-i386": ("android-x86", "android-i386"),
    "linux-i686": ("linux", "linux-i686"),
    "macosx": ("macosx", "mac"),
}
_FENNEC_FILE = {
    "android-x86": "android-i386",
    "android-x86_64": "android-x86_64",
    "android-aarch64": "android-aarch64",
    "maemo": "linux-gnueabi-arm",
    "maemo5-gtk": "linux-gnueabi-arm",
}


def usual_path(build: Build) -> str:
    """Return the path where one looks first for the record ID of *build*.

    Builds with the same record ID have the same usual path; nothing may lie there.
    """
    version = canonical_version(build.version)
    locale = canonical_locale(build.locale.lower())
    root = f"pub/{BY_NAME[build.product].folder}"
    if build.nightly_folder is not None:
        place = _nightly_place(build, build.nightly_folder, version, locale)
        return f"{root}/nightly/{place}"
    folder, base_version = _version_folder(version)
    platform_folder = _platform_folder(build.platform)
    name = _placed_name(build, base_version, locale)
    return f"{root}/{folder}/{platform_folder}/{locale}/{name}"


@lru_cache(maxsize=8192)
def canonical_version(version: str) -> str:
    """Return *version* as it is usually written, from what is left of it in an ID.

    In an ID dots are dashes, so ``38.0.5b1-2`` and ``38.0.5b1.2`` would look the same there.
    Versions are numbers with dots, then perhaps words and dashes, never the other way about.
    """
    slug = version.replace(".", "-")
    numbers = re.match(r"[0-9]+(?:-[0-9]+)*", slug)
    end = numbers.end() if numbers else 0
    return slug[:end].replace("-", ".") + slug[end:]


@lru_cache(maxsize=8192)
def _version_folder(version: str) -> tuple[str, str]:
    """Return the folder of a version, and the version that names the files in it."""
    candidate = _CANDIDATE.fullmatch(version)
    if candidate is None or (_GENUINE_RC.fullmatch(version) and _is_slow_release(version)):
        return f"releases/{version}", _FUNNELCAKE.sub("", version)
    folder = f"candidates/{candidate['base']}-candidates/build{candidate['number']}"
    if candidate["funnelcake"]:
        folder += "/" + candidate["funnelcake"].removeprefix("-")
    return folder, _FUNNELCAKE.sub("", candidate["base"])


def _major(version: str) -> int:
    return int(version.partition(".")[0])


def _is_slow_release(version: str) -> bool:
    return _major(version) < _RAPID_RELEASE_MAJOR


@lru_cache(maxsize=1024)
def _platform_folder(platform: str) -> str:
    folder = archive_spelling(platform)
    return folder.replace("-eme-free", "-EME-free").replace("-euballot", "-EUballot")


def _placed_name(build: Build, version: str, locale: str) -> str:
    prefix = BY_NAME[build.product].prefix
    if build.product == "fennec":
        arm_or_other = "android-arm" if build.os == "android" else archive_spelling(build.platform)
        platform = _FENNEC_FILE.get(build.platform, arm_or_other)
        return f"fennec-{version}.{locale}.{platform}{_packaging(build).ending}"
    if build.os == "win":
        return f"{prefix.capitalize()} Setup {_spelled(version)}.exe"
    if build.os == "mac":
        return f"{prefix.capitalize()} {_spelled(version)}.dmg"
    return f"{prefix}-{version}{_packaging(build).ending}"


@lru_cache(maxsize=8192)
def _spelled(version: str) -> str:
    found = _PRE_RELEASE.fullmatch(version)
    if found is None or not _is_slow_release(version):
        return version
    return f"{found['number']} {_SPELLED[found['kind']]} {found['attempt']}"


def _packaging(build: Build) -> Packaging:
    if build.os != "linux":
        return _PACKAGING[build.os]
    if build.product == "fennec":
        return TAR_BZ2
    major = _major(build.version)
    return next(packaging for first, packaging in _TAR_BY_MAJOR if major >= first)


def _nightly_place(build: Build, nightly_folder: str, version: str, locale: str) -> str:
    date = nightly_date(nightly_folder)
    folder, file_platform = _nightly_folder(build.product, date, build.platform)
    if build.channel.endswith("-old-id"):
        folder += "-old-id"
    if locale not in _PLAIN_LOCALES:
        folder += "-l10n"
    if locale == "en-US" and build.platform.startswith("android-api-"):
        folder += "/en-US"
    installer = ".installer" if build.os == "win" else ""
    prefix = BY_NAME[build.product].prefix
    ending = _packaging(build).ending
    year, month = date[:4], date[5:7]
    name = f"{prefix}-{version}.{locale}.{file_platform}{installer}{ending}"
    return f"{year}/{month}/{folder}/{name}"


@lru_cache(maxsize=8192)
def _nightly_folder(product: str, dated: str, platform: str) -> tuple[str, str]:
    """Return the folder of the builds in English, and the platform in the names of its files."""
    found = _NIGHTLY_DATE.fullmatch(dated)
    assert found is not None, f"{dated} is no date of a nightly"  # noqa: S101
    date, branch = found["date"], found["branch"] or _BRANCHES.get(product, "mozilla-central")
    if branch == "comm-central" and _COMM_TRUNK[0] <= date < _COMM_TRUNK[1]:
        branch += "-trunk"
    folder = f"{date}-{branch}"
    if product != "fennec":
        return folder, archive_spelling(platform)
    if platform.startswith("android-api-"):
        return f"{folder}-{platform}", "android-arm"
    extra, file_platform = _FENNEC_NIGHTLY.get(platform, (platform, archive_spelling(platform)))
    return f"{folder}-{extra}", file_platform
