"""The jobs' log lines as JSON, as a program that collects them reads them."""

import json
import os
import subprocess
import sys

# What a job logs, and what a library does, with text of others in it.
SCRIPT = """
import logging, structlog
from buildhub import logs
logs.configure("INFO", log_format="json")
structlog.get_logger().info("records_published", count=412, path="a\\n\\x1b[31m")
logging.getLogger("aiohttp").warning("GET http://user:s3cret@host/ failed")
try:
    raise ValueError("broken")
except ValueError:
    structlog.get_logger().exception("walk_failed")
"""


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
        check=False,
    )


def test_each_event_is_a_line_of_json() -> None:
    done = run(sys.executable, "-c", SCRIPT)
    assert done.returncode == 0, done.stderr
    own, library, failure = map(json.loads, done.stderr.splitlines())
    assert own["Type"] == "buildhub.jobs"
    assert own["Fields"] == {"msg": "records_published", "count": 412, "path": "a\n\x1b[31m"}
    assert (library["Type"], library["Severity"]) == ("aiohttp", 4)
    assert "s3cret" not in library["Fields"]["msg"]
    assert (failure["Severity"], failure["Fields"]["msg"]) == (3, "walk_failed")
    assert "ValueError: broken" in failure["Fields"]["exception"]


def test_a_command_refuses_a_format_that_it_does_not_have() -> None:
    path = "pub/firefox/releases/56.0/win32/fr/Firefox Setup 56.0.exe"
    command = (sys.executable, "-m", "buildhub", "record", "--offline", path)
    done = run(*command, LOG_FORMAT="xml")
    assert done.returncode == 2
    assert "environment LOG_FORMAT: 'xml'" in done.stderr
    assert run(*command, LOG_FORMAT="json").returncode == 0
