"""Which locales a platform may have: what differs from platform to platform, as a table."""

import re
from dataclasses import dataclass
from functools import lru_cache

from buildhub_schema.products import PRODUCTS_BY_NAME

JAPANESE = "ja"
JAPANESE_ON_MAC = "ja-JP-mac"

_VARIANT = re.compile(r".+-(?:eme-free|sha1|euballot|funnelcake[0-9]*)")


@dataclass(frozen=True, slots=True)
class FewLocales:
    """Platforms that never had all locales of their version.

    Attributes:
        platform: an expression for their whole name, as in records.
        locales: all that are expected there.
        why: as people read it.
    """

    platform: re.Pattern[str]
    locales: frozenset[str]
    why: str


FEW_LOCALES = (
    FewLocales(
        re.compile(r"android-(?:arm-)?(?:x86|x86_64|i386|aarch64|armv6)"),
        frozenset({"en-US", "multi"}),
        "Fennec was built for it in en-US, and with all locales in one build.",
    ),
    FewLocales(
        re.compile(r".+-(?:euballot|funnelcake[0-9]*)"),
        frozenset(),
        "Made for a few countries or an experiment, in locales that no list names.",
    ),
)
"""Platforms for all other purposes, such as ``win32-eme-free`` and ``win32-sha1``, had all."""


@lru_cache(maxsize=1024)
def find_few_locales(platform: str) -> FewLocales | None:
    """Return what is known about a platform with few locales; None if it has all."""
    return next((each for each in FEW_LOCALES if each.platform.fullmatch(platform)), None)


def has_all_locales_in_one(product: str) -> bool:
    """Return whether each build of a product contains all locales, so that it lacks none."""
    known = PRODUCTS_BY_NAME.get(product)
    return known is not None and bool(known.templates)


def may_have(platform: str, locale: str) -> bool:
    """Return whether builds in *locale* belong on *platform*. Japanese is another one on a Mac."""
    few = find_few_locales(platform)
    if few is not None and locale not in few.locales:
        return False
    return locale != (JAPANESE if platform.startswith("mac") else JAPANESE_ON_MAC)


def is_platform_variant(platform: str) -> bool:
    """Return whether a platform is another packaging of a platform, such as ``win32-eme-free``."""
    return _VARIANT.fullmatch(platform) is not None
