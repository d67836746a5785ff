"""The tree: which files there are, and what is written when.

The builds are read once, sorted by product, version and build. So the files of versions are written
as they pass, and what is kept of them is what the lists of a product need.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from buildhub_schema.versions import version_order

from buildhub.export.documents import Document, field_text
from buildhub.export.snapshot import Snapshot
from buildhub.export.static.files import (
    Json,
    VersionSummary,
    channel_json,
    channel_summary,
    download_address,
    is_web_address,
    write_json,
    write_version,
)
from buildhub.export.static.names import file_name, joined_name
from buildhub.export.static.newest import Cells, NewestBuilds
from buildhub.temporary_files import writing

PRODUCTS = "products.json"
KNOWN_VERSIONS = "known-versions.json"
LATEST = "latest.json"
VERSIONS = "versions"

# The files of a set beside those of the layout.
_SET_FILES = ("metadata.json", "SHA256SUMS", "SHA256SUMS.minisig")

_ORDER = (
    *("source.product", "target.version", "target.channel", "target.candidate", "build.id"),
    *("source.revision", "target.platform", "target.locale", "id"),
)


def write_tree(snapshot: Snapshot, folder: Path) -> int:
    """Write the tree into an empty folder, and return the number of builds.

    Raises:
        DiskFailure: the disk fails.
    """
    count, products = 0, {}
    with writing(folder):
        for product, documents in _grouped(snapshot.iter_sorted(_ORDER), "source.product"):
            name = file_name(product, reserved=(PRODUCTS, *_SET_FILES))
            about = {"timestamp": snapshot.timestamp, "product": product}
            count += _write_product(folder / name, about, documents)
            products[product] = {"known_versions": f"{name}/{KNOWN_VERSIONS}"}
            products[product]["latest"] = f"{name}/{LATEST}"
        write_json(folder / PRODUCTS, {"timestamp": snapshot.timestamp, "products": products})
    return count


def _write_product(folder: Path, about: Json, documents: Iterable[Document]) -> int:
    (folder / VERSIONS).mkdir(parents=True)
    newest, versions = NewestBuilds(), []
    for version, builds in _grouped(newest.watch(documents), "target.version"):
        summary = VersionSummary(version, f"{VERSIONS}/{file_name(version)}.json")
        about_version = {**about, "version": version}
        write_version(folder / summary.file, about_version, _counted(builds, summary))
        versions.append(summary)
    versions.sort(key=lambda each: (version_order(each.version), each.version))
    _write_newest(folder, about, newest)
    write_json(folder / KNOWN_VERSIONS, {**about, "versions": [v.as_json() for v in versions]})
    return sum(each.count for each in versions)


def _write_newest(folder: Path, about: Json, newest: NewestBuilds) -> None:
    """Write the newest builds of each channel, and the list of channels."""
    summaries: Json = {}
    taken: set[str] = set()
    for channel, cells in newest.channels():
        name = file_name(channel, reserved=(KNOWN_VERSIONS, LATEST, VERSIONS))
        (folder / name).mkdir()
        write_json(folder / name / LATEST, channel_json({**about, "channel": channel}, cells))
        summaries[channel] = channel_summary(cells, f"{name}/{LATEST}")
        _write_addresses(folder, channel, cells, taken)
    write_json(folder / LATEST, {**about, "channels": summaries})


def _write_addresses(folder: Path, channel: str, cells: Cells, taken: set[str]) -> None:
    """Write the address of each newest build as a text, for those who have nothing but ``curl``.

    Args:
        taken: names of such files in the folder; those that are written are added.
    """
    for (platform, locale), document in cells.items():
        address = download_address(document)
        if is_web_address(address):
            name = joined_name((channel, platform, locale), taken)
            taken.add(name)
            (folder / f"latest-{name}.txt").write_text(f"{address}\n", "utf-8")


def _grouped(documents: Iterable[Document], name: str) -> Iterator[tuple[str, Iterator[Document]]]:
    return groupby(documents, lambda each: field_text(each, name))


def _counted(documents: Iterable[Document], summary: VersionSummary) -> Iterator[Document]:
    for document in documents:
        summary.add(document)
        yield document
