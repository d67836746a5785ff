"""The server processes: Gunicorn's workers, each with an application of its own."""

import logging
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer

from kinto_buildhub.errors import StartError
from kinto_buildhub.request_hooks.request_lines import LONGEST_REQUEST_LINE
from kinto_buildhub.run.gunicorn_worker import Worker
from kinto_buildhub.run.wsgi import load_application

# Requests of a kind handled at a time. A thread mostly waits for the database, and more would only
# wait for the interpreter lock.
THREADS_PER_WORKER = 4


def run(
    host: str,
    port: int,
    workers: int,
    *,
    load: Callable[[], Any] = load_application,
    supervise: Callable[[], object] = lambda: None,
    worker_class: type[Worker] = Worker,
) -> None:
    """Serve until interrupted; then end all processes and raise SystemExit.

    Args:
        host: address to listen on.
        port: TCP port to listen on.
        workers: the number of server processes.
        load: makes the WSGI application; called once in each worker.
        supervise: called about once a second, in the parent of the workers.
        worker_class: for tests, one with limits of its own.

    Raises:
        StartError: *supervise* raised it; all processes have been ended.
    """
    address = f"[{host}]" if ":" in host else host
    server = _Gunicorn(
        {
            "bind": f"{address}:{port}",
            "workers": workers,
            "worker_class": worker_class,
            "threads": THREADS_PER_WORKER,
            # Not "sendfile": files are handed over as such, unless it is set, to whatever value.
            "limit_request_line": LONGEST_REQUEST_LINE,
            # Longer than clients and proxies keep idle connections, so that no request is sent
            # into one that is just being closed.
            "keepalive": 75,
            "graceful_timeout": 10,
            "loglevel": "warning",
            "logconfig_dict": _LOGGING,
            # The control socket is a file in the home folder, shared by all servers of a user.
            "control_socket_disable": True,
        },
        load,
        supervise,
    )
    parent = os.getpid()
    try:
        server.run()
    finally:
        if os.getpid() != parent:
            _end_worker(sys.exception())
        if server.failure is not None:
            raise server.failure


def _end_worker(error: BaseException | None) -> NoReturn:
    """Exit a worker here, without unwinding further.

    A worker is a fork, so its stack holds its parent's context managers. It must not leave them:
    that would stop the embedded database, which the other workers still use.
    """
    code = error.code if isinstance(error, SystemExit) else 1
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


_LOGGING = {
    "formatters": {"generic": {"()": "kinto_buildhub.run.log_lines.make_formatter"}},
    "loggers": {
        "gunicorn.error": {"level": "WARNING", "handlers": ["error_console"], "propagate": False}
    },
}
"""Changes to Gunicorn's own: its messages look like all others."""


class _Gunicorn(BaseApplication):
    """Gunicorn without its command line."""

    def __init__(
        self, options: dict[str, Any], load: Callable[[], Any], supervise: Callable[[], object]
    ) -> None:
        self._options = options
        self._load = load
        self._supervise = supervise
        self.failure: StartError | None = None
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._load()

    def run(self) -> None:
        _Arbiter(self).run()

    def supervise(self) -> None:
        """Supervise the database from the parent of the workers."""
        try:
            self._supervise()
        except StartError as exc:
            self.failure = exc
            raise HaltServer(str(exc), exit_status=0) from exc


class _Arbiter(Arbiter):
    """Gunicorn's parent of the workers, which supervises the database too."""

    def manage_workers(self) -> None:
        """As Gunicorn's, which its main loop calls about once a second."""
        super().manage_workers()
        self.app.supervise()
