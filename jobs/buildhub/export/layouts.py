"""The layouts of an export: what files a snapshot becomes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from buildhub.export.formats import FORMATS, Write
from buildhub.export.snapshot import Snapshot
from buildhub.export.static import write_tree


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout.

    Attributes:
        name: on the command line.
        formats: names of those that it can be written in, the default first; empty if it is one
            of its own.
        write: writes a snapshot into an empty folder, in some formats, and returns the number of
            records.
        folder: of its sets, in the folder for exports.
    """

    name: str
    formats: tuple[str, ...]
    write: Callable[[Snapshot, Path, Sequence[str]], int]
    folder: str


def _write_builds(snapshot: Snapshot, folder: Path, formats: Sequence[str]) -> int:
    """Write each record as it is, in their order."""
    count = 0
    with _open_all(folder, formats) as writes:
        for document in snapshot:
            for write in writes:
                write(document)
            count += 1
    return count


def _write_static(snapshot: Snapshot, folder: Path, formats: Sequence[str]) -> int:
    del formats
    return write_tree(snapshot, folder)


BUILDS = Layout("builds", tuple(FORMATS), _write_builds, "")
LAYOUTS = {each.name: each for each in (BUILDS, Layout("static", (), _write_static, "static"))}


@contextmanager
def _open_all(folder: Path, formats: Sequence[str]) -> Iterator[list[Write]]:
    with ExitStack() as stack:
        chosen = [FORMATS[name] for name in formats]
        yield [stack.enter_context(each.open(folder / each.file_name)) for each in chosen]
