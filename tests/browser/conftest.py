"""A real Chromium in front of real servers. What no page may cause fails the test that caused it.

The browser ends with this package: while it runs, nothing else in the process can use asyncio.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import webtest
from buildhub_schema import collection_metadata
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.chromium import find_chromium, running_chromium
from tests.browser.held_answers import HeldAnswers
from tests.browser.watch import Watch
from tests.conftest import serving
from tests.requirements import require
from tests.server.catalog.apps import MakeApp, catalogue_app
from tests.server.catalog.hostile_records import hostile_records
from tests.server.search.records import make_records

OpenPage = Callable[..., Page]

# Other tests may use the machine at the same time.
_TIMEOUT_MS = 15_000


@dataclass(frozen=True)
class Site:
    """A catalogue that is served by this process, so that a test can make it slow or fail.

    Attributes:
        url: of its search page.
        app: the application.
        held: holds its answers back.
    """

    url: str
    app: webtest.TestApp
    held: HeldAnswers


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium; each test has windows of its own."""
    require(find_chromium(), "chromium is not installed")
    expect.set_options(timeout=_TIMEOUT_MS)
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def demo_url(demo_server: str) -> str:
    """The search page of a running demo: realistic records, as ``make run`` has them."""
    return f"{demo_server}/catalog/"


@pytest.fixture(scope="package")
def site(make_app: MakeApp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A catalogue with the records of the search suite."""
    with catalogue_app(make_app, tmp_path_factory.mktemp("site"), make_records()) as app:
        held = HeldAnswers(app.app)
        with serving(held) as url:
            yield Site(f"{url}/catalog/", app, held)


@pytest.fixture(scope="package")
def hostile_url(make_app: MakeApp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The search page of a catalogue with nothing but hostile records."""
    folder = tmp_path_factory.mktemp("hostile")
    metadata = collection_metadata()
    del metadata["schema"]
    with (
        catalogue_app(make_app, folder, hostile_records(), metadata=metadata) as app,
        serving(app.app) as url,
    ):
        yield f"{url}/catalog/"


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Return a function that opens a URL in a window of its own.

    Its options: `width` and `height` of the window; `expected`, parts of messages on the
    console that are no surprise; and those of Playwright's ``new_context``.
    """
    watch = Watch()
    contexts: list[BrowserContext] = []

    def open_page(
        url: str,
        *,
        width: int = 1280,
        height: int = 900,
        expected: tuple[str, ...] = (),
        **options: Any,
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(_TIMEOUT_MS)
        contexts.append(context)
        watch.follow(context, url, expected)
        page = context.new_page()
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert watch.complaints == []
