"""What search pages send, step by step, and the answers that they need.

The requests were recorded, not written: `tests/clients/pages` has a page of SearchKit 2.3.0 and one
of Search UI 1.24.2 with its Elasticsearch connector, on which programs type, choose, sort and turn
pages in Node; what the packages then send is in `pages`. The answers are those of Elasticsearch
9.2.0 to the records of `records`. To record anew, with Maven, a JDK and Node.js::

    python -m tests.server.search.recorded_pages
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from buildhub_schema import search_mapping
from kinto_buildhub.search.elastic import ElasticEngine
from kinto_buildhub.search.engine import Change, Engine
from kinto_buildhub.search.follow.changes import Store
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.service import Search
from kinto_buildhub.search.settings import SearchSettings
from kinto_buildhub.settings import read_settings

from tests.conftest import serving
from tests.server.search.conftest import decoded
from tests.server.search.programs import CLIENTS, ask, install_javascript
from tests.server.search.records import make_records
from tests.stand_ins.search_servers import SERVER_KINDS, running

FOLDER = Path(__file__).parent / "pages"
INDEX = IndexId("build-hub", "releases")
MAPPING = Mapping(search_mapping())
SETTINGS = SearchSettings.from_values(read_settings({"search.timeout_seconds": "60"}, {}))

Json = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """A page that searches.

    Attributes:
        name: of its program and of its recording.
        legacy: it asks ``search``, else ``_search``.
    """

    name: str
    legacy: bool

    def steps(self) -> list[Json]:
        """Return the recorded steps: name, body and answer of each."""
        return cast(list[Json], json.loads((FOLDER / f"{self.name}.json").read_text()))

    def run(self, collection_url: str) -> list[Json]:
        """Run the page itself; return what it sent and got."""
        folder = install_javascript(CLIENTS / "pages")
        program = str(folder / f"{self.name}.js")
        # React warns in development about what SearchKit calls.
        return cast(list[Json], ask("node", program, collection_url, NODE_ENV="production"))

    def record(self, collection_url: str, search: Search) -> None:
        """Write the recording again."""
        steps = self.run(collection_url)
        for step in steps:
            # Not from the page: JavaScript does not distinguish 1 and 1.0.
            answer = decoded(search.answer(INDEX, MAPPING, step["body"], {}, legacy=self.legacy))
            step["answer"] = {**comparable(answer), "took": 0}
        lines = (json.dumps(step, ensure_ascii=False) for step in steps)
        (FOLDER / f"{self.name}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


PAGES = (Page("searchkit", legacy=True), Page("search_ui", legacy=False))


def comparable(answer: Json) -> Json:
    """Return an answer without the name of the index, which has a random prefix in tests."""
    hits = [
        {key: value for key, value in hit.items() if key != "_index"}
        for hit in answer["hits"]["hits"]
    ]
    return {**answer, "hits": {**answer["hits"], "hits": hits}}


def fill(engine: Engine) -> None:
    """Give the engine the suite's records."""
    engine.ensure(INDEX, MAPPING)
    changes = [Change(each["id"], each["last_modified"], each) for each in make_records()]
    engine.apply(INDEX, changes, changes[-1].timestamp)
    engine.refresh(INDEX)


@contextmanager
def searching(engine: Engine) -> Iterator[Search]:
    """Search with *engine*, as the endpoints do, without a store that it would follow."""
    search = Search(SETTINGS, engine, cast(Store, None))
    try:
        yield search
    finally:
        if search.follower is not None:
            search.follower.stop()


def main() -> None:
    """Record all pages."""
    with running(SERVER_KINDS[0]) as server:
        engine = ElasticEngine([server.url], "recorded", SETTINGS.limits)
        fill(engine)

        def respond(environ: Json, start_response: Any) -> list[bytes]:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            legacy = not environ["PATH_INFO"].endswith("/_search")
            start_response("200 OK", [("Content-Type", "application/json")])
            return [search.search(INDEX, MAPPING, body, {}, legacy=legacy)]

        with searching(engine) as search, serving(respond) as url:
            for page in PAGES:
                page.record(f"{url}/releases", search)


if __name__ == "__main__":
    os.environ["REQUIRE_ALL"] = "1"  # Here a missing requirement is an error.
    main()
