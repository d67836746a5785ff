"""Folders of the products for Android and VPN, whose builds contain all locales."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial

from buildhub_sample_archive.builds.eras import number_of, package_bytes
from buildhub_sample_archive.builds.history import Release
from buildhub_sample_archive.builds.later_history import KNOWN_BUILD_IDS
from buildhub_sample_archive.builds.runs import candidate_run, released_at
from buildhub_sample_archive.objects import File, Folder, MakeFolder, hour_of, same, tree

_BROWSERS = ("fenix", "focus", "klar")
_ABIS = ("arm64-v8a", "armeabi-v7a", "x86", "x86_64")
_LAST_WITH_X86 = 143
_UNIVERSAL_SINCE = 126
_BUNDLES_SINCE = date(2023, 9, 26)
_CANDIDATES_SINCE = 126
"""Since then the browsers are built from the same repository as Firefox."""

_VPN_BUILDS = (
    "windows/MozillaVPN.msi",
    "windows/MozillaVPN-aarch64.msi",
    "mac/MozillaVPN.pkg",
    "linux/mozillavpn.deb",
    "linux/mozillavpn_arm64.deb",
    *(f"android/mozillavpn-{abi}-release.apk" for abi in _ABIS),
    *(f"android/mozillavpn-foss-{abi}-release.apk" for abi in _ABIS),
)
_VPN_OTHERS = (
    "linux/mozillavpn.rpm",
    "linux/mozillavpn-keyring.deb",
    "source/mozillavpn-sources.tar.gz",
)


def has_candidates(release: Release) -> bool:
    """Return whether the archive has candidates of *release*."""
    is_browser = release.product in _BROWSERS
    return release.product == "vpn" or (
        is_browser and number_of(release.version)[0] >= _CANDIDATES_SINCE
    )


def count_builds(product: str, version: str) -> int:
    """Return the number of builds of a version, or of a run."""
    return sum(file.is_build for file in _files(product, version, date.max, "").values())


def release_folder(release: Release) -> Folder:
    """Return ``releases/<version>/``."""
    hour = hour_of(released_at(release))
    return tree(_in_place(release, hour))


def candidates_folder(release: Release) -> Folder:
    """Return ``candidates/<version>-candidates/``."""
    folders: dict[str, MakeFolder] = {}
    for attempt in range(1, release.attempts + 1):
        moment = candidate_run(release, attempt, "").moment
        hour = hour_of(moment + timedelta(hours=4))
        name = f"{attempt}"
        if release.product == "vpn":
            is_last = attempt == release.attempts
            known = KNOWN_BUILD_IDS.get((release.product, release.version)) if is_last else None
            name = known or f"{moment:%Y%m%d%H%M%S}"
        folders[f"build{name}"] = partial(tree, _in_place(release, hour))
    return Folder(folders=folders)


def nightly_folders(
    product: str, version: str, moment: datetime, folder_date: str
) -> Mapping[str, MakeFolder]:
    """Return the dated folders of a run; a browser has one for each ABI."""
    hour = hour_of(moment + timedelta(hours=2))
    files = _files(product, version, moment.date(), hour)
    if product not in _BROWSERS:
        return {f"{folder_date}-main": same(Folder.of(list(files.values())))}
    folders: dict[str, list[File]] = {}
    for path, file in files.items():
        folders.setdefault(f"{folder_date}-{path.partition('/')[0]}", []).append(file)
    return {name: same(Folder.of(inside)) for name, inside in folders.items()}


def _in_place(release: Release, hour: str) -> dict[str, File]:
    files = _files(release.product, release.version, release.day, hour)
    above = "android/" if release.product in _BROWSERS else ""
    return {above + path: file for path, file in files.items()}


def _files(product: str, version: str, day: date, hour: str) -> dict[str, File]:
    """Return all files of a version, by path in the folder that it shares with nothing else."""
    paths = dict(_paths(product, version, day))
    size = package_bytes("android", min(day.year, 2024))
    return {
        path: File(path.rpartition("/")[2], size, hour, is_build=is_build)
        for path, is_build in paths.items()
    }


def _paths(product: str, version: str, day: date) -> Iterator[tuple[str, bool]]:
    """Yield the path of each file, and whether it is a build."""
    if product == "vpn":
        yield from dict.fromkeys(_VPN_BUILDS, True).items()
        yield from dict.fromkeys(_VPN_OTHERS, False).items()
    elif product == "thunderbird-android":
        yield f"thunderbird-{version}.apk", True
        yield f"thunderbird-{version.replace('.', '-')}.tar.gz", False
    else:
        yield from _browser_paths(product, version, day)


def _browser_paths(product: str, version: str, day: date) -> Iterator[tuple[str, bool]]:
    major = number_of(version)[0]
    base = f"{product}-{version}"
    for abi in _ABIS:
        if abi != "x86" or major <= _LAST_WITH_X86:
            yield f"{base}-android-{abi}/{base}.multi.android-{abi}.apk", True
    if product == "fenix" and major >= _UNIVERSAL_SINCE:
        yield f"{base}-android/{base}.multi.android-universal.apk", True
    if day >= _BUNDLES_SINCE:
        yield f"{base}-android/{base}.multi.android.aab", False
