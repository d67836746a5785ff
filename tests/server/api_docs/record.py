"""Record what a server answers to each example, as the examples of the OpenAPI document.

Run ``.venv/bin/python -m tests.server.api_docs.record`` after a change of examples or answers, and
look at what has changed. A test checks that the recorded answers are still those of the server.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import webtest
from kinto_buildhub.api_docs.examples import FILE
from kinto_buildhub.api_docs.routes import served_operations
from kinto_buildhub.api_operations import Access, Operation

from tests.server.api_docs.errors import ERROR_REQUESTS
from tests.server.api_docs.sending import example_request, recorded_form, send
from tests.server.api_docs.world import basic, restore

# Large, or different on each server.
NOT_RECORDED = frozenset(
    {"get_openapi", "get_openapi_spec", "server_info", "get_changes_feed", "get_favicon"}
)

_FOR_ADMINS = frozenset({"create_account", "delete_user_data"})


def record_answers(app: webtest.TestApp) -> dict[str, Any]:
    """Return the recorded form of the answer to each example, by operation ID; and of errors."""
    found = dict(_answers(app))
    for name, request in ERROR_REQUESTS.items():
        found[name] = recorded_form(request(app))
    return found


def _answers(app: webtest.TestApp) -> Iterator[tuple[str, Any]]:
    """Yield the answers to reads, then those to changes, which the search index need not follow."""
    for row in sorted(described(app), key=lambda row: row.access is Access.WRITERS):
        user = "admin" if row.operation_id in _FOR_ADMINS else "publisher"
        answer = send(app, example_request(app, row), basic(user))
        if row.access is Access.WRITERS:
            restore(app)
        yield row.operation_id, recorded_form(answer)


def described(app: webtest.TestApp) -> list[Operation]:
    """Return the rows of the operations that the server has, but for counts: they have no body."""
    return [row for row in served_operations(app.app.registry) if row.method != "HEAD"]


def write_examples(found: dict[str, Any]) -> None:
    """Write the file of the package."""
    path = Path(str(resources.files("kinto_buildhub.api_docs").joinpath(FILE)))
    kept = {name: each for name, each in sorted(found.items()) if name not in NOT_RECORDED}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    tests = str(Path(__file__).with_name("test_examples.py"))
    command = [sys.executable, "-m", "pytest", "-q", tests]
    environment = os.environ | {"RECORD_EXAMPLES": "1"}
    sys.exit(subprocess.run(command, env=environment, check=False).returncode)
