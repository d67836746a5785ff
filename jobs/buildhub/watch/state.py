"""How far a watch has come, in a file that is replaced as a whole."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from buildhub.errors import ConfigError
from buildhub.temporary_files import locked, replace_file, writing

MOST_ANNOUNCED = 1000
"""Builds that are remembered, so that one that soon changes again is not announced twice."""

_VERSION = 1


@dataclass(frozen=True, slots=True)
class State:
    """How far a watch has come.

    Attributes:
        position: timestamp of the last change that was dealt with, in milliseconds.
        announced: IDs of the last records that were announced, the latest last.
    """

    position: int
    announced: tuple[str, ...] = ()

    def after(self, record_id: str, position: int) -> "State":
        """Return the state once a record is announced."""
        return State(position, (*self.announced, record_id)[-MOST_ANNOUNCED:])


class StateFile:
    """The file of a watch.

    Args:
        path: of the file, in a folder that is there.
        catalogue: which one is watched: server, bucket, collection.
    """

    def __init__(self, path: Path, catalogue: Mapping[str, str]) -> None:
        self._path, self._catalogue = path, dict(catalogue)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other watches from the file; the lock is a file beside it.

        Raises:
            AlreadyRunning: another watch has it.
            DiskFailure: the folder cannot be written.
        """
        path = self._path.with_name(f".{self._path.name}.lock")
        with ExitStack() as stack:
            with writing(path):
                lock = stack.enter_context(path.open("w"))
            stack.enter_context(locked(lock, f"{self._path}: another watch with this state"))
            yield

    def read(self) -> State | None:
        """Return the state; None if there is none yet.

        Raises:
            ConfigError: the file is not one of a watch, or of another catalogue.
        """
        try:
            found = orjson.loads(self._path.read_bytes())
            state = State(int(found["position"]), tuple(map(str, found["announced"])))
            catalogue, version = found["catalogue"], found["version"]
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise ConfigError(f"{self._path}: cannot be read ({exc.strerror})") from exc
        except (ValueError, KeyError, TypeError) as exc:
            raise ConfigError(f"{self._path}: not the state of a watch ({exc!r})") from exc
        if version != _VERSION or catalogue != self._catalogue:
            raise ConfigError(
                f"{self._path}: the state of {catalogue}; expected one of {self._catalogue}"
            )
        return state

    def write(self, state: State) -> None:
        """Replace the file.

        Raises:
            DiskFailure: it cannot be written; what was there stays.
        """
        content = {
            "version": _VERSION,
            "catalogue": self._catalogue,
            "position": state.position,
            "announced": state.announced,
        }
        replace_file(self._path, orjson.dumps(content))
