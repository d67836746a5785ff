"""The records of the contract suite: 300, the same on every run."""

from typing import Any

_PRODUCTS = ("firefox", "firefox", "firefox", "thunderbird", "devedition", "fennec")
_CHANNELS = ("release", "beta", "nightly", "esr")
_LOCALES = ("en-US", "fr", "de", "pt-BR", "ja-JP-mac", "zh-TW", "multi")
_PLATFORMS = (("linux-x86_64", "linux"), ("win32", "win"), ("win64", "win"), ("macosx", "mac"))
_VERSIONS = ("9.0", "52.0.1", "53.0b9", "53.0b10", "56.0", "100.0", "57.0a1", "52.0esr", "3.6rc1")


def make_records() -> list[dict[str, Any]]:
    """Return the records, by ID. Timestamps (``last_modified``) rise with the number in the ID."""
    return [_record(number) for number in range(300)]


def _record(number: int) -> dict[str, Any]:
    mixed = number * 7919 % 1009  # Spreads without a random source.
    platform, os = _PLATFORMS[mixed % 4]
    day, month, year = mixed % 28 + 1, mixed % 12 + 1, 2011 + mixed % 8
    hour, minute, second = mixed % 24, number % 60, mixed % 60
    date = f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
    version = _VERSIONS[mixed % 9]
    record: dict[str, Any] = {
        "id": f"record-{number:03}",
        "schema": 1497453926485,
        "last_modified": 1_500_000_000_000 + number * 1000,
        "source": {
            "product": _PRODUCTS[mixed % 6],
            "tree": f"releases/mozilla-{_CHANNELS[mixed % 4]}",
            "revision": f"{mixed:012x}",
        },
        "target": {
            "version": version,
            "locale": _LOCALES[number % 7],
            "channel": _CHANNELS[mixed % 4],
            "platform": platform,
            "os": os,
        },
        "download": {
            "url": f"https://archive.mozilla.org/pub/{_PRODUCTS[mixed % 6]}/releases/{version}/"
            f"{platform}/{_LOCALES[number % 7]}/Setup {version}.{number}.exe",
            "size": 1_000_000 + mixed * 10_000,
            "mimetype": "application/x-bzip2" if mixed % 3 else "application/msdos-windows",
            "date": date,
        },
    }
    if number % 5:  # Every fifth has no build, so that missing values occur.
        record["build"] = {
            "id": f"{year}{month:02}{day:02}{hour:02}{minute:02}{second:02}",
            "date": date,
            "number": mixed % 4 + 1,
        }
    return record
