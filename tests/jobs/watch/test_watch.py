"""`buildhub watch` on a real server: nothing is missed, whatever stops, and nothing comes twice."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import webtest

from tests.conftest import PUBLISHER_HEADERS, kinto_settings, make_record, serving
from tests.jobs.watch.hooks import SECRET, receiving
from tests.stand_ins.live_server import LiveServer, live_server

PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def server(make_database: Callable[[], str]) -> Iterator[LiveServer]:
    changes = {"kinto.buildhub.changes_poll_seconds": "0.1"}
    with live_server(kinto_settings(make_database(), **changes)) as server:
        yield server


@dataclass(frozen=True)
class Catalogue:
    """A collection that everybody may read."""

    root: str
    bucket: str

    @property
    def url(self) -> str:
        return f"{self.root}/buckets/{self.bucket}/collections/releases"

    def put(self, record_id: str, **changes: Any) -> None:
        """Write a record, again where the server is being restarted."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        record = make_record(id=record_id, **changes)
        while True:
            try:
                answer = requests.put(
                    f"{self.url}/records/{record_id}",
                    json={"data": record},
                    headers=PUBLISHER_HEADERS,
                    timeout=10,
                )
                if answer.ok:
                    return
            except requests.ConnectionError:
                pass
            assert time.monotonic() < give_up
            time.sleep(0.1)


def make_catalogue(root: str) -> Catalogue:
    found = Catalogue(root, f"test-{uuid.uuid4().hex}")
    for url, body in (
        (f"{root}/buckets/{found.bucket}", {"permissions": {"read": ["system.Everyone"]}}),
        (found.url, {}),
    ):
        requests.put(url, json=body, headers=PUBLISHER_HEADERS, timeout=10).raise_for_status()
    return found


@pytest.fixture
def catalogue(server: LiveServer) -> Catalogue:
    return make_catalogue(server.url)


class Watch:
    """A watch in its own process, whose output is appended to a file."""

    def __init__(self, catalogue: Catalogue, folder: Path, *options: str, **more: str) -> None:
        self.output, self.errors = folder / "output", folder / "errors"
        self._command = [sys.executable, "-m", "buildhub", "watch", *options]
        self._environment = {
            **{name: value for name, value in os.environ.items() if "BUILDHUB" not in name},
            "SERVER_URL": catalogue.root,
            "BUCKET": catalogue.bucket,
            "NB_RETRY_REQUEST": "2",
            **more,
        }
        self._folder = folder
        self.start()

    def start(self) -> None:
        with self.output.open("ab") as output, self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=self._folder,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )

    def lines(self) -> list[str]:
        return self.output.read_text().splitlines()

    def wait_for(self, is_done: Callable[[], bool]) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not is_done():
            assert time.monotonic() < give_up, (self.lines()[-3:], self.errors.read_text()[-2000:])
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Watch]]:
    """Return a function that starts a watch; it is ended with the test."""
    started: list[Watch] = []

    def start_watch(catalogue: Catalogue, *options: str, **more: str) -> Watch:
        watch = Watch(catalogue, tmp_path, *options, **more)
        started.append(watch)
        return watch

    yield start_watch
    for watch in started:
        if watch.process.poll() is None:
            watch.process.kill()
            watch.process.wait()


def ids(lines: list[str]) -> list[str]:
    return [json.loads(line)["id"] for line in lines]


def test_each_wanted_build_is_a_line_and_the_next_run_goes_on(
    catalogue: Catalogue, start: Callable[..., Watch]
) -> None:
    catalogue.put("before")
    options = ("--product", "firefox", "--locale", "fr", "--since", "0", "--state", "state.json")
    watch = start(catalogue, *options)
    watch.wait_for(lambda: len(watch.lines()) == 1)
    catalogue.put("other", target__locale="de")
    catalogue.put("another", source__product="thunderbird")
    catalogue.put("before", download__size=1)  # It is no new build.
    catalogue.put("space", download__url="https://example.org/a b\n.exe")
    watch.wait_for(lambda: len(watch.lines()) == 2)
    assert watch.stop() == 0
    catalogue.put("meanwhile")
    watch.start()
    watch.wait_for(lambda: len(watch.lines()) == 3)
    assert watch.stop(signal.SIGINT) == 130
    words = "firefox 53.0b9 beta linux-x86_64 fr 20170403083344"
    assert [line.rpartition(" ")[0] for line in watch.lines()] == [words] * 3
    assert watch.lines()[1].endswith(" https://example.org/a%20b%0A.exe")
    state = json.loads((watch.output.parent / "state.json").read_text())
    assert state["announced"] == ["before", "space", "meanwhile"]


def test_kills_of_the_watch_and_the_server_lose_nothing(
    server: LiveServer, catalogue: Catalogue, start: Callable[..., Watch]
) -> None:
    moments = random.Random(16)  # noqa: S311 - no secret.
    count = 150
    expected = [f"r{number:03}" for number in range(count)]

    def write() -> None:
        for record_id in expected:
            catalogue.put(record_id)
            time.sleep(0.02)

    watch = start(catalogue, "--since", "0", "--state", "state.json", "--json")
    writing = threading.Thread(target=write)
    writing.start()
    kills = 0
    for victim in ("watch", "worker", "watch", "watch"):
        reached = len(watch.lines())
        watch.wait_for(lambda reached=reached: len(watch.lines()) > reached)
        time.sleep(moments.uniform(0, 0.1))
        if victim == "worker":
            os.kill(moments.choice(server.worker_ids()), signal.SIGKILL)
            continue
        watch.process.kill()
        watch.process.wait()
        kills += 1
        watch.start()
    writing.join()
    watch.wait_for(lambda: expected[-1] in watch.output.read_text())
    watch.stop()
    found = ids(watch.lines())
    assert list(dict.fromkeys(found)) == expected
    # Only SIGKILL, between a line and the state, has a build printed twice.
    assert len(found) - count <= kills


def test_a_server_that_keeps_nothing_open_is_polled(
    make_app: Callable[..., webtest.TestApp], start: Callable[..., Watch]
) -> None:
    with serving(make_app().app) as root:
        catalogue = make_catalogue(root)
        catalogue.put("one")
        watch = start(catalogue, "--since", "0", "--poll-seconds", "0.2", "--json")
        watch.wait_for(lambda: len(watch.lines()) == 1)
        catalogue.put("two")
        watch.wait_for(lambda: len(watch.lines()) == 2)
        assert watch.stop() == 0
    assert ids(watch.lines()) == ["one", "two"]
    assert "so the server is polled" in watch.errors.read_text()


def test_a_permission_that_is_revoked_ends_the_watch_with_the_reason(
    catalogue: Catalogue, start: Callable[..., Watch]
) -> None:
    watch = start(catalogue, "--since", "0")
    catalogue.put("one")
    watch.wait_for(lambda: len(watch.lines()) == 1)
    requests.patch(
        f"{catalogue.root}/buckets/{catalogue.bucket}",
        json={"permissions": {"read": []}},
        headers=PUBLISHER_HEADERS,
        timeout=10,
    ).raise_for_status()
    assert watch.process.wait(PATIENCE_SECONDS) == 3
    assert "Please authenticate yourself" in watch.errors.read_text()


def test_builds_are_posted_in_order_and_once_also_after_a_kill(
    catalogue: Catalogue, start: Callable[..., Watch]
) -> None:
    expected = [f"r{number}" for number in range(12)]
    with receiving(lambda number: 500 if number % 3 == 1 else 200) as hook:
        watch = start(
            catalogue,
            *("--since", "0", "--state", "state.json", "--post", hook.url),
            BUILDHUB_WEBHOOK_SECRET=SECRET,
            BUILDHUB_WEBHOOK_PRIVATE_ADDRESSES="true",
        )
        for record_id in expected[:6]:
            catalogue.put(record_id)
        watch.wait_for(lambda: len(hook.taken) > 2)
        watch.process.kill()
        watch.process.wait()
        for record_id in expected[6:]:
            catalogue.put(record_id)
        watch.start()
        watch.wait_for(lambda: len(hook.taken) == len(expected))
        assert watch.stop() == 0
    assert hook.record_ids() == expected  # By their IDs, so what came again is known.
    assert not (watch.output.parent / "dead-letters.ndjson").exists()


def test_two_watches_do_not_share_a_state(
    catalogue: Catalogue, start: Callable[..., Watch]
) -> None:
    watch = start(catalogue, "--state", "state.json")
    watch.wait_for((watch.output.parent / "state.json").exists)
    other = start(catalogue, "--state", "state.json")
    assert other.process.wait(PATIENCE_SECONDS) == 4
    assert "another watch with this state is running" in other.errors.read_text()
    assert watch.stop() == 0


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("{}", "not the state of a watch"),
        ("[1", "not the state of a watch"),
        (
            '{"version": 1, "catalogue": {"server": "x"}, "position": 1, "announced": []}',
            "the state of {'server': 'x'}; expected one of",
        ),
    ],
)
def test_a_state_that_is_not_its_own_is_refused(
    catalogue: Catalogue, start: Callable[..., Watch], tmp_path: Path, content: str, part: str
) -> None:
    (tmp_path / "state.json").write_text(content)
    watch = start(catalogue, "--state", "state.json")
    assert watch.process.wait(PATIENCE_SECONDS) == 2
    assert part in watch.errors.read_text()
    assert (tmp_path / "state.json").read_text() == content
