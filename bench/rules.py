"""The rules: rows of an inventory per second, compared with reading the rows alone.

Usage: python -m bench.rules

The peer is ``gzip`` with ``csv.reader``, which every job needs for the same rows. The rows are like
those of an inventory: in order of keys, builds next to other files, two rows in three no builds.
"""

import argparse
import csv
import gzip
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from buildhub.rules.paths import Build, parse_path
from buildhub.rules.precedence import is_preferred

LOCALES = ["ach", "ar", "ast", "bg", "ca-valencia", "cs", "da", "de", "el", "en-GB", "en-US", "eo"]
LOCALES += ["es-AR", "fi", "fr", "fy-NL", "he", "hr", "id", "it", "ja", "ja-JP-mac", "kk", "pt-BR"]
PLATFORMS = {
    "linux-i686": ("firefox-{}.tar.bz2",),
    "linux-x86_64": ("firefox-{}.tar.bz2",),
    "mac": ("Firefox {}.dmg", "firefox-{}.complete.mar"),
    "win32": ("Firefox Setup {}.exe", "Firefox Installer.exe", "firefox-{}.zip"),
    "win64": ("Firefox Setup {}.exe", "Firefox Installer.exe", "firefox-{}.zip"),
}
COMPANIONS = ("{}.asc", "{}.asc.checksums")
MINIMUM_SHARE = 0.25
ROUNDS = 5


def iter_keys() -> Iterator[str]:
    """Yield keys of releases, candidates and nightlies; about two in three are no builds."""
    for major in range(40, 90):
        for root in (f"releases/{major}.0", f"candidates/{major}.0-candidates/build2"):
            for platform, names in PLATFORMS.items():
                for locale in LOCALES:
                    folder = f"pub/firefox/{root}/{platform}/{locale}"
                    for name in names:
                        yield f"{folder}/{name.format(f'{major}.0')}"
                    for companion in COMPANIONS[: 3 - len(names) or 1]:
                        yield f"{folder}/" + companion.format(names[0].format(f"{major}.0"))
        folder = f"pub/firefox/nightly/2018/06/2018-06-20-10-01-{major}-mozilla-central-l10n"
        for locale in LOCALES:
            yield f"{folder}/Firefox Installer.{locale}.exe"
            for platform in PLATFORMS:
                stem = f"{folder}/firefox-{major}.0a1.{locale}.{platform}"
                ending = ".installer.exe" if platform.startswith("win") else ".tar.bz2"
                yield from (f"{stem}.checksums", f"{stem}.complete.mar", f"{stem}{ending}")


def write_inventory(path: Path) -> None:
    """Write the keys as a part of an inventory, with all values in quotes."""
    with gzip.open(path, "wt", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for number, key in enumerate(iter_keys()):
            size, etag = str(number * 7919), f"{number * 2654435761:032x}"
            writer.writerow(["archive", key, size, "2018-08-08T09:31:05.000Z", etag])


def iter_rows(path: Path) -> Iterator[str]:
    """Yield the keys, read with the standard library alone."""
    with gzip.open(path, "rt", newline="") as file:
        for row in csv.reader(file):
            yield row[1]


def drain(work: Iterable[object]) -> int:
    """Consume all of it; return the number of elements."""
    return sum(1 for _ in work)


def best_seconds(work: Callable[[], Iterable[object]]) -> float:
    """Return the shortest time of several runs: the one that other work affected least."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        drain(work())
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def main() -> None:
    """Print rows per second of each, and the ratio."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "part.csv.gz"
        write_inventory(part)
        keys = list(iter_rows(part))
        builds = [found for key in keys if isinstance(found := parse_path(key), Build)]
        build_paths = [build.path for build in builds]
        other_paths = sorted(set(keys) - set(build_paths))
        alone = best_seconds(lambda: iter_rows(part))
        parsed = best_seconds(lambda: map(parse_path, iter_rows(part)))
    print(f"{len(keys):,} rows, {len(builds):,} of them builds")
    for name, count, seconds in (
        ("gzip + csv.reader", len(keys), alone),
        ("the same with parse_path", len(keys), parsed),
        ("parse_path on builds", len(builds), best_seconds(lambda: map(parse_path, build_paths))),
        (
            "parse_path on others",
            len(other_paths),
            best_seconds(lambda: map(parse_path, other_paths)),
        ),
        (
            "is_preferred on builds",
            len(builds),
            best_seconds(lambda: map(is_preferred, builds)),
        ),
    ):
        print(f"{name:<28}{count / seconds:>12,.0f} rows/s{seconds / count * 1e6:>8.2f} µs/row")
    print(f"with rules / alone: {alone / parsed:.2f} (at least {MINIMUM_SHARE} expected)")
    assert alone / parsed >= MINIMUM_SHARE


if __name__ == "__main__":
    main()
