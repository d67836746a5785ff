"""The one path where the archive is expected to have the build with a given record ID.

The archive holds a few builds twice, or two builds with the same record ID. The canonical path
depends on nothing but the facts in the ID, so of two paths with the same ID at least one is not
canonical. ``buildhub.rules.precedence`` decides which of them gets the ID.
"""

import re
from functools import lru_cache

from buildhub_schema.products import PRODUCTS, PRODUCTS_BY_NAME, Layout, Product

from buildhub.rules.build import Build
from buildhub.rules.files import APK, DMG, EXE, TAR_BZ2, TAR_GZ, TAR_XZ, Packaging
from buildhub.rules.locales import canonical_locale
from buildhub.rules.platforms import archive_spelling
from buildhub.rules.record_id import nightly_date

# Before this version releases/ has release candidates too, and the file names of pre-releases
# spell the version in words.
_RAPID_RELEASE_MAJOR = 5

# Archive formats on Linux, by the first major version that has them.
_TAR_BY_MAJOR = ((135, TAR_XZ), (3, TAR_BZ2), (0, TAR_GZ))

_PACKAGING = {"win": EXE, "mac": DMG, "android": APK, "maemo": TAR_BZ2}

_CANDIDATE = re.compile(r"(?P<base>.+)rc(?P<number>[1-9][0-9]*)(?P<funnelcake>-funnelcake[0-9]+)?")
_GENUINE_RC = re.compile(r"[0-9]+\.[0-9]+rc[0-9]+")
_FUNNELCAKE = re.compile(r"-funnelcake[0-9]+$")
_PRE_RELEASE = re.compile(r"(?P<number>[0-9.]+)(?P<kind>b|rc)(?P<attempt>[0-9]+)")
_SPELLED = {"b": "Beta", "rc": "RC"}

# What an ID has of a dated folder's name. It includes the branch where the date ends with the hour.
_NIGHTLY_DATE = re.compile(r"(?P<date>[0-9-]+)(?:-(?P<branch>[a-z].*))?")

# Builds in these locales lie in the dated folder itself, all others in the -l10n folder next to it.
_PLAIN_LOCALES = ("en-US", "multi")

# Thunderbird's branch had another name between these two dates.
_COMM_TRUNK = ("2009-01-09", "2010-08-21")

# Fennec's folders and files have different words for platforms: platform → folder, file.
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


_TEMPLATED = frozenset(product.name for product in PRODUCTS if product.templates)


def canonical_path(build: Build) -> str:
    """Return the canonical path for the record ID of *build*.

    It is the same for all builds with that ID. The archive may have no file there.
    """
    if build.product in _TEMPLATED:
        # By the templates, this is the only path with the ID.
        return build.path
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


def copied_from(build: Build) -> str | None:
    """Return the path that the archive has copied *build* from, None if it is no copy.

    The folders for other locales hold copies of builds that have a place in the dated folder.
    """
    is_copy = "-l10n" in (build.nightly_folder or "") and build.locale in _PLAIN_LOCALES
    return canonical_path(build) if is_copy else None


# Inventories and folders list one build in many locales, one after another.
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
    """Return the pieces of a canonical path, to be joined with the locale.

    Args:
        plain_locale: the locale if it is one of ``_PLAIN_LOCALES``, which decide the folder.
    """
    version = _canonical_version(version)
    product = PRODUCTS_BY_NAME[product_name]
    packaging = _packaging(product, version, os)
    if nightly_folder is None:
        folder, base_version = _version_folder(version)
        name = _file_name(product, base_version, platform, os, packaging)
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
        f".{file_platform}{installer}{packaging.extension}",
    )


def _canonical_version(version: str) -> str:
    """Return the one spelling of *version* for what an ID has of it.

    In an ID dots are dashes, so ``38.0.5b1-2`` and ``38.0.5b1.2`` look the same there. In versions
    numbers with dots come first; words and dashes may follow.
    """
    slug = version.replace(".", "-")
    numbers = re.match(r"[0-9]+(?:-[0-9]+)*", slug)
    end = numbers.end() if numbers else 0
    return slug[:end].replace("-", ".") + slug[end:]


def _version_folder(version: str) -> tuple[str, str]:
    """Return the folder of a version, and the version in the names of its files."""
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


def _file_name(
    product: Product, version: str, platform: str, os: str, packaging: Packaging
) -> tuple[str, ...]:
    """Return the pieces of ``/`` and the file name, to be joined with the locale."""
    prefix = product.file_prefix
    if product.layout is Layout.FENNEC:
        arm_or_other = "android-arm" if os == "android" else archive_spelling(platform)
        file_platform = _FENNEC_FILE.get(platform, arm_or_other)
        return (f"/{prefix}-{version}.", f".{file_platform}{packaging.extension}")
    if os == "win":
        return (f"/{prefix.capitalize()} Setup {_spelled(version)}.exe",)
    if os == "mac":
        return (f"/{prefix.capitalize()} {_spelled(version)}.dmg",)
    return (f"/{prefix}-{version}{packaging.extension}",)


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
    """Return the folder of the builds in en-US, and the platform in the names of its files."""
    found = _NIGHTLY_DATE.fullmatch(dated)
    assert found is not None, f"{dated} is not the date of a nightly"  # noqa: S101
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
