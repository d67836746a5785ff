"""A short run of mutated requests beside a genuine Elasticsearch; see `mutated_requests`."""

from itertools import islice
from pathlib import Path

import pytest
from kinto_buildhub.search.embedded.engine import EmbeddedEngine

from tests.server.search.mutated_requests import (
    KIND,
    PREFIX,
    Genuine,
    iter_mutated,
    judge,
    make_corpus,
)
from tests.server.search.ranking import LIMITS, fill
from tests.stand_ins.search_servers import SearchServer

# The first test on a server waits until it is fetched and started.
pytestmark = pytest.mark.timeout(900)

SEED = 1
REQUEST_COUNT = 500


def test_no_mutated_request_has_another_answer(search_server: SearchServer, tmp_path: Path) -> None:
    if search_server.kind is not KIND:
        pytest.skip(f"the requests are compared with {KIND}")
    genuine, ours = Genuine(search_server.url), EmbeddedEngine(tmp_path, PREFIX, LIMITS)
    genuine.fill()
    fill(ours)
    bodies = islice(iter_mutated(make_corpus(SEED), SEED), REQUEST_COUNT)
    verdicts = [judge(body, genuine, ours) for body in bodies]
    ours.close()
    faults = [verdict for verdict in verdicts if verdict.is_fault]
    assert not faults, "\n".join(f"{each.label}: {each.why}" for each in faults)
