"""Print each test that does not pass, and how many there are of each result.

The arguments are words that the names of the tests contain. ``ELASTICSEARCH_URL`` names a server
that runs already; all of its indexes are removed.
"""

import os
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import webtest
from kinto import main as kinto_main
from kinto_buildhub.postgres.embedded import embedded_postgresql

from tests.conftest import kinto_settings
from tests.server.search.yaml_suite.outcomes import Result
from tests.server.search.yaml_suite.runner import run
from tests.server.search.yaml_suite.servers import KIND, MEMORY, Collections, Elasticsearch
from tests.server.search.yaml_suite.spec import iter_tests
from tests.stand_ins.search_servers import running


def main(words: list[str]) -> None:
    """Run the tests whose names contain all of *words*."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=MEMORY)))
        app = _make_app(stack.enter_context(embedded_postgresql(folder / "postgresql")), folder)
        search = app.app.registry.buildhub_search
        stack.callback(search.engine.close)
        stack.callback(search.follower.stop)
        url = os.environ.get("ELASTICSEARCH_URL")
        genuine = Elasticsearch(
            url or stack.enter_context(running(KIND, parent=MEMORY)).url  # Starts one.
        )
        genuine.empty()
        _run(words, genuine, Collections(app, genuine))


def _make_app(database_url: str, folder: Path) -> webtest.TestApp:
    changes = {
        "kinto.search.path": str(folder / "search"),
        "kinto.search.leases": str(folder / "leases"),
        "kinto.elasticsearch.force_refresh": "true",
    }
    app = kinto_main({}, **kinto_settings(database_url, **changes))
    for backend in ("storage", "permission", "cache"):
        getattr(app.registry, backend).initialize_schema()
    return webtest.TestApp(app, extra_environ={"SCRIPT_NAME": ""})


def _run(words: list[str], genuine: Elasticsearch, collections: Collections) -> None:
    counts: Counter[Result] = Counter()
    started = time.monotonic()
    for test in iter_tests():
        if all(word in str(test) for word in words):
            outcome = run(test, genuine, collections)
            counts[outcome.result] += 1
            if outcome.result is not Result.PASS:
                print(f"{outcome.result.label}: {test}\n   {outcome.why}", flush=True)  # noqa: T201
    seconds = time.monotonic() - started
    summary = ", ".join(f"{result.label}: {counts[result]}" for result in Result)
    print(f"{summary}; in {seconds:.0f} seconds")  # noqa: T201


main(sys.argv[1:])
