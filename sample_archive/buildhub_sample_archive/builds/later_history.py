"""Products that the release history does not have, and how they follow from what it has.

Versions of Thunderbird for Android and of Mozilla VPN are real, but for most of them only the order
is: their days are spread over the years in which they were released.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from buildhub_schema.release_history import HistoricRelease

ANDROID_SUCCESSORS = ("fenix", "firefox-android")
"""Products in the history that the archive has in ``pub/fenix/``."""

FENIX_SINCE = date(2021, 12, 20)
"""Before, Firefox for Android was published elsewhere."""
FOCUS_SINCE = date(2023, 7, 11)

MULTI_LOCALE = ("multi",)
"""The locales of products whose builds contain all."""
MULTI_LOCALE_PRODUCTS = frozenset({"fenix", "focus", "klar", "thunderbird-android", "vpn"})


class LaterRelease(NamedTuple):
    """A release after the history's end, or of a product that it does not have."""

    product: str
    version: str
    day: date
    attempts: int = 1


_THUNDERBIRD, _VPN = "thunderbird-android", "vpn"
LATER_RELEASES = (
    LaterRelease(_THUNDERBIRD, "9.0b2", date(2024, 12, 16)),
    LaterRelease(_THUNDERBIRD, "9.0", date(2025, 2, 4)),
    LaterRelease(_THUNDERBIRD, "10.0b1", date(2025, 3, 6)),
    LaterRelease(_THUNDERBIRD, "10.0", date(2025, 4, 8)),
    LaterRelease(_THUNDERBIRD, "11.0", date(2025, 6, 10)),
    LaterRelease(_THUNDERBIRD, "12.0", date(2025, 8, 12)),
    LaterRelease(_THUNDERBIRD, "14.0", date(2025, 10, 14)),
    LaterRelease(_THUNDERBIRD, "16.0", date(2026, 1, 13)),
    LaterRelease(_THUNDERBIRD, "19.0", date(2026, 4, 14)),
    LaterRelease(_THUNDERBIRD, "21.0b2", date(2026, 5, 28)),
    LaterRelease(_THUNDERBIRD, "21.1", date(2026, 6, 30)),
    LaterRelease(_THUNDERBIRD, "22.0", date(2026, 7, 21)),
    LaterRelease(_THUNDERBIRD, "23.0b1", date(2026, 7, 30)),
    LaterRelease(_VPN, "2.6.0", date(2021, 10, 26)),
    LaterRelease(_VPN, "2.9.0", date(2022, 7, 26), 2),
    LaterRelease(_VPN, "2.12.0", date(2022, 12, 13)),
    LaterRelease(_VPN, "2.16.0", date(2023, 7, 25)),
    LaterRelease(_VPN, "2.20.0", date(2024, 2, 6), 3),
    LaterRelease(_VPN, "2.24.0", date(2024, 10, 8)),
    LaterRelease(_VPN, "2.30.0", date(2025, 7, 22)),
    LaterRelease(_VPN, "2.35.0", date(2026, 2, 24), 2),
    LaterRelease(_VPN, "2.39.0", date(2026, 7, 23)),
)

KNOWN_BUILD_IDS = {("vpn", "2.39.0"): "20260720210739"}
"""Of the last candidate; all others are made up."""


def later_releases(history: Iterable[HistoricRelease]) -> Iterator[LaterRelease]:
    """Yield the releases of the products whose builds contain all locales."""
    for each in history:
        if each.product not in ANDROID_SUCCESSORS or each.day < FENIX_SINCE:
            continue
        yield LaterRelease("fenix", each.version, each.day, each.attempts)
        if each.product == "firefox-android" and each.day >= FOCUS_SINCE:
            yield LaterRelease("focus", each.version, each.day, each.attempts)
            if "b" not in each.version:
                yield LaterRelease("klar", each.version, each.day, each.attempts)
    yield from LATER_RELEASES
