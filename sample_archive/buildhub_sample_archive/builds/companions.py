"""The files in a build's folder that are not builds, as a table."""

from datetime import date
from typing import NamedTuple

from buildhub_sample_archive.builds.eras import Names, Number, number_of

_FIREFOX = ("firefox", "devedition")
_DESKTOP = (*_FIREFOX, "thunderbird")
_EVER: tuple[Number, Number] = ((0, 0), (999, 0))


class Companion(NamedTuple):
    """A file in the folder of a build.

    Attributes:
        platform: start of the folder names of the platforms that have it.
        name: a template with ``{build}`` (the build's name), ``{prefix}``, ``{title}``,
            ``{version}``.
        per_mille: its size, in thousandths of the build's.
        versions: first and last that have it.
        stage: ``candidates``, ``releases``, or "" for both.
        en_us_only: whether only the folder of en-US has it.
    """

    platform: str
    name: str
    per_mille: int
    versions: tuple[Number, Number] = _EVER
    stage: str = ""
    en_us_only: bool = False
    products: tuple[str, ...] = _DESKTOP


COMPANIONS = (
    Companion("linux", "{build}.asc", 1),
    Companion("linux", "{prefix}-{version}.deb", 950, ((122, 0), (999, 0)), en_us_only=True),
    Companion("mac", "{title} {version}.pkg", 1040, ((70, 0), (999, 0))),
    Companion("win", "{prefix}-{version}.zip", 1300, stage="candidates"),
    Companion("win", "{title} Setup {version}.msi", 1080, ((65, 0), (999, 0))),
    Companion("win32", "Firefox Installer.exe", 6, ((56, 0), (999, 0)), products=_FIREFOX),
    Companion(
        "win32", "Firefox Setup Stub {version}.exe", 5, ((18, 0), (55, 9)), products=_FIREFOX
    ),
    *(
        Companion("", name, per_mille, versions, "candidates", en_us_only=True, products=products)
        for name, per_mille, versions, products in (
            ("{prefix}-{version}.crashreporter-symbols.zip", 700, _EVER, _DESKTOP),
            ("{prefix}-{version}.tests.zip", 900, ((4, 0), (48, 9)), _DESKTOP),
            ("{prefix}-{version}.common.tests.tar.gz", 600, ((49, 0), (999, 0)), _DESKTOP),
            ("mozharness.zip", 20, ((29, 0), (999, 0)), _DESKTOP),
            ("robocop.apk", 20, ((15, 0), (62, 9)), ("fennec",)),
        )
    ),
)

PLATFORM_INFO_NAMES = {
    "linux-i686": "linux_info.txt",
    "linux-x86_64": "linux64_info.txt",
    "linux-aarch64": "linux64-aarch64_info.txt",
    "mac": "macosx64_info.txt",
    "win32": "win32_info.txt",
    "win64": "win64_info.txt",
    "win64-aarch64": "win64_aarch64_info.txt",
}
"""The info file of each platform, in the folder of a candidate."""

CANDIDATES_SINCE = date(2012, 1, 1)
"""Most older candidates are gone."""


def companions_of(
    names: Names, platform: str, build: str, stage: str, *, en_us: bool
) -> list[tuple[str, int]]:
    """Return names and sizes (in thousandths of the build's) of the files next to *build*."""
    number = number_of(names.version)
    return [
        (
            companion.name.format(
                build=build, prefix=names.prefix, title=names.title, version=names.spelled_version
            ),
            companion.per_mille,
        )
        for companion in COMPANIONS
        if names.product in companion.products
        and platform.startswith(companion.platform)
        and companion.versions[0] <= number <= companion.versions[1]
        and companion.stage in ("", stage)
        and (en_us or not companion.en_us_only)
    ]
