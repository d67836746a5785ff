"""The newest builds of a channel are those that one finds by asking for each of them."""

from collections.abc import Callable

import pytest
import webtest

from tests.server.catalog.builds import make_build
from tests.server.latest.builds import make_builds

# One platform has many builds that are newer than all others.
_BETAS = [
    *(make_build(f"53.0b{n}", "win64", "fr", channel="beta") for n in range(10, 40)),
    *(make_build(f"53.0b{n}", "win32", "fr", channel="beta") for n in (2, 9)),
    make_build("53.0b3", "win64", "de", channel="beta"),
    make_build("52.0b1", "macosx", "sk", channel="beta"),
]
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def catalogue(make_catalogue: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    return make_catalogue([*make_builds(), *_BETAS])


@pytest.mark.parametrize(
    ("channel", "count"), [("release", 6), ("beta", 6), ("esr", 1), ("nightly", 1)]
)
def test_each_cell_has_the_build_that_is_found_alone(
    catalogue: webtest.TestApp, channel: str, count: int
) -> None:
    url = f"/v1/latest/firefox/{channel}"
    cells = {
        (platform, locale): build
        for platform, locales in catalogue.get(url).json["data"].items()
        for locale, build in locales.items()
    }
    assert len(cells) == count
    for (platform, locale), build in cells.items():
        alone = catalogue.get(f"{url}/{platform}/{locale}", headers=JSON).json
        assert build == {"record": alone["data"], "url": alone["url"]}
