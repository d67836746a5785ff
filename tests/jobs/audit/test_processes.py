"""The whole way as an operator has it: the command and the server in processes of their own."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from buildhub_sample_archive import SampleArchive

from tests.conftest import kinto_settings
from tests.jobs.conftest import AUTH, row, write_inventory
from tests.stand_ins.live_server import live_server

FOLDERS = ("pub/firefox/releases/53.0/", "pub/firefox/nightly/2017/")


@pytest.fixture
def inventory(tmp_path: Path) -> str:
    archive = SampleArchive("tiny")
    files = [each for folder in FOLDERS for each in archive.iter_objects(folder)]
    stamped = "%Y-%m-%dT%H:%M:%S.000Z"
    return write_inventory(
        tmp_path,
        [
            row(each.path.replace(" ", "+"), str(each.size), each.modified.strftime(stamped))
            for each in files
        ],
    )


def test_a_lost_day_and_a_lost_index_are_found_and_repaired(
    make_database: Callable[[], str], sample_archive: str, inventory: str, tmp_path: Path
) -> None:
    search = tmp_path / "search"
    with live_server(
        kinto_settings(make_database(), **{"kinto.search.path": str(search)}), workers=2
    ) as server:
        environment = {
            "AUTH": AUTH,
            "SERVER_URL": server.url,
            "BUCKET": f"test-{uuid.uuid4().hex}",
            "ARCHIVE_URL": sample_archive,
            "PRODUCT_DETAILS_URL": f"{sample_archive}/1.0/",
            "BUILDHUB_DATA": str(tmp_path / "data"),
            "LOG_LEVEL": "ERROR",
        }

        def run(*arguments: str) -> tuple[int, str]:
            done = subprocess.run(
                [sys.executable, "-m", "buildhub", *arguments, inventory],
                env=os.environ | environment,
                stdout=subprocess.PIPE,
                text=True,
                timeout=120,
            )
            return done.returncode, done.stdout

        def audit(*arguments: str) -> tuple[int, dict[str, Any]]:
            options = ("--json", "--no-shipped", "--product", "firefox")
            code, report = run("audit", *options, *arguments)
            return code, json.loads(report)

        assert run("load")[0] == 0
        collection = f"{server.url}/buckets/{environment['BUCKET']}/collections/releases"
        day = "2017-04-19"
        user, password = AUTH.split(":")
        gone = requests.delete(
            f"{collection}/records",
            params={"gte": f"download.date,{day}", "lt": "download.date,2017-04-20"},
            auth=(user, password),
            timeout=30,
        ).json()["data"]
        (current,) = search.glob("*/current")
        current.unlink()

        code, found = audit()
        assert (code, found["missing"]["count"]) == (1, len(gone))
        assert found["missing"]["by"]["day"] == {day: len(gone)}
        assert found["missing"]["by"]["version"] == {"53.0": len(gone)}
        code, repaired = audit("--repair")
        assert (code, repaired["repaired"]["published"]) == (0, len(gone))
        code, clean = audit()
        assert (code, clean["missing"]["count"], clean["unindexed"]["count"]) == (0, 0, 0)
        assert clean["catalogue"] == clean["index"]
