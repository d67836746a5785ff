"""Starting and ending a server, as its operator does."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.stand_ins.programs import Program, free_port

HEALTHY = {"storage": True, "permission": True, "cache": True, "search": "embedded"}


def buildhub(*arguments, **environment):
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "buildhub", *arguments],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server on a data folder of its own; a pair of its port and the folder."""
    data = tmp_path_factory.mktemp("serve")
    port = free_port()
    program = Program("buildhub", "serve", BUILDHUB_DATA=str(data), PORT=str(port))
    program.wait_for("Serving on")
    heartbeat(port)  # Gunicorn is not there yet; until then an interrupt is another exit code.
    yield port, data
    assert program.interrupt() == 0, program.output
    assert "Traceback" not in program.output


def heartbeat(port):
    """What the server's heartbeat says, once it answers."""
    for _ in range(100):
        try:
            with urlopen(f"http://localhost:{port}/v1/__heartbeat__") as answer:
                found = json.load(answer)
                return found | {"search": found["search"]["engine"]}
        except HTTPError as exc:
            return json.load(exc)
        except OSError:
            time.sleep(0.1)
    return pytest.fail("it does not answer")


def test_a_server_answers_its_heartbeat(server):
    port, _ = server
    assert heartbeat(port) == HEALTHY


def test_processes_on_the_embedded_database_share_a_file_of_leases(server):
    port, data = server
    heartbeat(port)
    assert (data / "leases").stat().st_size > 0
    assert stat.S_IMODE((data / "leases").stat().st_mode) == 0o600


def test_a_worker_that_ends_leaves_the_database_to_the_others(tmp_path):
    # Each worker leaves through the code that closes the database; it must not close it.
    port = free_port()
    program = Program("buildhub", "serve", BUILDHUB_DATA=str(tmp_path), PORT=str(port))
    program.wait_for("Serving on")
    heartbeat(port)
    server_id = program.process.pid
    children = Path(f"/proc/{server_id}/task/{server_id}/children").read_text().split()
    workers = [
        int(child)
        for child in children
        if Path(f"/proc/{child}/cmdline").read_bytes().endswith(b"buildhub\0serve\0")
    ]
    os.kill(workers[0], signal.SIGABRT)  # What Gunicorn sends to a worker that hangs.
    give_up = time.monotonic() + 30
    while Path(f"/proc/{workers[0]}").exists():
        assert time.monotonic() < give_up, program.output
        time.sleep(0.1)
    assert heartbeat(port) == HEALTHY
    assert program.interrupt() == 0, program.output
    # The signal may come while Python runs what may not fail: it prints that, and goes on.
    causes = re.findall(r"(.*)\nTraceback", program.output)
    assert [each for each in causes if not each.startswith("Exception ignored in")] == []


def test_a_second_server_on_the_same_data_is_refused(server):
    _, data = server
    done = buildhub("serve", BUILDHUB_DATA=str(data), PORT=str(free_port()))
    assert done.returncode == 3
    assert f"The data folder {data} is in use by process" in done.stderr


def test_credentials_are_made_beside_a_running_server_and_shown_nowhere(server):
    port, data = server
    done = buildhub("credentials", "robot", BUILDHUB_DATA=str(data))
    assert done.returncode == 0, done.stderr
    path = data / "robot.auth"
    name, _, password = path.read_text().strip().partition(":")
    assert name == "robot"
    assert password not in done.stdout + done.stderr
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    user = subprocess.run(
        ["curl", "-s", "-u", f"{name}:{password}", f"http://localhost:{port}/v1/"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert json.loads(user)["user"]["id"] == "account:robot"
    again = buildhub("credentials", "robot", BUILDHUB_DATA=str(data))
    assert again.returncode == 3
    assert "The account 'robot' exists already. --rotate gives it a new password" in again.stderr
    assert path.read_text() == f"{name}:{password}\n"
    assert buildhub("credentials", "robot", "--rotate", BUILDHUB_DATA=str(data)).returncode == 0
    assert path.read_text() != f"{name}:{password}\n"


@pytest.mark.parametrize("command", ["credentials", "reindex"])
def test_commands_work_before_the_first_start(tmp_path, command):
    done = buildhub(command, BUILDHUB_DATA=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    # Who has forgotten the data folder of a server learns which one this is.
    assert f"There is no database yet: making one in {tmp_path}." in done.stderr


def test_migrating_beside_a_running_server_succeeds(server):
    _, data = server
    assert buildhub("migrate", BUILDHUB_DATA=str(data)).returncode == 0


def test_a_server_that_is_stopped_while_it_starts_leaves_no_database_running(tmp_path):
    program = Program("buildhub", "serve", BUILDHUB_DATA=str(tmp_path), PORT=str(free_port()))
    program.wait_for("Bringing tables")
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(30) == 128 + signal.SIGTERM
    assert not (tmp_path / "postgresql" / "postmaster.pid").exists()
    assert not (tmp_path / "server.json").exists()


def test_a_taken_port_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = buildhub("serve", BUILDHUB_DATA=str(tmp_path), PORT=str(port))
    assert done.returncode == 3
    assert f"Port {port} on 127.0.0.1 cannot be used" in done.stderr


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path):
    # Root may write everywhere, but not below a file.
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    done = buildhub("serve", BUILDHUB_DATA=str(in_the_way / "data"), PORT=str(free_port()))
    assert done.returncode == 3
    assert f"The data folder {in_the_way / 'data'} cannot be written" in done.stderr


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        pytest.param(
            {
                f"KINTO_{name}_URL": "postgresql://nobody@localhost:1/x"
                for name in ("STORAGE", "PERMISSION", "CACHE")
            }
            | {"KINTO_USERID_HMAC_SECRET": "x"},
            "The database cannot be used",
            id="no-such-database",
        ),
        pytest.param({"KINTO_INI": "/nowhere/kinto.ini"}, "/nowhere/kinto.ini", id="no-ini"),
    ],
)
def test_settings_that_cannot_work_are_named(tmp_path, environment, complaint):
    done = buildhub("serve", BUILDHUB_DATA=str(tmp_path), PORT=str(free_port()), **environment)
    assert done.returncode == 3
    assert complaint in done.stderr


def test_a_file_that_is_not_an_ini_file_is_named(tmp_path):
    ini = tmp_path / "kinto.ini"
    ini.write_text("not an ini file")
    done = buildhub("serve", "--ini", str(ini), BUILDHUB_DATA=str(tmp_path / "data"))
    assert done.returncode == 3
    assert str(ini) in done.stderr


def test_the_packaged_settings_are_those_of_the_project():
    import kinto_buildhub

    packaged = Path(kinto_buildhub.__file__).with_name("kinto.ini")
    project = Path(__file__).parents[3] / "kinto.ini"
    assert packaged.read_text() == project.read_text()


@pytest.mark.parametrize(
    ("command", "environment"),
    [
        pytest.param("serve", {"PORT": "0"}, id="port-0"),
        pytest.param("serve", {"PORT": "70000"}, id="no-such-port"),
        pytest.param("serve", {"WORKERS": "0"}, id="no-workers"),
        pytest.param("demo", {"PORT": "65535"}, id="no-port-left-for-the-sample"),
        pytest.param("demo", {"SAMPLE_PORT": "-1"}, id="negative-port"),
    ],
)
def test_numbers_out_of_range_are_refused_before_anything_starts(tmp_path, command, environment):
    done = buildhub(command, BUILDHUB_DATA=str(tmp_path / "data"), **environment)
    assert done.returncode == 2
    assert "is not in the range" in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        pytest.param(
            {"ARCHIVE_URL": "nonsense"},
            "environment ARCHIVE_URL: 'nonsense' is no address",
            id="archive",
        ),
        pytest.param({"SAMPLE": "huge"}, "SAMPLE: size 'huge' of the sample archive", id="sample"),
        pytest.param({"LOG_LEVEL": "loud"}, "environment LOG_LEVEL: 'loud'", id="log-level"),
        pytest.param({"LOG_FORMAT": "xml"}, "environment LOG_FORMAT: 'xml'", id="log-format"),
        pytest.param({"PRODUCTS": "gecko"}, "environment PRODUCTS: 'gecko'", id="products"),
        pytest.param({"BUILDHUB_DTAA": "x"}, "is BUILDHUB_DATA meant?", id="no-such-setting"),
        pytest.param({"AUTH": "nobody"}, "expected user:password", id="account"),
    ],
)
def test_settings_of_the_jobs_are_checked_before_the_demo_starts_anything(
    tmp_path, environment, complaint
):
    done = buildhub("demo", BUILDHUB_DATA=str(tmp_path / "data"), **environment)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("variable", ["PORT", "SAMPLE_PORT"])
def test_a_taken_port_is_named_before_the_demo_starts_anything(tmp_path, variable):
    ports = {"PORT": str(free_port()), "SAMPLE_PORT": str(free_port())}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports[variable] = str(taken.getsockname()[1])
        done = buildhub("demo", BUILDHUB_DATA=str(tmp_path / "data"), **ports)
    assert done.returncode == 3
    assert done.stderr == (
        f"Error: Port {ports[variable]} on 127.0.0.1 cannot be used: Address already in use. "
        f"Choose another with {variable}.\n"
    )
    assert not (tmp_path / "data").exists()


def test_the_version_endpoint_returns_the_running_version(server):
    port, _ = server
    heartbeat(port)
    with urlopen(f"http://localhost:{port}/v1/__version__") as answer:
        assert json.load(answer)["version"] == version("buildhub")
