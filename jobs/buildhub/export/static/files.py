"""What is in the files of the tree."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson
from buildhub_schema.text.addresses import encode_address

from buildhub.export.documents import Document, field_text, field_value
from buildhub.export.static.newest import Cells, newest_of

Json = dict[str, Any]

# What the downloads of one build share, besides the channel.
_BUILD_FIELDS = {
    "candidate": "target.candidate",
    "build_id": "build.id",
    "date": "build.date",
    "number": "build.number",
    "tree": "source.tree",
    "revision": "source.revision",
    "repository": "source.repository",
}
_DOWNLOAD_FIELDS = {
    "size": "download.size",
    "mimetype": "download.mimetype",
    "published": "download.date",
    "id": "id",
}


@dataclass(slots=True)
class VersionSummary:
    """A version in the list of all.

    Attributes:
        file: that has its builds, relative to the list.
        count: of its downloads.
    """

    version: str
    file: str
    count: int = 0
    channels: set[str] = field(default_factory=set)
    build_ids: set[str] = field(default_factory=set)
    candidates: set[int] = field(default_factory=set)

    def add(self, document: Document) -> None:
        """Take a build into account."""
        self.count += 1
        self.channels.add(field_text(document, "target.channel"))
        if build_id := field_text(document, "build.id"):
            self.build_ids.add(build_id)
        if (candidate := field_value(document, "target.candidate")) is not None:
            self.candidates.add(candidate)

    def as_json(self) -> Json:
        """Return it as it stands in the list."""
        candidate = {"candidate": max(self.candidates)} if self.candidates else {}
        return {
            "version": self.version,
            "channels": sorted(self.channels),
            **candidate,
            "build_ids": sorted(self.build_ids),
            "count": self.count,
            "file": self.file,
        }


def write_version(path: Path, about: Json, documents: Iterable[Document]) -> None:
    """Write the builds of a version with their downloads, one by one.

    Args:
        about: the first members.
        documents: those of one build together.
    """
    with open(path, "xb") as file:
        file.writelines(_version_parts(about, documents))


def _version_parts(about: Json, documents: Iterable[Document]) -> Iterator[bytes]:
    yield orjson.dumps(about).removesuffix(b"}") + b',"builds":['
    for number, (build, downloads) in enumerate(groupby(documents, _build)):
        yield b",\n" if number else b"\n"
        yield orjson.dumps(build).removesuffix(b"}") + b',"downloads":['
        for position, document in enumerate(downloads):
            yield b",\n" if position else b"\n"
            yield orjson.dumps(_download(document))
        yield b"]}"
    yield b"]}\n"


def channel_json(about: Json, cells: Cells) -> Json:
    """Return the newest builds of a channel, by platform and locale."""
    platforms: dict[str, Json] = {}
    for (platform, locale), document in cells.items():
        platforms.setdefault(platform, {})[locale] = {
            "version": field_text(document, "target.version"),
            **_build(document),
            **_file(document),
        }
    return {**about, "platforms": platforms}


def channel_summary(cells: Cells, file: str) -> Json:
    """Return a channel as it stands in the list of a product's channels."""
    newest = newest_of(cells)
    return {
        "version": field_text(newest, "target.version"),
        "build_id": field_text(newest, "build.id"),
        "file": file,
    }


def write_json(path: Path, content: Json) -> None:
    """Write a document."""
    path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def download_address(document: Document) -> str:
    """Return the address of a build's file, percent-encoded."""
    return encode_address(field_text(document, "download.url"))


def is_web_address(address: str) -> bool:
    """Return whether a program may ask for it, and not for one of its own files."""
    return address.lower().startswith(("http://", "https://"))


def _build(document: Document) -> Json:
    """Return what the downloads of one build share."""
    return {"channel": field_text(document, "target.channel"), **_chosen(document, _BUILD_FIELDS)}


def _download(document: Document) -> Json:
    """Return what differs between them."""
    cell = {name: field_text(document, f"target.{name}") for name in ("platform", "locale")}
    return {**cell, **_file(document)}


def _file(document: Document) -> Json:
    return {"url": download_address(document), **_chosen(document, _DOWNLOAD_FIELDS)}


def _chosen(document: Document, fields: Mapping[str, str]) -> Json:
    """Return fields under other names, without those that it does not have."""
    found = {name: field_value(document, each) for name, each in fields.items()}
    return {name: value for name, value in found.items() if value is not None}
