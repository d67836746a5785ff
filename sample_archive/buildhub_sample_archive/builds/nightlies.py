"""The nightly builds: all runs, and the folders of each."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from buildhub_sample_archive import made_up
from buildhub_sample_archive.builds import metadata, multi_locale
from buildhub_sample_archive.builds.eras import ARCHIVE_PRODUCTS, package_bytes
from buildhub_sample_archive.builds.history import releases_by_folder
from buildhub_sample_archive.builds.nightly_eras import (
    BRANCHES,
    DESKTOP_PLATFORMS,
    FENNEC_FOLDERS,
    Branch,
    FennecFolder,
    nightly_version,
)
from buildhub_sample_archive.builds.runs import BuildRun
from buildhub_sample_archive.objects import File, Folder, MakeFolder, hour_of, same

_SECONDS_IN_FOLDERS_SINCE = date(2011, 6, 1)
_UTC_SINCE = date(2017, 7, 1)
_TWICE_A_DAY_SINCE = date(2017, 9, 25)
_LOCALES_KEPT_SINCE = date(2015, 10, 19)
_FENNEC_EN_US_FOLDER_SINCE = date(2013, 1, 1)

_EXTENSIONS = {
    "linux": "tar.bz2",
    "mac": "dmg",
    "win": "installer.exe",
    "android": "apk",
}


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One run of a branch's nightly builds.

    Attributes:
        folder_date: start of its folder names: ``2018-04-11-22-03-46``; before mid-2011 it ends
            with the hour.
        keeps_locales: whether the builds of other locales were kept. In this sample that is one
            run a week; the real archive has them for every run since October 2015.
    """

    branch: Branch
    moment: datetime
    folder_date: str
    keeps_locales: bool

    @property
    def key(self) -> str:
        """Product and folder, as ``firefox 2018-04-11-22-03-46-mozilla-central``."""
        return f"{self.branch.product} {self.folder_date}-{self.branch.name}"

    @property
    def month(self) -> tuple[str, str]:
        """The names of the folders of its year and month."""
        return self.folder_date[:4], self.folder_date[5:7]


@cache
def runs() -> tuple[Run, ...]:
    """Return every run, by branch and time: some ten thousand small objects."""
    return tuple(run for branch in BRANCHES for run in _branch_runs(branch))


def _branch_runs(branch: Branch) -> Iterator[Run]:
    for days in range(0, (branch.until - branch.since).days + 1, branch.every_days):
        day = branch.since + timedelta(days)
        is_twice = day >= _TWICE_A_DAY_SINCE and branch.every_days == 1
        hours = (10, 22) if is_twice else (10,) if day >= _UTC_SINCE else (3,)
        for hour in hours:
            share = made_up.number(branch.product, branch.name, day, hour)
            moment = datetime.combine(day, time(hour, share % 6, share // 6 % 60), UTC)
            form = "%Y-%m-%d-%H-%M-%S" if day >= _SECONDS_IN_FOLDERS_SINCE else "%Y-%m-%d-%H"
            is_weekly = day >= _LOCALES_KEPT_SINCE and day.weekday() == 0 and hour != 22
            keeps_locales = is_weekly and branch.is_catalogued and branch.has_locales
            yield Run(branch, moment, moment.strftime(form), keeps_locales)


def run_folders(run: Run, locales: tuple[str, ...]) -> dict[str, MakeFolder]:
    """Return the dated folders of *run* by name, with *locales* if the run kept them."""
    base = f"{run.folder_date}-{run.branch.name}"
    nightly = _Nightly(run)
    if not run.branch.has_locales:
        version = nightly.version
        return dict(
            multi_locale.nightly_folders(nightly.product, version, run.moment, run.folder_date)
        )
    if run.branch.product == "fennec":
        return nightly.fennec_folders(base, locales)
    folders: dict[str, MakeFolder] = {base: nightly.desktop_folder}
    if run.keeps_locales and locales:
        folders[f"{base}-l10n"] = lambda: nightly.desktop_locales_folder(locales)
    return folders


def locales_of(run: Run) -> tuple[str, ...]:
    """Return the locales that *run* kept, besides en-US: those of the release at that time."""
    if not run.keeps_locales:
        return ()
    days, locales = _locales_over_time(run.branch.product)
    newest = locales[bisect_right(days, run.moment.date()) - 1]
    return tuple(locale for locale in newest if locale != "en-US")


@cache
def _locales_over_time(product: str) -> tuple[list[date], list[tuple[str, ...]]]:
    ordered = sorted(releases_by_folder()[product].values(), key=lambda release: release.day)
    return [release.day for release in ordered], [release.locales for release in ordered]


def count_builds(run: Run, locales: tuple[str, ...]) -> int:
    """Return the approximate number of builds of *run*."""
    if not run.branch.is_catalogued:
        return 0
    nightly = _Nightly(run)
    if not run.branch.has_locales:
        return multi_locale.count_builds(nightly.product, nightly.version)
    if run.branch.product == "fennec":
        folders = nightly.fennec_kinds
        with_locales = sum(folder.has_locales for folder in folders) * run.keeps_locales
        return 2 * len(folders) + with_locales * len(locales)
    return len(nightly.platforms) * (1 + len(locales) * run.keeps_locales)


@dataclass(frozen=True, slots=True)
class _Nightly:
    """The files of one run."""

    run: Run

    @property
    def product(self) -> str:
        return self.run.branch.product

    @property
    def day(self) -> date:
        return self.run.moment.date()

    @property
    def version(self) -> str:
        return nightly_version(self.product, self.run.branch.name, self.day)

    @property
    def hour(self) -> str:
        return hour_of(self.run.moment + timedelta(hours=2))

    @property
    def platforms(self) -> list[str]:
        return [
            platform.name
            for platform in DESKTOP_PLATFORMS
            if self.product in platform.products and platform.since <= self.day <= platform.until
        ]

    @property
    def fennec_kinds(self) -> list[FennecFolder]:
        return [folder for folder in FENNEC_FOLDERS if folder.since <= self.day <= folder.until]

    def desktop_folder(self) -> Folder:
        """Return ``…-mozilla-central/``."""
        files = [file for platform in self.platforms for file in self.en_us_files(platform)]
        return Folder.of(files)

    def desktop_locales_folder(self, locales: tuple[str, ...]) -> Folder:
        """Return ``…-mozilla-central-l10n/``, which has copies of the en-US Windows builds too."""
        files = []
        for platform in self.platforms:
            unwanted = "ja" if platform == "mac" else "ja-JP-mac"
            for locale in locales:
                if locale != unwanted:
                    build = self.build(platform, locale)
                    files += [build, *self.companions(build, platform, locale)]
            if platform.startswith("win"):
                files.append(self.build(platform, "en-US")._replace(loses_conflict=True))
        return Folder.of(files)

    def fennec_folders(self, base: str, locales: tuple[str, ...]) -> dict[str, MakeFolder]:
        """Return a folder for each Android platform, and those of their locales."""
        folders: dict[str, MakeFolder] = {}
        for kind in self.fennec_kinds:
            folders[f"{base}{kind.suffix}"] = lambda kind=kind: self.fennec_folder(kind)  # type: ignore[misc]
            if kind.has_locales and self.run.keeps_locales and locales:
                files = [self.build(kind.platform, loc) for loc in locales if loc != "ja-JP-mac"]
                folders[f"{base}{kind.suffix}-l10n"] = same(Folder.of(files))
        return folders

    def fennec_folder(self, kind: FennecFolder) -> Folder:
        """Return ``…-mozilla-central-android-api-16/``."""
        flat = self.day < _FENNEC_EN_US_FOLDER_SINCE
        path = f"{self.path}{kind.suffix}/"
        en_us_path = path if flat else f"{path}en-US/"
        multi = self.with_metadata(kind.platform, "multi", path, loses_conflict=kind.loses_conflict)
        en_us = self.with_metadata(
            kind.platform, "en-US", en_us_path, loses_conflict=kind.loses_conflict
        )
        if flat:
            return Folder.of([*multi, *en_us])
        return Folder.of(multi, {"en-US": same(Folder.of(en_us))})

    def build(self, platform: str, locale: str) -> File:
        """Return the build itself."""
        extension = next(
            extension for start, extension in _EXTENSIONS.items() if platform.startswith(start)
        )
        name = f"{self.product}-{self.version}.{locale}.{platform}.{extension}"
        size = package_bytes(platform, self.day.year)
        return File(name, size, self.hour, is_build=self.run.branch.is_catalogued)

    def en_us_files(self, platform: str) -> list[File]:
        """Return the en-US build, its metadata and its companions."""
        files = self.with_metadata(platform, "en-US", f"{self.path}/")
        base = f"{self.product}-{self.version}.en-US.{platform}"
        others = {"crashreporter-symbols.zip": 700, "common.tests.tar.gz": 500}
        files += [
            File(f"{base}.{name}", files[0].size * share // 1000, self.hour)
            for name, share in others.items()
        ]
        files += self.companions(files[0], platform, "en-US")
        files.append(File(f"jsshell-{platform}.zip", 9_000_000, self.hour))
        return files

    def with_metadata(
        self, platform: str, locale: str, folder: str, *, loses_conflict: bool = False
    ) -> list[File]:
        """Return the build and its metadata files, in the forms of the time."""
        build = self.build(platform, locale)._replace(loses_conflict=loses_conflict)
        base = f"{self.product}-{self.version}.{locale}.{platform}"
        run = self.build_run(platform)
        bodies = {}
        if self.day >= metadata.TXT_SINCE:
            bodies[f"{base}.txt"] = metadata.txt_body(run)
        if self.day >= metadata.JSON_SINCE:
            bodies[f"{base}.json"] = metadata.json_body(run)
            bodies[f"{base}.mozinfo.json"] = metadata.other_json_body(run, "mozinfo")
        if self.day >= metadata.BUILDHUB_JSON_SINCE:
            path = folder + build.name
            bodies[f"{base}.buildhub.json"] = metadata.buildhub_json_body(run, locale, path, build)
        return [build, *(File(name, 0, self.hour, body=body) for name, body in bodies.items())]

    def companions(self, build: File, platform: str, locale: str) -> list[File]:
        """Return the companions of a build in any locale."""
        base = f"{self.product}-{self.version}.{locale}.{platform}"
        files = [
            File(f"{base}.complete.mar", build.size, self.hour),
            File(f"{base}.checksums", 3_000, self.hour),
        ]
        if platform.startswith("win") and self.day < date(2017, 8, 15):
            files.append(File(f"{base}.zip", build.size * 13 // 10, self.hour))
        if platform == "win32" and self.day >= date(2017, 8, 15) and self.product == "firefox":
            files.append(File(f"Firefox Installer.{locale}.exe", 300_000, self.hour))
        return files

    @property
    def path(self) -> str:
        product = ARCHIVE_PRODUCTS.get(self.product, self.product)
        year, month = self.run.month
        dated = f"{self.run.folder_date}-{self.run.branch.name}"
        return f"pub/{product}/nightly/{year}/{month}/{dated}"

    def build_run(self, platform: str) -> BuildRun:
        """Return the run for metadata; its build ID is the date of the folder."""
        branch = self.run.branch.name.removesuffix("-trunk")
        is_aurora = branch == "mozilla-aurora"
        return BuildRun(
            product=self.product,
            version=self.version,
            app_version=self.version,
            channel="aurora" if is_aurora else "nightly",
            platform=platform,
            moment=self.run.moment,
            branch=f"releases/{branch}" if is_aurora else branch,
            revision=made_up.revision(self.run.key),
        )
