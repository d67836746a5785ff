"""The documented use of each client works: curl, HTTPie, Python, JavaScript.

The clients run against ``buildhub demo``.
"""

import json
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from buildhub_sample_archive import iter_objects

from tests.requirements import require

CLIENTS = Path(__file__).parent / "clients"
RECORDS = "buckets/build-hub/collections/releases/records"


def run(command, **environment):
    """Run a shell command; return its output, and fail with both its outputs."""
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        env={"PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def total_records(headers):
    """Return the count; ``grep Total-Records`` also finds another header that names it."""
    return int(re.search(r"(?m)^Total-Records: ([0-9]+)\r?$", headers)[1])


@pytest.fixture(scope="module")
def a_record(demo_server):
    """A record of 53.0b9; it has a build ID."""
    found = json.loads(run(f'curl -s "{demo_server}/{RECORDS}?target.version=53.0b9&_limit=1"'))
    return found["data"][0]


def test_curl_counts_the_records_of_a_build_id(demo_server, a_record):
    build_id = a_record["build"]["id"]
    answer = run(
        'curl -s -I "${SERVER}/buckets/build-hub/collections/releases/records'
        f'?build.id={build_id}&_limit=1" | grep Total-Records',
        SERVER=demo_server,
    )
    assert total_records(answer) > 0


def test_curl_counts_no_records_of_an_unknown_build_id(demo_server):
    answer = run(
        'curl -s -I "${SERVER}/buckets/build-hub/collections/releases/records'
        '?build.id=19990101000000&_limit=1" | grep Total-Records',
        SERVER=demo_server,
    )
    assert total_records(answer) == 0


def test_the_python_client_finds_the_revision_of_a_build_id(demo_server, a_record):
    program = textwrap.dedent(
        f"""
        import kinto_http
        client = kinto_http.Client(server_url={demo_server!r})
        records = client.get_records(
            **{{"build.id": {a_record["build"]["id"]!r}, "_limit": 1, "pages": 1}},
            bucket="build-hub", collection="releases",
        )
        print(records[0]["source"]["revision"])
        """
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert printed.strip() == a_record["source"]["revision"]


def install_javascript_client():
    """Install the client unless an earlier run has; return the folder of its modules."""
    require(shutil.which("node") and shutil.which("npm"), "Node.js with npm is not installed")
    if not (CLIENTS / "node_modules").exists():
        run(f"cd {CLIENTS} && npm install --silent --no-package-lock --no-audit --no-fund")
    return CLIENTS / "node_modules"


def test_the_javascript_client_finds_the_locales_of_a_version(demo_server):
    install_javascript_client()
    printed = run(f"node {CLIENTS}/locales.js {demo_server} 53.0b9")
    in_archive = {
        path.split("/")[5]
        for path in (each.path for each in iter_objects("tiny") if each.is_build)
        if "/releases/53.0b9/" in path
    }
    assert in_archive
    assert {*printed.split()} == in_archive


def test_curl_and_jq_list_the_build_ids_of_a_version(demo_server):
    require(shutil.which("jq"), "jq is not installed")
    printed = run(
        'curl -s "${SERVER}/buckets/build-hub/collections/releases/records'
        "?target.version=56.0b12\" | jq -r '.data[] | .build.id' | sort -u",
        SERVER=demo_server,
    )
    build_ids = printed.split()
    assert build_ids
    assert all(len(build_id) == 14 and build_id.isdigit() for build_id in build_ids)


def http_get(url, *arguments):
    """Send a GET request with HTTPie; return status, headers and body."""
    printed = run(f"http --ignore-stdin --print=hb GET {url!r} {' '.join(arguments)}")
    head, _, body = printed.replace("\r\n", "\n").partition("\n\n")
    status, *lines = head.splitlines()
    headers = {name.lower(): value.strip() for name, _, value in (s.partition(":") for s in lines)}
    return int(status.split()[1]), headers, body


def test_httpie_gets_every_record_once_by_following_next_page(demo_server):
    # Ten at a time, as documented, among the builds of one version; then larger pages for all.
    for filters, limit in (("target.version==53.0b9", 10), ("", 1000)):
        total = run(
            f'curl -s -I "{demo_server}/{RECORDS}?{filters.replace("==", "=")}"'
            " | grep Total-Records"
        )
        status, headers, body = http_get(
            f"{demo_server}/{RECORDS}",
            f"_limit=={limit} _fields==id,target.version _sort==-download.date {filters}",
        )
        found = []
        while True:
            assert status == 200
            found += [record["id"] for record in json.loads(body)["data"]]
            if "next-page" not in headers:
                break
            status, headers, body = http_get(headers["next-page"])
        assert len(found) == len({*found}) == total_records(total)


def test_polling_answers_304_until_something_changes(demo_server, demo_auth, a_record):
    _, headers, _ = http_get(f"{demo_server}/{RECORDS}", "_limit==1")
    etag = headers["etag"]
    since = etag.strip('"')
    status, _, _ = http_get(f"{demo_server}/{RECORDS}", f"If-None-Match:'{etag}'")
    assert status == 304
    changed = {name: a_record[name] for name in ("id", "source", "target", "build", "download")}
    changed["build"] = {**changed["build"], "number": 99}
    for data in (changed, {**changed, "build": a_record["build"]}):
        run(
            f"curl -sf -u $AUTH -X PUT {demo_server}/{RECORDS}/{a_record['id']} "
            f"-H 'Content-Type: application/json' -d '{json.dumps({'data': data})}'",
            AUTH=demo_auth,
        )
    status, _, body = http_get(
        f"{demo_server}/{RECORDS}", f"_since=={since} If-None-Match:'{etag}'"
    )
    assert status == 200
    assert [record["id"] for record in json.loads(body)["data"]] == [a_record["id"]]
