"""The data folder: where a server on the embedded database keeps everything."""

import fcntl
import json
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kinto_buildhub.errors import StartError

# The workers of a killed server notice it within seconds, and finish their requests.
WORKERS_END_SECONDS = 15.0


class DataFolder:
    """Paths, lock and secrets of the data folder.

    ::

        postgresql/        the embedded database
        search/            the embedded search engine's indexes; `buildhub reindex` rebuilds them
        leases             shared by the server processes: the permission epoch
        rates              shared by them too: how many requests come from whom
        hmac-secret        the key that user IDs are hashed with; made at the first start
        credentials-secret the master secret of publishers' Hawk keys; made at the first start
        publisher.auth     name and password of the publishing account, for the jobs
        cache/             the jobs' cache of the archive, unless CACHE_FOLDER names another
        exports/           an export that `buildhub demo` has made, and serves
        demo-content       which sample `buildhub demo` has loaded
        server.json        the running server's process ID and database, while it runs
        lock               held by the running server

    Files with secrets are readable by their owner only.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.postgresql = self.path / "postgresql"
        self.search = self.path / "search"
        self.leases = self.path / "leases"
        self.rates = self.path / "rates"
        self._running = self.path / "server.json"

    def make(self) -> None:
        """Create the folder if it is missing, and check that it can be written.

        Raises:
            StartError: it cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            probe = self.path / f".probe-{os.getpid()}"
            probe.write_bytes(b"x" * 4096)  # A full disk still makes empty files.
            probe.unlink()
        except OSError as exc:
            raise StartError(
                f"The data folder {self.path} cannot be written: {exc.strerror}. "
                "Choose another with BUILDHUB_DATA."
            ) from exc

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder's lock while the context lasts.

        Raises:
            StartError: another server holds the folder.
        """
        with (self.path / "lock").open("a+") as lock:
            give_up = time.monotonic() + WORKERS_END_SECONDS
            while not _try_lock(lock.fileno()):
                pid = self.running().get("pid")
                if pid or time.monotonic() > give_up:
                    raise StartError(
                        f"The data folder {self.path} is in use by process {pid or 'unknown'}. "
                        "Stop that one, or choose another folder with BUILDHUB_DATA."
                    )
                time.sleep(0.2)
            yield

    @contextmanager
    def announced(self, database_url: str) -> Iterator[None]:
        """Publish the running server's database to other commands on this machine."""
        write_private(self._running, json.dumps({"pid": os.getpid(), "database_url": database_url}))
        try:
            yield
        finally:
            self._running.unlink(missing_ok=True)

    def running(self) -> dict[str, object]:
        """Return the running server's ``pid`` and ``database_url``; empty if none runs."""
        try:
            found: dict[str, object] = json.loads(self._running.read_text())
            os.kill(int(str(found["pid"])), 0)
        except (OSError, ValueError, KeyError):
            return {}
        return found

    def wait_for_killed_server_seconds(self) -> float:
        """Return how long to wait for the last server's processes to end.

        Only a killed server leaves processes behind: it had no time to wait for them.
        """
        was_killed = self._running.exists() and not self.running()
        return WORKERS_END_SECONDS if was_killed else 0.0

    def credentials(self, account: str) -> Path:
        """Return the file with name and password of *account*."""
        return self.path / f"{account}.auth"

    def hmac_secret(self) -> str:
        """Return the key that user IDs are hashed with. It must outlive all data."""
        return self._secret("hmac-secret")

    def credentials_secret(self) -> str:
        """Return the master secret that publishers' Hawk keys are derived from."""
        return self._secret("credentials-secret")

    def _secret(self, name: str) -> str:
        """Return a random secret, which is made when it is first asked for."""
        path = self.path / name
        if not path.exists():
            write_private(path, secrets.token_hex(32))
        return path.read_text()


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step."""
    try:
        # A new file: whoever else may write to the folder may have made one of any name there.
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        beside = Path(name)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
            beside.replace(path)
        except OSError:
            beside.unlink()
            raise
    except OSError as exc:
        raise StartError(f"{path} cannot be written: {exc.strerror}.") from exc
