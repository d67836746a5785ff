"""Plausible paths of the archive, of all products and times.

A target is what was built. Its spellings are all the paths that the archive has, or could have, for
that: near to each other, which is where conflicts are met.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from hypothesis import strategies as st

PREFIXES = {
    "firefox": "firefox",
    "devedition": "firefox",
    "thunderbird": "thunderbird",
    "mobile": "fennec",
}
VERSIONS = [
    *("1.0", "1.0rc1", "1.5", "1.5rc2", "2.0.0.20", "3.0.19-real-real", "3.1b3", "3.5b99", "3.6"),
    *("3.6.3plugin1", "3.6.4", "4.0", "4.0b12", "5.0", "10.0.2esr", "38.0.5b1", "38.0.5b1-2"),
    *("52.0esr", "58.0", "58.0.2", "60.0b9", "134.0", "135.0", "135.0b1", "140.2.0esr"),
]
NIGHTLY_VERSIONS = ["3.1a2pre", "4.0b6pre", "57.0a1", "134.0a1", "135.0a1"]
PLATFORMS = [
    *("linux-i686", "linux-x86_64", "linux-aarch64", "linux-x86_64-EME-free", "linux-gnueabi-arm"),
    *("mac", "mac-EME-free", "mac64", "mac-ppc"),
    *("win32", "win64", "win64-aarch64", "win64-x86_64", "win32-sha1", "win32-EUballot"),
    *("android", "android-api-9", "android-api-16", "android-x86", "android-armv6", "android-arm"),
    *("android-i386", "android-x86_64", "android-aarch64", "eabi-arm", "maemo", "maemo5-gtk"),
]
LOCALES = ["en-US", "multi", "de", "ast", "ja-JP-mac", "ca-valencia", "pt-BR"]
ENDINGS = [".tar.gz", ".tar.bz2", ".tar.xz", ".dmg", ".exe", ".apk", ".zip"]
DATES = [
    *("2008-08-01-03", "2009-01-08-03", "2009-05-10-03", "2010-08-20-03", "2010-08-21-03"),
    *("2011-06-10-03-07-35", "2014-12-05-03-02-02", "2017-09-14-10-01-24", "2025-01-06-09-47-46"),
]
BRANCHES = ["mozilla-central", "comm-central", "comm-central-trunk"]


@dataclass(frozen=True)
class Target:
    folder: str
    version: str
    platform: str
    locale: str
    number: int
    date: str | None

    @property
    def prefix(self) -> str:
        return PREFIXES[self.folder]

    @property
    def branch(self) -> str:
        return "comm-central" if self.folder == "thunderbird" else "mozilla-central"


def targets():
    dated = st.builds(
        Target,
        folder=st.sampled_from(sorted(PREFIXES)),
        version=st.sampled_from(NIGHTLY_VERSIONS),
        platform=st.sampled_from(PLATFORMS),
        locale=st.sampled_from(LOCALES),
        number=st.just(1),
        date=st.sampled_from(DATES),
    )
    numbered = st.builds(
        Target,
        folder=st.sampled_from(sorted(PREFIXES)),
        version=st.sampled_from(VERSIONS),
        platform=st.sampled_from(PLATFORMS),
        locale=st.sampled_from(LOCALES),
        number=st.sampled_from([1, 2, 6, 10]),
        date=st.none(),
    )
    return dated | numbered


def spellings(target: Target) -> set[str]:
    """All paths of a target that the archive has or could have, builds and others."""
    platforms = {target.platform, target.platform.lower()}
    platforms |= {name.replace("mac", "macosx", 1) for name in platforms if name.startswith("mac")}
    locales = {target.locale, target.locale.lower(), target.locale.replace("mac", "MAC")}
    places = numbered_places if target.date is None else nightly_places
    return {
        f"pub/{target.folder}/{place}"
        for platform, locale in product(sorted(platforms), sorted(locales))
        for place in places(target, platform, locale)
    }


def numbered_places(target: Target, platform: str, locale: str) -> Iterator[str]:
    """Releases and candidates, plain and funnelcakes."""
    folders = [*version_folders(target, ""), *version_folders(target, "-funnelcake134")]
    begin = target.version.partition("-")[0]
    title = target.prefix.capitalize()
    names = {f"{target.prefix}-{begin}{ending}" for ending in (*ENDINGS, ".installer.tar.gz")}
    for spelled in (begin, begin.replace("b", " Beta ").replace("rc", " RC ")):
        names |= {f"{title} Setup {spelled}.exe", f"{title} {spelled}.dmg"}
    full = {*full_names(target, platform, locale), *full_names(target, "android-arm", locale)}
    for folder in folders:
        for name in names | full:
            yield f"{folder}/{platform}/{locale}/{name}"
        for name in full:
            yield f"{folder}/{name}"


def version_folders(target: Target, suffix: str) -> Iterator[str]:
    """Folders of one version, or of versions with similar IDs."""
    version, number = target.version, target.number
    yield f"releases/{version}{suffix}"
    yield f"releases/{version}rc{number}{suffix}"
    yield f"releases/{version}{suffix}rc{number}"
    yield f"releases/{version}{suffix}".replace("-", ".")
    yield f"candidates/{version}{suffix}-candidates/build{number}"
    yield f"candidates/{version}rc{number}-candidates/build{number}"
    if suffix:
        yield from (f"releases/{version}{suffix}/{part}" for part in ("v1", "v10", suffix[1:]))
        yield f"candidates/{version}-candidates/build{number}/{suffix[1:]}"


def full_names(target: Target, platform: str, locale: str) -> Iterator[str]:
    stem = f"{target.prefix}-{target.version}.{locale}.{platform}"
    return (f"{stem}{end}" for end in (*ENDINGS, ".installer.exe"))


def nightly_places(target: Target, platform: str, locale: str) -> Iterator[str]:
    """Nightlies: the variety is in the name of the dated folder."""
    names = {*full_names(target, platform, locale), *full_names(target, "android-arm", locale)}
    extras = ["", "-android", "-android-xul", "-linux", f"-{target.platform}"]
    for branch, extra, end, part, name in product(
        BRANCHES,
        extras,
        ["", "-l10n", "-old-id", "-old-id-l10n"],
        ["", f"{locale}/"],
        sorted(names),
    ):
        for month in (target.date[:7].replace("-", "/"), "2018/07"):
            yield f"nightly/{month}/{target.date}-{branch}{extra}{end}/{part}{name}"
