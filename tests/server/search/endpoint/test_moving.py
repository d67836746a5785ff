"""A catalogue moves from kinto-elasticsearch with its old settings, as the how-to says."""

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import webtest
from kinto_buildhub.search.elastic import ElasticEngine

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.documented import DOCS, Example, iter_examples
from tests.server.search.conftest import LIMITS
from tests.stand_ins.programs import Program, free_port
from tests.stand_ins.search_servers import SearchServer

# The first test on a server waits until it is fetched and started.
pytestmark = pytest.mark.timeout(900)

PAGE = "how-to/move-from-kinto-elasticsearch.rst"
BEFORE_START, *AFTER_START = iter_examples(PAGE)

# As an old installation has it, but for the two lines that the page gives.
INI = """[app:main]
use = egg:kinto
{given}
kinto.storage_url = {database_url}
kinto.permission_backend = kinto.core.permission.postgresql
kinto.permission_url = {database_url}
kinto.cache_backend = kinto.core.cache.postgresql
kinto.cache_url = {database_url}
kinto.transaction_per_request = true
kinto.userid_hmac_secret = tests only
multiauth.policies = basicauth
kinto.elasticsearch.hosts = {hosts}
kinto.elasticsearch.index_prefix = {prefix}
kinto.elasticsearch.force_refresh = true
"""

MAPPING = {
    "properties": {
        "id": {"type": "keyword"},
        "last_modified": {"type": "long"},
        "source": {"properties": {"product": {"type": "keyword"}}},
    }
}


@pytest.fixture
def old_database(make_app: Callable[..., webtest.TestApp], make_database: Callable[[], str]) -> str:
    """The address of a database that a stock Kinto has written, with a mapping of old."""
    url = make_database()
    app = make_app(
        url,
        **{
            "kinto.includes": "kinto.plugins.default_bucket",
            "kinto.storage_backend": "kinto.core.storage.postgresql",
        },
    )
    bucket = "/v1/buckets/build-hub"
    everyone = {"permissions": {"read": ["system.Everyone"]}}
    app.put_json(bucket, everyone, headers=PUBLISHER_HEADERS)
    collection = f"{bucket}/collections/releases"
    app.put_json(collection, {"data": {"index:schema": MAPPING}}, headers=PUBLISHER_HEADERS)
    for locale, product in (("fr", "firefox"), ("de", "firefox"), ("multi", "fennec")):
        record = make_record(id=f"build-{locale}", source__product=product)
        app.put_json(
            f"{collection}/records/{record['id']}", {"data": record}, headers=PUBLISHER_HEADERS
        )
    return url


@pytest.fixture
def folder(old_database: str, backend: SearchServer | None, tmp_path: Path) -> Iterator[Path]:
    """A folder with the old ``kinto.ini``, changed as the page says."""
    prefix = f"t{uuid.uuid4().hex[:12]}"
    page = (DOCS / PAGE).read_text()
    given = page.partition(".. code-block:: ini\n\n")[2].partition("\n\n")[0]
    hosts = "" if backend is None else backend.url.removeprefix("http://")
    settings = INI.format(
        given="\n".join(line.strip() for line in given.splitlines()),
        database_url=old_database.replace("%", "%%"),
        hosts=hosts,
        prefix=prefix,
    )
    (tmp_path / "kinto.ini").write_text(settings)
    yield tmp_path
    if backend is not None:
        engine = ElasticEngine([backend.url], prefix, LIMITS)
        for index in engine.indices():
            engine.delete(index)
        engine.close()


def type_in(example: Example, folder: Path, port: int) -> list[str]:
    """Type what the example types; return the lines that are printed, errors too."""
    code = f"set -euo pipefail\n{example.setup}{example.typed()}\n"
    done = subprocess.run(
        ["bash", "-s"],
        input=code.replace("localhost:8888", f"localhost:{port}"),
        cwd=folder,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.splitlines()


def test_the_steps_lead_to_the_new_search(folder: Path) -> None:
    port = free_port()
    printed = type_in(BEFORE_START, folder, port)
    # The engine and its place differ.
    indexed, _, engine = printed[-1].partition(" by the ")
    assert indexed == BEFORE_START.printed().partition(" by the ")[0]
    assert engine.startswith(("cluster at 127.0.0.1:", f"embedded engine in {folder}"))
    ini, data = str(folder / "kinto.ini"), str(folder / ".data")
    server = Program("buildhub", "serve", "--ini", ini, "--data", data, PORT=str(port))
    try:
        server.wait_for("Serving on")
        for example in AFTER_START:
            assert type_in(example, folder, port) == example.printed().splitlines()
    finally:
        assert server.interrupt() == 0, server.output


@pytest.fixture
def old_path(search_app: webtest.TestApp) -> str:
    """The path of a collection that does not exist yet, in a bucket that everyone may read."""
    path = f"/v1/buckets/old-{uuid.uuid4().hex}"
    everyone = {"permissions": {"read": ["system.Everyone"]}}
    search_app.put_json(path, everyone, headers=PUBLISHER_HEADERS)
    return f"{path}/collections/releases"


def test_a_collection_without_a_mapping_is_answered_with_what_it_lacks(
    search_app: webtest.TestApp, old_path: str
) -> None:
    search_app.put_json(old_path, {}, headers=PUBLISHER_HEADERS)
    answer = search_app.post_json(f"{old_path}/search", {}, status=404)
    assert "its metadata has no index:schema" in answer.json["message"]


def test_a_type_of_old_is_refused_when_it_is_written(
    search_app: webtest.TestApp, old_path: str
) -> None:
    metadata = {"index:schema": {"properties": {"title": {"type": "string"}}}}
    answer = search_app.put_json(
        old_path, {"data": metadata}, headers=PUBLISHER_HEADERS, status=400
    )
    message = "index:schema.title: type 'string' is not supported; expected one of"
    assert message in answer.json["message"]
