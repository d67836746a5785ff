"""Clients through a real nginx: one that compresses, and one that passes on what comes."""

import os
import subprocess
import sys
from dataclasses import dataclass

import kinto_http
import pytest
import requests
from kinto_http import KintoException

from tests.conftest import PUBLISHER_HEADERS, make_record, serving
from tests.documented import Example, iter_examples
from tests.requirements import require
from tests.stand_ins.nginx import COMPRESSING, PASSING, nginx

COLLECTION = "/v1/buckets/build-hub/collections/releases"
PAGE = "how-to/cookbook.rst"
IN_THE_PAGE = "http://localhost:8888"


@dataclass(frozen=True)
class Proxied:
    """A catalogue behind nginx."""

    url: str
    weakens: bool

    @property
    def records(self) -> str:
        return f"{self.url}{COLLECTION}/records"

    def client(self) -> kinto_http.Client:
        return kinto_http.Client(
            server_url=f"{self.url}/v1",
            bucket="build-hub",
            collection="releases",
            auth=("publisher", "secret"),
        )


@pytest.fixture(scope="module", params=[COMPRESSING, PASSING], ids=["compresses", "passes-on"])
def proxied(make_app, request):
    app = make_app()
    everyone = {"permissions": {"read": ["system.Everyone"]}}
    app.put_json("/v1/buckets/build-hub", everyone, headers=PUBLISHER_HEADERS)
    app.put_json(COLLECTION, {}, headers=PUBLISHER_HEADERS)
    for number in range(20):
        record = make_record(id=f"r{number}", build__cc="gcc " * 300)
        app.put_json(f"{COLLECTION}/records/r{number}", {"data": record}, headers=PUBLISHER_HEADERS)
    with serving(app.app) as url, nginx(url.removesuffix("/v1"), request.param) as front:
        yield Proxied(front, request.param == COMPRESSING)


def test_tags_are_as_the_other_tests_assume(proxied):
    answer = requests.get(proxied.records, headers={"Accept-Encoding": "gzip"}, timeout=30)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.json()["data"]) == 20
    assert answer.headers["ETag"].startswith('W/"' if proxied.weakens else '"0')
    assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize("path", ["", "?_limit=5", "/r1"])
def test_a_poll_is_answered_with_304(proxied, path):
    url, headers = f"{proxied.records}{path}", {"Accept-Encoding": "gzip"}
    tag = requests.get(url, headers=headers, timeout=30).headers["ETag"]
    for _ in range(2):
        again = requests.get(url, headers={**headers, "If-None-Match": tag}, timeout=30)
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["Cache-Control"] == "no-cache"


def test_a_write_is_guarded_by_the_tag_that_came(proxied):
    url, body = f"{proxied.records}/r2", {"data": make_record(id="r2", build__cc="x" * 2000)}
    tag = requests.get(url, timeout=30).headers["ETag"]
    matching = {**PUBLISHER_HEADERS, "If-Match": tag}
    assert requests.put(url, json=body, headers=matching, timeout=30).status_code == 200
    assert requests.put(url, json=body, headers=matching, timeout=30).status_code == 412


def test_kinto_http_polls_and_writes(proxied):
    client = proxied.client()
    assert len(client.get_records()) == 20
    since = client.get_records_timestamp()  # As it came with the records, compressed.
    assert client.get_records(_since=since) == []
    assert client.get_records(if_none_match=since) == []  # It makes this of a 304.
    record = client.get_record(id="r3")["data"]
    client.update_record(data=record | {"note": "a"}, safe=True)
    with pytest.raises(KintoException, match="412"):
        client.update_record(data=record | {"note": "b"}, safe=True)
    assert [each["id"] for each in client.get_records(_since=since)] == ["r3"]


def test_kinto_http_guards_a_write_by_the_timestamp_of_a_list(proxied):
    client = proxied.client()
    client.get_records(_limit=1)
    timestamp = client.get_records_timestamp()
    newest = client.get_records(_limit=1)[0]
    client.update_record(data=newest | {"note": "c"}, safe=True, if_match=timestamp)
    with pytest.raises(KintoException, match="412"):
        client.update_record(data=newest | {"note": "d"}, safe=True, if_match=timestamp)


def polling_examples() -> list[Example]:
    """Return the programs of the section on what has changed."""
    programs = [each for each in iter_examples(PAGE) if "since" in each.block.code.lower()]
    return [each for each in programs if each.block.language != "json"]


@pytest.mark.parametrize("example", polling_examples(), ids=str)
def test_the_examples_of_the_cookbook_print_what_they_show(proxied, example):
    code = example.block.code.replace(IN_THE_PAGE, proxied.url)
    environ = {**os.environ, "CATALOGUE": f"{proxied.url}{COLLECTION}"}
    shown = example.shown
    match example.block.language:
        case "python":
            command = [sys.executable, "-c", code]
        case "javascript":
            command = ["node", "--input-type=module", "-e", code]
        case _:
            command, shown = ["bash", "-c", example.typed()], example.printed()
    require(_is_there(command[0]), f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == (shown or "").strip()


def _is_there(program: str) -> bool:
    return subprocess.run(["which", program], capture_output=True).returncode == 0
