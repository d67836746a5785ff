"""A few builds for the tests of those who ask: versions, channels, products, gaps."""

from dataclasses import dataclass

from tests.server.catalog.builds import make_build, make_builds

LOCALES = ("de", "en-US", "fr")
RECORDS = [
    *make_builds("53.0b9", "linux-x86_64", LOCALES, channel="beta", build_id="20170403075439"),
    *make_builds("53.0b9", "win64", LOCALES[:2], channel="beta", build_id="20170403075439"),
    *make_builds("53.0b10", "win64", LOCALES, channel="beta", build_id="20170407083344"),
    make_build(
        "53.0b9rc1",
        "win64",
        "fr",
        channel="beta",
        build_id="20170401000000",
        target__candidate=1,
    ),
    make_build("55.0a1", "win64", "en-US", channel="nightly", build_id="20170503030212"),
    make_build("55.0a1", "win64", "en-US", channel="nightly", build_id="20170504030207"),
    make_build("56.0a1", "win64", "en-US", channel="nightly", build_id="20170619030424"),
    make_build(
        "52.0",
        "win64",
        "fr",
        product="thunderbird",
        build_id="20170403075439",
        source__revision="b" * 40,
    ),
    make_build("3.0", "win32", "fr", build_id="20080101000000", source__revision=None),
]


@dataclass(frozen=True)
class Place:
    """A served collection."""

    url: str
    bucket: str
    collection: str
