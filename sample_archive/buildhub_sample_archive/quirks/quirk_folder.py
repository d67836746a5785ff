"""The files of the quirk table, as a folder of the archive."""

import re
from datetime import UTC, date, datetime, time
from functools import cache

from buildhub_sample_archive.builds.eras import Number, number_of, package_bytes
from buildhub_sample_archive.builds.history import releases_by_folder
from buildhub_sample_archive.objects import File, Folder, find, hour_of, tree
from buildhub_sample_archive.quirks.quirk_table import EXACT_SIZES, RELEASE_QUIRKS, Quirk
from buildhub_sample_archive.quirks.quirk_table_multi_locale import MULTI_LOCALE_QUIRKS
from buildhub_sample_archive.quirks.quirk_table_nightly import NIGHTLY_QUIRKS

QUIRKS: tuple[Quirk, ...] = (*RELEASE_QUIRKS, *NIGHTLY_QUIRKS, *MULTI_LOCALE_QUIRKS)

_DATED = re.compile(r"/(\d{4})-(\d\d)-(\d\d)[-/]")
_VERSION = re.compile(r"/(\d+\.\d+[^/-]*)")
_COMPANION_BYTES = 20_000


def path_of(entry: str) -> str:
    """Return the full path of an entry of the table."""
    return entry[1:] if entry.startswith("/") else f"pub/{entry}"


@cache
def quirk_folder(full: Folder) -> Folder:
    """Return the folder of all quirks.

    Args:
        full: the archive at full size, without quirks. A file in it is taken from there, so that
            it is the same at all sizes.
    """
    files: dict[str, File] = {}
    for quirk in QUIRKS:
        kinds = (
            (quirk.builds, True, False),
            (quirk.losers, True, True),
            (quirk.others, False, False),
        )
        for entries, is_build, loses_conflict in kinds:
            for entry in entries:
                path = path_of(entry)
                known = find(full, path)
                made = known if isinstance(known, File) else _make(entry)
                files[path] = made._replace(is_build=is_build, loses_conflict=loses_conflict)
    return tree(files)


def _make(entry: str) -> File:
    name = entry.rpartition("/")[2]
    day = _day_of(entry)
    hour = hour_of(datetime.combine(day, time(9), UTC))
    if entry in EXACT_SIZES:
        return File(name, EXACT_SIZES[entry], hour, exact=True)
    is_package = name.endswith((".exe", ".dmg", ".apk", ".gz", ".bz2", ".xz", ".zip", ".mar"))
    return File(name, package_bytes("linux", day.year) if is_package else _COMPANION_BYTES, hour)


def _day_of(entry: str) -> date:
    """Return the approximate day of a file: that of its nightly folder, or of its version."""
    if match := _DATED.search(entry):
        return date(*map(int, match.groups()))
    match = _VERSION.search(f"/{entry}")
    wanted = number_of(match[1]) if match else (0, 0)
    days = _days_by_number()
    return days[max((number for number in days if number <= wanted), default=min(days))]


@cache
def _days_by_number() -> dict[Number, date]:
    firefox = releases_by_folder()["firefox"].values()
    return {number_of(release.version): release.day for release in firefox}
