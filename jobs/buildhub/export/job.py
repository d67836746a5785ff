"""One export: a snapshot in a layout, with what a reader needs to trust it."""

import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from buildhub.client.options import Options
from buildhub.client.questions import Questions
from buildhub.client.transport import Transport
from buildhub.errors import ConfigError
from buildhub.export.folder import METADATA, ExportFolder, list_files, sha256, write_sums
from buildhub.export.formats import open_ndjson
from buildhub.export.layouts import BUILDS, Layout
from buildhub.export.signing import SigningKey
from buildhub.export.snapshot import iter_changes, read_snapshot

CHANGES = "changes.ndjson.gz"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was exported.

    Attributes:
        folder: with the files.
        count: of records.
        timestamp: of the snapshot, in milliseconds.
        removed: older exports that were removed.
    """

    folder: Path
    count: int
    timestamp: int
    removed: Sequence[Path]


def export(
    options: Options,
    output: ExportFolder,
    formats: Sequence[str],
    *,
    layout: Layout = BUILDS,
    key: SigningKey | None = None,
    kept: int = 3,
    on_progress: Callable[[int], None] = lambda count: None,
) -> Exported:
    """Export the catalogue.

    Args:
        options: the server.
        formats: names of some that the layout has.
        key: signs the checksums.
        kept: the number of snapshots that stay, this one included.
        on_progress: called with the number of records that were read.

    Raises:
        BuildhubError: the server or the disk fails; what was exported before stays.
    """
    server = _Server(options)
    with (
        closing(server.transport),
        read_snapshot(server.transport, server.questions, on_progress) as snapshot,
        output.new_set() as folder,
    ):
        count = layout.write(snapshot, folder, formats)
        about = {
            "layout": layout.name,
            "timestamp": snapshot.timestamp,
            "count": count,
            "coverage": server.transport.ask(server.questions.coverage_document()),
            "schema": server.transport.ask(server.questions.json_schema()),
        }
        _complete(server, folder, about, key)
        path = output.put(folder, str(snapshot.timestamp))
        output.link_latest(path)
        return Exported(path, count, snapshot.timestamp, output.remove_older(kept))


def export_changes(
    options: Options, output: ExportFolder, *, key: SigningKey | None = None
) -> Exported | None:
    """Export what has changed since the end of what is in the folder; None if nothing has.

    A deleted record is ``{"id", "last_modified", "deleted": true}``.

    Raises:
        ConfigError: there is no export yet.
        BuildhubError: as `export`.
    """
    since = output.find_end()
    if since is None:
        raise ConfigError(f"{output.path}: no export that changes could follow; export all first")
    server, count, timestamp = _Server(options), 0, since
    with closing(server.transport), output.new_set() as folder:
        with open_ndjson(folder / CHANGES) as write:
            for document in iter_changes(server.transport, server.questions, since):
                write(document)
                count, timestamp = count + 1, document["last_modified"]
        if not count:
            return None
        _complete(server, folder, {"since": since, "timestamp": timestamp, "count": count}, key)
        return Exported(output.put(folder, f"changes-{since}-{timestamp}"), count, timestamp, ())


class _Server:
    """Whom to ask, and how."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.questions = Questions(options.bucket, options.collection)
        self.transport = Transport(options)


def _complete(
    server: _Server, folder: Path, about: Mapping[str, Any], key: SigningKey | None
) -> None:
    """Write what a reader has to know of a set, and the checksums."""
    metadata = {
        **about,
        "server": server.options.root,
        "bucket": server.options.bucket,
        "collection": server.options.collection,
        "version": importlib.metadata.version("buildhub"),
        "files": {
            name: {"bytes": (folder / name).stat().st_size, "sha256": sha256(folder / name)}
            for name in list_files(folder)
        },
    }
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    (folder / METADATA).write_bytes(orjson.dumps(metadata, option=options))
    write_sums(folder, key, f"timestamp:{about['timestamp']}")
