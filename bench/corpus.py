"""Records like those of the real catalogue, the same on every run.

Versions, days and locales follow Mozilla's releases since 2010, closely enough to be realistic for
indexes: a few frequent values and many rare ones, products discontinued years ago, a day in October
2015 that a tenth of all files seem to be from, old builds without metadata. Everything else is
derived from a hash of the record's ID.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

# fmt: off
_LOCALES = (
    "en-US", "ach", "af", "an", "ar", "ast", "az", "be", "bg", "bn", "br", "bs", "ca", "cak", "cs",
    "cy", "da", "de", "dsb", "el", "en-CA", "en-GB", "eo", "es-AR", "es-CL", "es-ES", "es-MX", "et",
    "eu", "fa", "ff", "fi", "fr", "fy-NL", "ga-IE", "gd", "gl", "gn", "gu-IN", "he", "hi-IN", "hr",
    "hsb", "hu", "hy-AM", "ia", "id", "is", "it", "ja", "ja-JP-mac", "ka", "kab", "kk", "km", "kn",
    "ko", "lij", "lt", "lv", "mk", "mr", "ms", "my", "nb-NO", "ne-NP", "nl", "nn-NO", "oc", "pa-IN",
    "pl", "pt-BR", "pt-PT", "rm", "ro", "ru", "sk", "sl", "son", "sq", "sr", "sv-SE", "ta", "te",
    "th", "tl", "tr", "trs", "uk", "ur", "uz", "vi", "xh", "zh-CN", "zh-TW",
)
# fmt: on
_DESKTOP = {
    "linux-i686": ("linux", "tar.bz2", "application/x-bzip2"),
    "linux-x86_64": ("linux", "tar.bz2", "application/x-bzip2"),
    "macosx": ("mac", "dmg", "application/x-apple-diskimage"),
    "win32": ("win", "exe", "application/msdos-windows"),
    "win64": ("win", "exe", "application/msdos-windows"),
}
_ANDROID = {"android-api-15": ("android", "apk", "application/vnd.android.package-archive")}
_MAEMO = {"maemo5-gtk": ("maemo", "tar.bz2", "application/x-bzip2")}
_MOVE_OF_THE_ARCHIVE = date(2015, 10, 16)


@dataclass(frozen=True, slots=True)
class _Train:
    """One product's builds on one channel: a version every *days* days."""

    product: str
    channel: str
    first: date
    last: date
    days: int
    suffix: str
    locales: int
    platforms: dict[str, tuple[str, str, str]]


_TRAINS = (
    _Train("devedition", "aurora", date(2015, 1, 12), date(2025, 3, 1), 4, "b", 80, _DESKTOP),
    _Train("fennec", "beta", date(2011, 3, 1), date(2019, 6, 1), 7, "b", 30, _ANDROID),
    _Train("fennec", "release", date(2010, 1, 28), date(2011, 2, 1), 30, "", 20, _MAEMO),
    _Train("fennec", "release", date(2011, 3, 29), date(2019, 6, 1), 30, "", 30, _ANDROID),
    _Train("firefox", "beta", date(2011, 4, 1), date(2025, 3, 1), 4, "b", 95, _DESKTOP),
    _Train("firefox", "esr", date(2012, 1, 31), date(2025, 3, 1), 42, "esr", 95, _DESKTOP),
    _Train("firefox", "nightly", date(2010, 1, 1), date(2015, 10, 18), 1, "a1", 1, _DESKTOP),
    _Train("firefox", "nightly", date(2015, 10, 19), date(2025, 3, 1), 1, "a1", 95, _DESKTOP),
    _Train("firefox", "release", date(2010, 1, 21), date(2025, 3, 1), 21, "", 95, _DESKTOP),
    _Train("thunderbird", "beta", date(2011, 8, 1), date(2025, 3, 1), 14, "b", 50, _DESKTOP),
    _Train("thunderbird", "release", date(2010, 1, 20), date(2025, 3, 1), 30, "", 50, _DESKTOP),
)


def iter_records(count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield *count* records as (ID, record without ID), in the archive's order of paths.

    They are spread evenly over all records, so a small corpus has the same proportions as a large
    one.
    """
    total = sum(_size(train) for train in _TRAINS)
    if count > total:
        raise ValueError(f"expected at most {total} records, got {count}")
    taken = 0
    for position, build in enumerate(_iter_builds(), start=1):
        if taken * total < position * count:
            taken += 1
            yield _record(*build)


def _size(train: _Train) -> int:
    moments = (train.last - train.first).days // train.days + 1
    return moments * train.locales * len(train.platforms)


def _iter_builds() -> Iterator[tuple[_Train, int, date, str, str]]:
    for train in _TRAINS:
        day, number = train.first, 0
        while day <= train.last:
            for platform in train.platforms:
                for locale in _LOCALES[: train.locales]:
                    yield train, number, day, platform, locale
            day, number = day + timedelta(days=train.days), number + 1


def _record(
    train: _Train, number: int, day: date, platform: str, locale: str
) -> tuple[str, dict[str, Any]]:
    version = _version(train, number, day)
    system, extension, mimetype = train.platforms[platform]
    moment = f"{day:%Y%m%d}{_digest(train.product, day, train.channel) % 240000:06d}"
    name = f"{train.product}_{train.channel}_{moment}_{version}_{platform}_{locale}"
    seed = _digest(name)
    record: dict[str, Any] = {
        "source": {"product": train.product},
        "target": {
            "version": version,
            "locale": locale,
            "channel": train.channel,
            "platform": platform,
            "os": system,
        },
        "download": {
            "url": f"https://archive.mozilla.org/pub/{train.product}/{train.channel}/{version}/"
            f"{moment}/{platform}/{locale}/{train.product}-{version}.{locale}.{platform}.{extension}",
            "size": 20_000_000 + seed % 60_000_000,
            "mimetype": mimetype,
            "date": _written(day, seed),
        },
    }
    if day.year >= 2012:  # Older builds have no metadata.
        record["source"] |= _source(train, moment)
        record["build"] = _build(platform, moment)
    return name.lower().replace(".", "-"), record


def _version(train: _Train, number: int, day: date) -> str:
    major = 3 + (day - date(2010, 1, 1)).days // 42
    if train.suffix == "b":
        return f"{major}.0b{number % 11 + 1}"
    if train.suffix == "esr":
        return f"{major // 8 * 8}.{number % 9}.0esr"
    return f"{major}.0{train.suffix}" if number % 2 == 0 or train.suffix else f"{major}.0.1"


def _written(day: date, seed: int) -> str:
    """Return when the archive's copy was written: not before the move of 2015."""
    written = datetime.combine(max(day, _MOVE_OF_THE_ARCHIVE), datetime.min.time(), UTC)
    return f"{written + timedelta(seconds=seed % 86400):%Y-%m-%dT%H:%M:%SZ}"


def _source(train: _Train, moment: str) -> dict[str, str]:
    tree = f"releases/{train.product}-{train.channel}"
    return {
        "tree": tree,
        "revision": f"{_digest(tree, moment) << 96:040x}"[:40],
        "repository": f"https://hg.mozilla.org/{tree}",
    }


def _build(platform: str, moment: str) -> dict[str, Any]:
    date_and_time = datetime.strptime(moment[:8], "%Y%m%d").replace(tzinfo=UTC)
    seconds = int(moment[8:]) % 86400
    moment = f"{date_and_time + timedelta(seconds=seconds):%Y%m%d%H%M%S}"
    host = "x86_64-pc-linux-gnu" if not platform.startswith("win") else "x86_64-pc-mingw32"
    compiler = "/builds/worker/workspace/build/src/gcc/bin"
    return {
        "id": moment,
        "date": f"{date_and_time + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}",
        "number": 1 + seconds % 3,
        "as": "$(CC)",
        "ld": "ldd",
        "cc": f"/usr/bin/ccache {compiler}/gcc -std=gnu99",
        "cxx": f"/usr/bin/ccache {compiler}/g++ -std=gnu++11",
        "host": host,
        "target": host,
    }


def _digest(*parts: object) -> int:
    text = "\0".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())
