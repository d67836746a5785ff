"""Where the build with a given record ID usually lies.

The archive holds a few builds more than once, or two builds under what is one ID. For every ID
this module names one path, the usual one, from nothing but the facts that are in the ID. So two
different paths can share an ID only if one of them, at least, is not the usual path; see
``buildhub.rules.precedence`` for who wins then.
"""

import re
from functools import lru_cache

from buildhub_schema.products import PRODUCTS_BY_NAME, Layout, Product

from buildhub.rules.build import Build
from buildhub.rules.files import APK, DMG, EXE, TAR_BZ2, TAR_GZ, TAR_XZ, Packaging
from buildhub.rules.locales import canonical_locale
from buildhub.rules.platforms import archive_spelling
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


def canonical_path(build: Build) -> str:
    """Return the path where one looks first for the record ID of *build*.

    Builds with the same record ID have the same usual path; nothing may lie there.
    """
    locale = canonical_locale(build.locale.lower())
    around = _around_locale(
        build.product,
        build.version,
        build.platform,
        build.os,
        build.channel,
        build.nightly_folder,
        locale if locale in _PLAIN_LOCALES else None,
    )
    return locale.join(around)


# Neighbours in the archive are one build in many locales.
@lru_cache(maxsize=2048)
def _around_locale(
    product_name: str,
    version: str,
    platform: str,
    os: str,
    channel: str,
    nightly_folder: str | None,
    plain_locale: str | None,
) -> tuple[str, ...]:
    """Return the pieces of a usual path; wherever two of them meet, there is the locale.

    *plain_locale* is the locale where it is one that decides the folder, else None.
    """
    version = _canonical_version(version)
    product = PRODUCTS_BY_NAME[product_name]
    packaging = _packaging(product, version, os)
    if nightly_folder is None:
        folder, base_version = _version_folder(version)
        name = _placed_name(product, base_version, platform, os, packaging)
        return (f"{product.archive_path}{folder}/{_platform_folder(platform)}/", *name)
    date = nightly_date(nightly_folder)
    folder, file_platform = _nightly_folder(product, date, platform)
    if channel.endswith("-old-id"):
        folder += "-old-id"
    if plain_locale is None:
        folder += "-l10n"
    if plain_locale == "en-US" and platform.startswith("android-api-"):
        folder += "/en-US"
    installer = ".installer" if os == "win" else ""
    return (
        f"{product.archive_path}nightly/{date[:4]}/{date[5:7]}/{folder}/"
        f"{product.file_prefix}-{version}.",
        f".{file_platform}{installer}{packaging.ending}",
    )


def _canonical_version(version: str) -> str:
    """Return *version* as it is usually written, from what is left of it in an ID.

    In an ID dots are dashes, so ``38.0.5b1-2`` and ``38.0.5b1.2`` would look the same there.
    Versions are numbers with dots, then perhaps words and dashes, never the other way about.
    """
    slug = version.replace(".", "-")
    numbers = re.match(r"[0-9]+(?:-[0-9]+)*", slug)
    end = numbers.end() if numbers else 0
    return slug[:end].replace("-", ".") + slug[end:]


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


def _platform_folder(platform: str) -> str:
    folder = archive_spelling(platform)
    return folder.replace("-eme-free", "-EME-free").replace("-euballot", "-EUballot")


def _placed_name(
    product: Product, version: str, platform: str, os: str, packaging: Packaging
) -> tuple[str, ...]:
    """Return the pieces of ``/`` and a file's name in a locale's folder."""
    prefix = product.file_prefix
    if product.layout is Layout.FENNEC:
        arm_or_other = "android-arm" if os == "android" else archive_spelling(platform)
        file_platform = _FENNEC_FILE.get(platform, arm_or_other)
        return (f"/{prefix}-{version}.", f".{file_platform}{packaging.ending}")
    if os == "win":
        return (f"/{prefix.capitalize()} Setup {_spelled(version)}.exe",)
    if os == "mac":
        return (f"/{prefix.capitalize()} {_spelled(version)}.dmg",)
    return (f"/{prefix}-{version}{packaging.ending}",)


def _spelled(version: str) -> str:
    found = _PRE_RELEASE.fullmatch(version)
    if found is None or not _is_slow_release(version):
        return version
    return f"{found['number']} {_SPELLED[found['kind']]} {found['attempt']}"


def _packaging(product: Product, version: str, os: str) -> Packaging:
    if os != "linux":
        return _PACKAGING[os]
    if product.layout is Layout.FENNEC:
        return TAR_BZ2
    major = _major(version)
    return next(packaging for first, packaging in _TAR_BY_MAJOR if major >= first)


def _nightly_folder(product: Product, dated: str, platform: str) -> tuple[str, str]:
    """Return the folder of the builds in English, and the platform in the names of its files."""
    found = _NIGHTLY_DATE.fullmatch(dated)
    assert found is not None, f"{dated} is no date of a nightly"  # noqa: S101
    date, branch = found["date"], found["branch"] or product.nightly_branch
    if branch == "comm-central" and _COMM_TRUNK[0] <= date < _COMM_TRUNK[1]:
        branch += "-trunk"
    folder = f"{date}-{branch}"
    if product.layout is not Layout.FENNEC:
        return folder, archive_spelling(platform)
    if platform.startswith("android-api-"):
        return f"{folder}-{platform}", "android-arm"
    extra, file_platform = _FENNEC_NIGHTLY.get(platform, (platform, archive_spelling(platform)))
    return f"{folder}-{extra}", file_platform
