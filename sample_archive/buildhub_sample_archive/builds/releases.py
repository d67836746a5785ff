"""Folders of releases and of their candidates, made from the history and the eras."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial

from buildhub_sample_archive.builds import metadata, multi_locale
from buildhub_sample_archive.builds.companions import (
    CANDIDATES_SINCE,
    PLATFORM_INFO_NAMES,
    companions_of,
)
from buildhub_sample_archive.builds.eras import (
    ARCHIVE_PRODUCTS,
    Names,
    Number,
    locales_on,
    number_of,
    package_bytes,
    platforms_of,
)
from buildhub_sample_archive.builds.history import Release
from buildhub_sample_archive.builds.later_history import MULTI_LOCALE_PRODUCTS
from buildhub_sample_archive.builds.runs import BuildRun, candidate_run, released_at
from buildhub_sample_archive.objects import File, Folder, MakeFolder, hour_of, same

_FIRST_WITHOUT_INSTALLER = (2, 0)
_FIRST_WITH_BOTH = (1, 5)
_FLAT_VERSIONS = ("1.0rc1", "1.0rc2")
_WITHOUT_CANDIDATE_BUILDS = ("firefox 47.0.1",)
"""Their candidates folder has updates and checksums only, no metadata."""
_EXTRAS = ("en-US", "fr")
"""Only these locales of a candidate have updates and language packs. In the archive all have, but
one build in three rows is enough for a full inventory."""
_LANGUAGE_PACK_PLATFORMS = ("linux-i686", "linux-x86_64")
"""The archive has them for all platforms; this keeps a full inventory short."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The locales of one release at one size.

    Attributes:
        locales: of the release.
        candidate_locales: of every candidate; ``en-US`` at least, for the metadata.
    """

    locales: tuple[str, ...]
    candidate_locales: tuple[str, ...]


def has_candidates(release: Release) -> bool:
    """Return whether the candidates of *release* are still in the archive."""
    if release.product in MULTI_LOCALE_PRODUCTS:
        return multi_locale.has_candidates(release)
    return release.day >= CANDIDATES_SINCE


def release_folder(release: Release, selection: Selection) -> Folder:
    """Return ``releases/<version>/``."""
    if release.product in MULTI_LOCALE_PRODUCTS:
        return multi_locale.release_folder(release)
    if release.product == "firefox" and release.version in _FLAT_VERSIONS:
        return _flat_folder(release, selection.locales)
    stage = _Stage(release, "releases", None, released_at(release))
    return stage.folder(selection.locales, release.locales)


def candidates_folder(release: Release, selection: Selection) -> Folder:
    """Return ``candidates/<version>-candidates/``, every attempt from ``build1/``."""
    if release.product in MULTI_LOCALE_PRODUCTS:
        return multi_locale.candidates_folder(release)
    attempts = range(1, release.attempts + 1)
    return Folder(
        folders={
            f"build{attempt}": partial(_candidate_folder, release, attempt, selection)
            for attempt in attempts
        }
    )


def count_builds(release: Release, locales: tuple[str, ...]) -> int:
    """Return the number of builds of a release in *locales*, conflicts included."""
    if release.product in MULTI_LOCALE_PRODUCTS:
        return multi_locale.count_builds(release.product, release.version)
    platforms = platforms_of(release.product, release.version)
    return sum(len(_selected(platform, release.locales, locales)) for platform in platforms)


def _candidate_folder(release: Release, attempt: int, selection: Selection) -> Folder:
    written = candidate_run(release, attempt, "").moment + timedelta(hours=4)
    stage = _Stage(release, "candidates", attempt, written)
    folder = stage.folder(selection.candidate_locales, release.locales)
    if release.key in _WITHOUT_CANDIDATE_BUILDS:
        sums = [file for file in folder.files if file.name.endswith("SUMS")]
        return Folder.of(sums, {"update": folder.folders["update"]})
    return folder


@dataclass(frozen=True, slots=True)
class _Stage:
    """A release, or one candidate of it."""

    release: Release
    name: str
    attempt: int | None
    written: datetime

    @property
    def names(self) -> Names:
        return Names(self.release.product, self.release.version)

    @property
    def path(self) -> str:
        product = ARCHIVE_PRODUCTS.get(self.release.product, self.release.product)
        if self.attempt is None:
            return f"pub/{product}/releases/{self.release.version}/"
        return f"pub/{product}/candidates/{self.release.version}-candidates/build{self.attempt}/"

    @property
    def hour(self) -> str:
        return hour_of(self.written)

    def folder(self, wanted: tuple[str, ...], shipped: tuple[str, ...]) -> Folder:
        """Return the folder with *wanted* of the *shipped* locales."""
        platforms = platforms_of(self.release.product, self.release.version)
        on_platform = {p: _selected(p, shipped, wanted) for p in platforms}
        folders: dict[str, MakeFolder] = {
            platform: partial(self.platform_folder, platform, locales)
            for platform, locales in on_platform.items()
        }
        if self.release.product != "fennec":
            folders["source"] = self.source_folder
            folders["update"] = partial(self.update_folder, on_platform)
            if number_of(self.release.version) >= (31, 0):
                folders["jsshell"] = partial(self.jsshell_folder, platforms)
        files = [File(name, 60_000, self.hour) for name in ("SHA256SUMS", "SHA512SUMS")]
        files.append(File("KEY", 6_000, self.hour))
        if self.attempt is not None:
            files += self.info_files(self.attempt, platforms)
        return Folder.of(files, folders)

    def platform_folder(self, platform: str, locales: tuple[str, ...]) -> Folder:
        """Return ``linux-x86_64/``: a folder for each locale, and the language packs."""
        folders: dict[str, MakeFolder] = {}
        if self.release.product == "fennec":
            folders |= {locale: partial(self.locale_folder, platform, locale) for locale in locales}
        else:
            # Only en-US has files of its own; all other locales share one folder object.
            folders |= dict.fromkeys(locales, same(self.locale_folder(platform, "")))
            if "en-US" in locales:
                folders["en-US"] = partial(self.locale_folder, platform, "en-US")
            packed = [locale for locale in self.with_extras(locales) if locale != "en-US"]
            if packed and platform in _LANGUAGE_PACK_PLATFORMS:
                packs = [File(f"{locale}.xpi", 450_000, self.hour) for locale in packed]
                folders["xpi"] = same(Folder.of(packs))
        return Folder(folders=folders)

    def locale_folder(self, platform: str, locale: str) -> Folder:
        """Return ``linux-x86_64/fr/``; *locale* is "" for all but en-US."""
        package = self.names.package(platform, locale)
        size = package_bytes(platform, self.release.day.year)
        build = File(package, size, self.hour, is_build=True)
        files = [build]
        if platform.startswith("linux"):
            files = _with_installer(build, number_of(self.release.version), locale)
        companions = companions_of(
            self.names, platform, package, self.name, en_us=locale == "en-US"
        )
        files += [File(name, size * share // 1000, self.hour) for name, share in companions]
        has_metadata = locale == "en-US" or (self.release.product == "fennec" and locale)
        if self.attempt is not None and has_metadata and not platform.endswith(("-free", "-sha1")):
            run = candidate_run(self.release, self.attempt, platform)
            files += self.metadata_files(run, build, f"{self.path}{platform}/{locale}/", locale)
        return Folder.of(files)

    def metadata_files(self, run: BuildRun, build: File, path: str, locale: str) -> list[File]:
        """Return the metadata files of *build*, in the forms of the time."""
        day = run.moment.date()
        base = f"{self.names.prefix}-{self.release.version}"
        if self.release.product == "fennec":
            base = build.name.removesuffix(".apk").removesuffix(".tar.bz2")
        bodies = {f"{base}.txt": metadata.txt_body(run)}
        if day >= metadata.CANDIDATE_JSON_SINCE:
            bodies[f"{base}.json"] = metadata.json_body(run)
            bodies[f"{base}.mozinfo.json"] = metadata.other_json_body(run, "mozinfo")
            bodies[f"{base}.test_packages.json"] = metadata.other_json_body(run, "test packages")
        if day >= metadata.BUILDHUB_JSON_SINCE:
            bodies["buildhub.json"] = metadata.buildhub_json_body(
                run, locale, path + build.name, build
            )
        return [File(name, 0, self.hour, body=body) for name, body in bodies.items()]

    def info_files(self, attempt: int, platforms: tuple[str, ...]) -> list[File]:
        """Return ``linux64_info.txt`` and the like, with each platform's build ID."""
        names = {
            platform: PLATFORM_INFO_NAMES.get(platform, f"{platform}_info.txt")
            for platform in platforms
            if platform in PLATFORM_INFO_NAMES or self.release.product == "fennec"
        }
        return [
            File(
                name,
                0,
                self.hour,
                body=metadata.info_body(candidate_run(self.release, attempt, platform)),
            )
            for platform, name in names.items()
        ]

    def source_folder(self) -> Folder:
        """Return ``source/``."""
        ending = "tar.xz" if number_of(self.release.version) >= (39, 0) else "tar.bz2"
        name = f"{self.names.prefix}-{self.release.version}.source.{ending}"
        return Folder.of([File(name, 170_000_000, self.hour), File(f"{name}.asc", 800, self.hour)])

    def update_folder(self, on_platform: Mapping[str, tuple[str, ...]]) -> Folder:
        """Return ``update/``: a whole update for each build of the main platforms."""
        folders: dict[str, MakeFolder] = {}
        name = f"{self.names.prefix}-{self.release.version}.complete.mar"
        for platform, locales in on_platform.items():
            if platform.endswith(("-free", "-sha1")):
                continue
            size = package_bytes(platform, self.release.day.year)
            update = same(Folder.of([File(name, size, self.hour)]))
            with_update = dict.fromkeys(self.with_extras(locales), update)
            folders[platform] = same(Folder(folders=with_update))
        return Folder(folders=folders)

    def with_extras(self, locales: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of *locales* that have updates and language packs in this sample."""
        return locales if self.attempt is None else tuple(x for x in locales if x in _EXTRAS)

    def jsshell_folder(self, platforms: tuple[str, ...]) -> Folder:
        """Return ``jsshell/``."""
        return Folder.of([File(f"jsshell-{p}.zip", 9_000_000, self.hour) for p in platforms])


@lru_cache(maxsize=8192)
def _selected(platform: str, shipped: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    chosen = {*wanted, "multi"}
    return tuple(locale for locale in locales_on(platform, shipped) if locale in chosen)


def _with_installer(build: File, number: Number, locale: str) -> list[File]:
    """Return the packages of a Linux build.

    Version 1 is there as an archive and as an installer with the same record ID; before 1.5,
    locales other than en-US have the installer only.
    """
    if number >= _FIRST_WITHOUT_INSTALLER:
        return [build]
    installer = build._replace(name=build.name.replace(".tar.", ".installer.tar."))
    if number < _FIRST_WITH_BOTH and locale != "en-US":
        return [installer]
    return [build, installer._replace(loses_conflict=True)]


def _flat_folder(release: Release, locales: tuple[str, ...]) -> Folder:
    """Return the folder of a version that has no folders for platforms and locales."""
    hour = hour_of(released_at(release))
    files = []
    base = f"firefox-{release.version}"
    for locale in locales_on("linux-i686", locales):
        size = package_bytes("linux-i686", release.day.year)
        files.append(File(f"{base}.{locale}.linux-i686.installer.tar.gz", size, hour, True))
        files.append(File(f"Firefox Setup ({release.version}, {locale}).exe", size, hour))
    for locale in locales_on("mac", locales):
        size = package_bytes("mac", release.day.year)
        files.append(File(f"{base}.{locale}.mac.dmg", size, hour, is_build=True))
    return Folder.of(files)
