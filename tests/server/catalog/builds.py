"""Records for the tests of pages: those of one version on one platform in several locales."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tests.conftest import make_record

_FAMILIES = ("linux", "win", "mac", "android")


def make_build(
    version: str,
    platform: str,
    locale: str,
    *,
    product: str = "firefox",
    channel: str = "release",
    build_id: str = "20170403075439",
    **changes: Any,
) -> dict[str, Any]:
    """Return a record that was written at the time in its build ID; *changes* as in `make_record`.

    Its ID has a dash for each character that IDs may not have.
    """
    written = f"{product}_{build_id}_{version}_{platform}_{locale}"
    moment = f"{datetime.fromisoformat(f'{build_id[:8]}T{build_id[8:]}'):%Y-%m-%dT%H:%M:%SZ}"
    own = {
        "id": "".join(each if each.isascii() and each.isalnum() else "-" for each in written),
        "source__product": product,
        "target__version": version,
        "target__locale": locale,
        "target__channel": channel,
        "target__platform": platform,
        "target__os": next(family for family in _FAMILIES if platform.startswith(family)),
        "build__id": build_id,
        "build__date": moment,
        "download__date": moment,
    }
    return make_record(**own | changes)


def make_builds(
    version: str, platform: str, locales: Iterable[str], **options: Any
) -> list[dict[str, Any]]:
    """Return a record for each locale."""
    return [make_build(version, platform, locale, **options) for locale in locales]
