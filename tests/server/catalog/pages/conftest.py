"""A catalogue with builds that share IDs, as those of a release do."""

from collections.abc import Callable
from typing import Any

import pytest
import webtest

from tests.conftest import make_record

BUILD_ID = "20170403083344"
BEFORE, AFTER = "20170401000000", "20170405000000"
CANDIDATE_ID = "20170404000000"
REVISION = "a" * 40
REPOSITORY = "https://hg.mozilla.org/releases/mozilla-beta"


def a_build(record_id: str, build_id: str = BUILD_ID, **changes: Any) -> dict[str, Any]:
    """Return a record with this ID and this build ID."""
    date = f"{build_id[:4]}-{build_id[4:6]}-{build_id[6:8]}T00:00:00Z"
    return make_record(**{"id": record_id, "build__id": build_id, "build__date": date} | changes)


def make_builds() -> list[dict[str, Any]]:
    """Return the records of four build IDs."""
    locales = [
        a_build(
            f"firefox_beta_53-0b9_{platform}_{locale.lower()}",
            target__platform=platform,
            target__locale=locale,
            source__repository=REPOSITORY,
        )
        for platform in ("linux-x86_64", "win32")
        for locale in ("en-US", "fr", "ja-JP-mac")
    ]
    devedition = a_build(
        "devedition_aurora_53-0b9_win32_en-us",
        source__product="devedition",
        source__repository=REPOSITORY,
        target__channel="aurora",
        target__locale="en-US",
        target__platform="win32",
    )
    candidates = [
        a_build(
            f"firefox_53-0{name}_win32_en-us",
            build_id,
            target__version=f"53.0{name}",
            target__candidate=2,
        )
        for name, build_id in (("b9rc2", BUILD_ID), ("b10rc2", CANDIDATE_ID))
    ]
    others = [
        a_build("firefox_beta_53-0b8_win32_en-us", BEFORE, target__version="53.0b8"),
        a_build("firefox_beta_53-0b10_win32_en-us", AFTER, target__version="53.0b10"),
        make_record(id="firefox_52-0esr_win32_en-us", build__id=None, build__date=None),
    ]
    return [*locales, devedition, *candidates, *others]


@pytest.fixture(scope="session")
def builds(make_catalogue: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    """A catalogue with these records, which nobody changes."""
    return make_catalogue(make_builds())
