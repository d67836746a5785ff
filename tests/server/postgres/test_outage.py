"""The embedded database ends under a running server: what clients see, and how it comes back."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import requests
from kinto_buildhub.errors import StartError
from kinto_buildhub.postgres import RESTART_PAUSES_SECONDS
from kinto_buildhub.postgres.process import ProcessState
from kinto_buildhub.postgres.supervisor import (
    SETTLED_SECONDS,
    START_TIMEOUT_SECONDS,
    Supervisor,
)
from kinto_buildhub.request_hooks.heartbeat import KEEP_SECONDS

from tests.stand_ins.programs import Program, free_port


def postmaster_id(data: Path) -> int:
    return int((data / "postgresql" / "postmaster.pid").read_text().split()[0])


def backend_ids(data: Path) -> list[int]:
    """Return the processes that answer the server's connections."""
    parent = postmaster_id(data)
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    named = {int(child): Path(f"/proc/{child}/cmdline").read_text() for child in children}
    return [child for child, name in named.items() if "[local]" in name]


class Server:
    """A server of our own, and who asks it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/v1"
        self.program = Program("buildhub", "serve", BUILDHUB_DATA=str(data), PORT=str(port))
        self.program.wait_for("Serving on")
        self.wait_until(lambda: self.get("/__heartbeat__").status_code == 200)

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.url}{path}", timeout=30)

    def wait_until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        give_up = time.monotonic() + seconds
        while True:
            try:
                if condition():
                    return
            except requests.ConnectionError:
                pass  # The workers come after the words.
            assert time.monotonic() < give_up, self.program.output
            time.sleep(0.1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("outage"))
    yield server
    assert server.program.interrupt() == 0, server.program.output


def test_a_killed_database_is_started_again_and_clients_are_asked_to_wait(server: Server) -> None:
    before = postmaster_id(server.data)
    os.kill(before, signal.SIGKILL)
    answers: list[requests.Response] = []

    def is_back() -> bool:
        answers.append(server.get("/buckets/none"))
        return answers[-1].status_code != 503

    server.wait_until(lambda: server.get("/buckets/none").status_code == 503)
    server.wait_until(is_back)
    refusal, *_, answer = answers
    assert answer.status_code == 401
    assert {each.status_code for each in answers} == {401, 503}
    assert int(refusal.headers["Retry-After"]) > 0
    assert refusal.json()["errno"] == 201
    assert "The embedded PostgreSQL has ended unexpectedly; starting it again." in (
        server.program.output
    )
    server.program.wait_for("The embedded PostgreSQL is up again")
    assert postmaster_id(server.data) != before
    server.wait_until(lambda: server.get("/__heartbeat__").status_code == 200)


def test_after_an_outage_no_process_goes_on_answering_503(server: Server) -> None:
    os.kill(postmaster_id(server.data), signal.SIGKILL)
    server.wait_until(lambda: server.get("/__heartbeat__").status_code == 503)
    time.sleep(KEEP_SECONDS)  # No process says how it was before.
    server.wait_until(lambda: server.get("/__heartbeat__").status_code == 200)
    time.sleep(1)
    # Each on a connection of its own, so that each process has its turn.
    assert {server.get("/buckets/none").status_code for _ in range(40)} == {401}


def test_requests_after_an_outage_do_not_notice_it(server: Server) -> None:
    assert {server.get("/buckets/none").status_code for _ in range(40)} == {401}
    os.kill(postmaster_id(server.data), signal.SIGKILL)
    count = server.program.output.count("is up again")
    server.wait_until(lambda: server.program.output.count("is up again") > count)
    assert {server.get("/buckets/none").status_code for _ in range(40)} == {401}


def test_a_folder_that_was_closed_meanwhile_does_not_keep_the_database_down(
    server: Server,
) -> None:
    # Root starts the database as another user. Temporary folders, for one, get closed again.
    server.data.chmod(0o700)
    count = server.program.output.count("is up again")
    os.kill(postmaster_id(server.data), signal.SIGKILL)
    server.wait_until(lambda: server.program.output.count("is up again") > count)


def test_a_killed_backend_costs_at_most_the_requests_that_were_under_way(server: Server) -> None:
    for _ in range(3):
        server.get("/buckets/none")
    os.kill(backend_ids(server.data)[0], signal.SIGKILL)
    server.wait_until(lambda: server.get("/buckets/none").status_code == 401)
    server.wait_until(lambda: server.get("/__heartbeat__").status_code == 200)


def test_the_log_of_an_outage_can_be_read(server: Server) -> None:
    os.kill(postmaster_id(server.data), signal.SIGKILL)
    before = len(server.program.output.splitlines())
    refused = 0
    while server.get("/buckets/none").status_code == 503:
        refused += 1
    said = server.program.output.splitlines()[before:]
    assert len(said) < 3 * refused + 20, "\n".join(said)
    assert "Logging error" not in server.program.output


def test_a_database_that_cannot_be_started_again_ends_the_server(tmp_path: Path) -> None:
    port = str(free_port())
    program = Program("tests.server.postgres.impatient", str(tmp_path), port)
    program.wait_for("Serving on")
    with (tmp_path / "postgresql" / "postgresql.conf").open("a") as configuration:
        configuration.write("shared_bufers = 1GB\n")
    os.kill(postmaster_id(tmp_path), signal.SIGKILL)
    assert program.process.wait(timeout=60) == 1, program.output
    assert "Error: The embedded PostgreSQL has ended 2 times in a row" in program.output
    assert 'postgresql.conf" contains errors); see' in program.output
    assert f"see {tmp_path}/postgresql/log" in program.output
    assert not (tmp_path / "server.json").exists()


def test_a_database_that_recovers_does_not_hold_up_the_end(tmp_path: Path) -> None:
    server = Server(tmp_path)
    os.kill(backend_ids(tmp_path)[0], signal.SIGKILL)
    time.sleep(0.1)
    started = time.monotonic()
    assert server.program.interrupt() == 0, server.program.output
    assert time.monotonic() - started < 20


class Scripted:
    """A PostgreSQL process that ends and comes up when the test says so."""

    log = "log"

    def __init__(self) -> None:
        self.now, self.current, self.launched_at = 0.0, ProcessState.ENDED, []

    def launch(self) -> None:
        self.launched_at.append(self.now)

    def state(self) -> ProcessState:
        return self.current

    def failure_reason(self) -> str:
        return "the disk is full"


@pytest.fixture
def process() -> Scripted:
    return Scripted()


@pytest.fixture
def reports() -> list[str]:
    return []


@pytest.fixture
def supervisor(process: Scripted, reports: list[str]) -> Supervisor:
    return Supervisor(process, reports.append, clock=lambda: process.now)  # type: ignore[arg-type]


def check_for(supervisor: Supervisor, process: Scripted, seconds: float) -> None:
    """Check ten times a second."""
    for _ in range(round(seconds * 10)):
        supervisor.check()
        process.now += 0.1


def test_a_database_that_ends_again_and_again_is_given_up(
    supervisor: Supervisor, process: Scripted, reports: list[str]
) -> None:
    with pytest.raises(StartError, match=r"has ended 7 times in a row \(the disk is full\); see"):
        check_for(supervisor, process, 300)
    pauses = [later - earlier for earlier, later in pairwise(process.launched_at)]
    assert len(pauses) == len(RESTART_PAUSES_SECONDS) - 1
    assert all(earlier < later for earlier, later in pairwise(pauses))


def test_a_start_that_never_ends_is_given_up(supervisor: Supervisor, process: Scripted) -> None:
    supervisor.check()
    process.current = ProcessState.STARTING
    check_for(supervisor, process, START_TIMEOUT_SECONDS - 1)
    with pytest.raises(StartError, match="is not ready after 180 seconds"):
        check_for(supervisor, process, 2)


def test_a_database_that_held_for_long_gets_all_its_attempts_again(
    supervisor: Supervisor, process: Scripted, reports: list[str]
) -> None:
    for _ in range(3 * len(RESTART_PAUSES_SECONDS)):
        process.current = ProcessState.ENDED
        check_for(supervisor, process, 1)
        process.current = ProcessState.READY
        check_for(supervisor, process, SETTLED_SECONDS + 1)
    assert len(reports) == 2 * (3 * len(RESTART_PAUSES_SECONDS) - 1)  # Nothing of the first start.


def test_a_database_that_comes_up_and_ends_at_once_is_given_up(
    supervisor: Supervisor, process: Scripted
) -> None:
    def come_up_and_end() -> None:
        for _ in range(20):
            process.current = ProcessState.ENDED
            check_for(supervisor, process, 20)
            process.current = ProcessState.READY
            check_for(supervisor, process, SETTLED_SECONDS - 1)

    with pytest.raises(StartError, match="has ended 7 times in a row"):
        come_up_and_end()
