"""The official clients, as programs of their own, with a collection's address as their host."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import webtest
from webtest.http import StopableWSGIServer

from tests.conftest import require
from tests.server.search.records import make_records
from tests.server.search.servers import CACHE

# The first run installs the clients.
pytestmark = pytest.mark.timeout(600)

CLIENTS = Path(__file__).parents[3] / "clients" / "search"

PYTHON_CLIENTS = {
    "elasticsearch-8": ("elasticsearch", "elasticsearch>=8.19,<9"),
    "elasticsearch-9": ("elasticsearch", "elasticsearch>=9.1,<10"),
    "opensearch": ("opensearchpy", "opensearch-py>=3,<4"),
}
JAVASCRIPT_CLIENTS = ("elasticsearch-8", "elasticsearch-9")


@pytest.fixture(scope="session")
def collection_url(search_app: webtest.TestApp, filled_path: str) -> Iterator[str]:
    """The collection's address on a server that listens."""
    server = StopableWSGIServer.create(search_app.app)
    yield f"http://127.0.0.1:{server.effective_port}{filled_path}"
    server.shutdown()


def install_python_client(name: str, requirement: str) -> Path:
    """Return a folder with the client alone; it stays for the next run."""
    folder = CACHE / f"client-{name}"
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
            target = Path(temporary) / "client"
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target)]
            done = subprocess.run([*pip, requirement], capture_output=True, text=True, check=False)
            require(done.returncode == 0, f"{requirement} cannot be installed: {done.stderr}")
            target.replace(folder)
    return folder


def install_javascript_clients() -> Path:
    """Return a folder with the programs and the clients; it stays for the next run."""
    require(shutil.which("node") and shutil.which("npm"), "Node.js with npm is not installed")
    folder = CACHE / "search-clients-javascript"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "javascript_client.js"):
        shutil.copy(CLIENTS / name, folder)
    if not (folder / "node_modules").is_dir():
        done = subprocess.run(
            ["npm", "install", "--silent", "--no-package-lock", "--no-audit", "--no-fund"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        require(done.returncode == 0, f"npm cannot install the clients: {done.stderr}")
    return folder


def ask(*command: str, **environment: str) -> dict[str, Any]:
    """Run a client's program; return what it printed, and fail with what it complained of."""
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def check(answer: dict[str, Any]) -> None:
    """Check what every client has to have found."""
    macs = [each for each in make_records() if each["target"]["os"] == "mac"]
    assert answer["total"] == {"value": len(macs), "relation": "eq"}
    assert answer["ids"] == [each["id"] for each in macs[:3]]
    assert answer["products"] == Counter(each["source"]["product"] for each in macs)
    assert answer["count"] == len(macs)
    assert answer["statuses"] == [200, 400]
    assert answer["named_total"] == 300
    assert [
        {"source", "target", "build", "download"} <= set(each) for each in answer["mapped"]
    ] == [True]


@pytest.mark.parametrize("name", PYTHON_CLIENTS)
def test_an_official_python_client_works(name: str, collection_url: str) -> None:
    module, requirement = PYTHON_CLIENTS[name]
    folder = install_python_client(name, requirement)
    program = str(CLIENTS / "python_client.py")
    answer = ask(sys.executable, program, module, collection_url, PYTHONPATH=str(folder))
    check(answer)
    assert answer["version"].split(".")[0] == requirement.split("=")[1][0]
    error, status, message = answer["refused"]
    assert (error, status) in (("BadRequestError", 400), ("RequestError", 400))
    assert "unknown query 'foo'" in message


@pytest.mark.parametrize("name", JAVASCRIPT_CLIENTS)
def test_the_official_javascript_client_works(name: str, collection_url: str) -> None:
    folder = install_javascript_clients()
    answer = ask("node", str(folder / "javascript_client.js"), name, collection_url)
    assert answer["version"].split(".")[0] == name[-1]
    check(answer)
    error, status, message = answer["refused"]
    assert (error, status) == ("ResponseError", 400)
    assert "unknown query 'foo'" in message
