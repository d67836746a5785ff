"""A catalogue whose newest builds are not those that were built, written or numbered last."""

from typing import Any

from tests.server.catalog.builds import make_build

_ROWS = (
    # version, channel, build ID, platforms
    ("53.0", "release", "20170413192749", ("win64", "win32", "macosx")),
    ("54.0", "release", "20170608105825", ("win64", "macosx")),
    ("53.0.3", "release", "20170801000000", ("win64",)),  # Fixed after 54.0.
    ("55.0b8", "beta", "20170714000000", ("win64", "linux-i686")),
    ("55.0b9", "beta", "20170718000000", ("win64", "linux-x86_64")),
    ("55.0b10", "beta", "20170720000000", ("win64",)),
    ("45.5.0esr", "esr", "20161110000000", ("win64",)),
    ("45.7.0esr", "esr", "20170117000000", ("win64",)),
    ("45.8.0esr", "esr", "20170301000000", ("win64",)),
    ("52.0esr", "esr", "20170302000000", ("win64",)),
    ("45.9.0esr", "esr", "20170412010101", ("win64",)),
    ("52.1.0esr", "esr", "20170412000000", ("win64",)),
    # Never shipped: experiments, and what was staged.
    ("54.0.1-funnelcake137", "release", "20170701000000", ("win64",)),
    ("54.0.1rc2", "release", "20170702000000", ("win64",)),
)
_NIGHTLIES = (
    ("55.0a1", "20170531030204"),
    ("55.0a1", "20170601030204"),
    ("56.0a1", "20170731100352"),
    ("56.0a1", "20170801100311"),
)


def make_builds() -> list[dict[str, Any]]:
    """Return the records; files of releases have a space in their name, as on Windows."""
    return [
        *(
            make_build(version, platform, "fr", channel=channel, build_id=build_id, **_url(version))
            for version, channel, build_id, platforms in _ROWS
            for platform in platforms
        ),
        *(
            make_build(version, "win64", "en-US", channel="nightly", build_id=build_id)
            for version, build_id in _NIGHTLIES
        ),
        make_build(
            "55.0b9",
            "win64",
            "fr",
            product="devedition",
            channel="aurora",
            build_id="20170718000001",
        ),
        make_build("54.0", "win64", "de"),
        make_build("54.0", "win64-aarch64", "fr"),
        make_build("60.0rc1", "win64", "fr", build_id="20180501000000", target__candidate=1),
        # Their IDs are not known.
        make_build("54.0", "win64", "sk", build__id=None, build__date=None),
        make_build("53.0", "win64", "sk", build_id="20170413192749"),
        make_build(
            *("54.0", "win64", "fr"),
            build_id="20170613000000",
            id="unknown",
            build__id=None,
            build__date=None,
        ),
    ]


def _url(version: str) -> dict[str, str]:
    folder = f"https://archive.mozilla.org/pub/firefox/releases/{version}/win64/fr"
    return {"download__url": f"{folder}/Firefox Setup {version}.exe"}
