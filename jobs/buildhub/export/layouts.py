"""The layouts of an export: what files a snapshot becomes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from buildhub.export import telemetry
from buildhub.export.documents import Document, Write
from buildhub.export.formats import FORMATS, Format
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


def _write_static(snapshot: Snapshot, folder: Path, formats: Sequence[str]) -> int:
    del formats
    return write_tree(snapshot, folder)


def _records(
    name: str,
    folder: str,
    known: Mapping[str, Format],
    convert: Callable[[Document], Document] = lambda document: document,
) -> Layout:
    """Return a layout of one file a format, with all records in their order.

    Args:
        convert: makes what is written of a record.
    """

    def write_records(snapshot: Snapshot, folder: Path, formats: Sequence[str]) -> int:
        count = 0
        with _open_all(folder, [known[each] for each in formats]) as writes:
            for document in snapshot:
                converted = convert(document)
                for write in writes:
                    write(converted)
                count += 1
        return count

    return Layout(name, tuple(known), write_records, folder)


@contextmanager
def _open_all(folder: Path, formats: Sequence[Format]) -> Iterator[list[Write]]:
    with ExitStack() as stack:
        yield [stack.enter_context(each.open(folder / each.file_name)) for each in formats]


BUILDS = _records("builds", "", FORMATS)
LAYOUTS = {
    each.name: each
    for each in (
        BUILDS,
        Layout("static", (), _write_static, "static"),
        _records("telemetry", "telemetry", telemetry.FORMATS, telemetry.telemetry_row),
    )
}
