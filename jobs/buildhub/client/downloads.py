"""A file that arrives in parts: what is kept of it, what to ask for, when it is whole."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from buildhub.aio.retries import BUSY_STATUSES, Busy, parse_wait_seconds
from buildhub.client.errors import BrokenAnswer
from buildhub.client.exchange import Answer
from buildhub.client.values import Record
from buildhub.temporary_files import writing

Progress = Callable[[int, int], object]
"""Called with the bytes that are there, and with all that there will be."""

CHUNK_BYTES = 2**18

_PARTIAL = 206
_UNSATISFIABLE = 416


class PartialFile:
    """A file on its way, kept under another name until it is whole.

    Args:
        record: of the build.
        path: of the file, or a folder for it.
        progress: called as it grows, or None.
    """

    def __init__(self, record: Record, path: Path, progress: Progress | None) -> None:
        name = Path(unquote(urlsplit(record.download.encoded_url).path)).name
        self.path = path / name if path.is_dir() else path
        self._size = record.download.size
        self._part = self.path.with_name(f"{self.path.name}.part")
        self._progress = progress

    def request_headers(self) -> dict[str, str]:
        """Return the headers that ask for what is not there yet."""
        # Compressed, the parts would not fit together.
        whole = {"Accept-Encoding": "identity"}
        kept = self._part.stat().st_size if self._part.exists() else 0
        return {**whole, "Range": f"bytes={kept}-"} if 0 < kept < self._size else whole

    @contextmanager
    def open(self, status: int) -> Iterator[Callable[[bytes], None]]:
        """Yield what takes the chunks of an answer: the rest of the file, or all of it.

        Raises:
            BrokenAnswer: more comes than the record says; nothing is kept.
            DiskFailure: the disk is full, or does not take it; what is there is kept.
        """
        with ExitStack() as stack:
            with writing(self._part):
                # Without a buffer, which would have to be written when the file is closed.
                mode = "ab" if status == _PARTIAL else "wb"
                file = stack.enter_context(open(self._part, mode, buffering=0))

            def write(chunk: bytes) -> None:
                rest = memoryview(chunk)
                with writing(self._part):
                    while rest:
                        rest = rest[file.write(rest) :]
                there = file.tell()
                if there > self._size:
                    self.discard()
                    raise BrokenAnswer(
                        f"{self.path.name}: more than the {self._size:,} bytes of its record"
                    )
                if self._progress is not None:
                    self._progress(there, self._size)

            yield write

    def discard(self) -> None:
        """Keep nothing."""
        self._part.unlink(missing_ok=True)

    def is_whole(self) -> bool:
        """Return whether all is there."""
        return self._part.exists() and self._part.stat().st_size == self._size

    def finish(self) -> Path:
        """Give the file its name, and return that."""
        with writing(self.path):
            return self._part.replace(self.path)


def check_download(url: str, status: int, headers: Mapping[str, str], file: PartialFile) -> None:
    """Check the beginning of an answer.

    Raises:
        Busy: the file may be had later, or from its beginning.
        RequestError: it is not to be had.
    """
    if status == _UNSATISFIABLE:
        file.discard()
        raise Busy(f"{url}: has changed")
    if status in BUSY_STATUSES:
        raise Busy(f"{url}: answers {status}", parse_wait_seconds(headers))
    Answer(url, status, headers, b"").check()


def check_end(url: str, file: PartialFile) -> None:
    """Raise `Busy` if an answer has ended before the file was whole."""
    if not file.is_whole():
        raise Busy(f"{url}: the answer broke off")
