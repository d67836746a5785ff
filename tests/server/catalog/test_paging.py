"""The links between the pages of a search lead past every record, once, in both directions."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape

import pytest
import webtest
from kinto_buildhub.catalog.columns import COLUMNS

from tests.server.catalog.conftest import CATALOGUE
from tests.server.search.records import make_records

COUNT = 3000
SORTS = [sign + column.name for column in COLUMNS for sign in ("", "-")]
_RECORD_LINK = re.compile(r'<td [^>]*class="col-file"><a href="[^"]*/catalog/records/([^"]+)">')


@pytest.fixture(scope="module")
def large(make_catalogue: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    """A catalogue with thousands of records: each value many times, and many without a build."""
    originals = make_records()
    return make_catalogue(
        [
            originals[number % len(originals)]
            | {"id": f"record-{number:04}", "last_modified": 1_500_000_000_000 + number}
            for number in range(COUNT)
        ]
    )


@pytest.mark.parametrize(("query", "size"), [("", 450), ("product=firefox", 97), ("q=win32", 50)])
@pytest.mark.parametrize("sort", SORTS)
def test_the_links_meet_every_record_once(
    large: webtest.TestApp, sort: str, query: str, size: int
) -> None:
    address = f"{CATALOGUE}?sort={sort}&size={size}&{query}"
    total = large.get(f"{CATALOGUE}.json?{query}").json["total"]
    assert total == COUNT if not query else size < total < COUNT
    forwards = list(iter_pages(large, address, "next"))
    found = [each for page in forwards for each in page.record_ids]
    assert (len(found), len(set(found))) == (total, total)
    backwards = list(iter_pages(large, forwards[-1].address, "prev"))
    assert [page.record_ids for page in backwards[::-1]] == [page.record_ids for page in forwards]


@dataclass(frozen=True)
class ShownPage:
    """A page of the table: its address, and the IDs of its rows."""

    address: str
    record_ids: tuple[str, ...]


def iter_pages(app: webtest.TestApp, address: str, relation: str) -> Iterator[ShownPage]:
    """Yield a page, and all that its links lead to."""
    while True:
        html = app.get(address).text
        yield ShownPage(address, tuple(_RECORD_LINK.findall(html)))
        link = re.search(rf'<a rel="{relation}" href="([^"]+)"', html)
        if link is None:
            return
        address = unescape(link[1])
