"""Random requests, made from the document: none fails the server, and all answers are described.

Schemathesis makes them, from a fixed seed. It runs as a process of its own: its plugin for pytest
would take part in all other tests. For many thousands, with each edge of each schema among them::

    RANDOM_REQUESTS=50 .venv/bin/pytest tests/server/api_docs/test_random_requests.py
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import webtest

from tests.conftest import serving
from tests.server.api_docs import schemathesis_hooks
from tests.server.api_docs.restoring import RestoringApplication
from tests.server.api_docs.world import PASSWORD, running_world

CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_schema_conformance", "response_headers_conformance"),
)

# Answers that stay open have tests of their own; the server of this one ends each answer.
_WITHOUT_END = ("listen_to_changes",)

# The user, what Schemathesis calls phases, and how many requests of each operation; of the phase
# "stateful", how many sequences, in which a request is made of the answer to another.
_SHORT = (
    ("", "examples,fuzzing", 2),
    ("publisher", "examples,fuzzing", 2),
    ("publisher", "stateful", 20),
)
_MOST = int(os.environ.get("RANDOM_REQUESTS", "0"))
_LONG = tuple(
    (user, phases, count)
    for user in ("", "colleague", "publisher", "admin")
    for phases, count in (("coverage", 1), ("examples,fuzzing", _MOST), ("stateful", 10 * _MOST))
)
RUNS = _LONG if _MOST else _SHORT


@pytest.fixture(scope="module")
def url(
    make_app: Callable[..., webtest.TestApp],
    make_database: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The URL of a world of its own, as everything in it is deleted now and then."""
    folder = tmp_path_factory.mktemp("world")
    with (
        running_world(make_app, make_database(), folder) as world,
        serving(RestoringApplication(world)) as url,
    ):
        yield url


@pytest.mark.timeout(7200 if _MOST else 300)
@pytest.mark.parametrize(("user", "phases", "count"), RUNS)
def test_no_request_fails_the_server_or_is_answered_as_not_described(
    url: str, tmp_path: Path, user: str, phases: str, count: int
) -> None:
    hooks = Path(schemathesis_hooks.__file__)
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"),
        *("--seed", "1", "--max-examples", str(count), "--phases", phases),
        *("--checks", ",".join(CHECKS), "--continue-on-failure", "--no-shrink"),
        # To check a wrong password takes long, and nothing is learned.
        *("--generation-with-security-parameters", "false", "--generation-database", "none"),
        *("--max-redirects", "0", "--request-timeout", "60", "--no-color", "--warnings", "off"),
        *(f"--exclude-operation-id={name}" for name in _WITHOUT_END),
        *(("--auth", f"{user}:{PASSWORD}") if user else ()),
    ]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": hooks.stem, "PYTHONPATH": str(hooks.parent)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    sent = re.search(r"(\d+) generated, \1 passed", done.stdout)
    assert sent is not None, done.stdout
    assert int(sent[1]) >= count
