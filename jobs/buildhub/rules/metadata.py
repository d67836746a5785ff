"""Parses the metadata files of the archive.

They have four forms: the flat JSON that builds write, ``buildhub.json`` (a nested record), text
files of one to three lines, and ``…_info.txt`` (``key=value`` lines). The content decides which
one it is, never the media type, which the archive gets wrong.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from buildhub.errors import BadMetadata


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a metadata file contains; None for what it does not.

    Attributes:
        build_id: digits, always text.
        channel: update channel of the build.
        repository: URL of the repository, without a slash at the end.
        revision: changeset, 12 or 40 hexadecimal digits.
        as_: assembler; cc, cxx: compilers; ld: linker.
        host: triplet of the machine that built it; target: of the machine that runs it.
        repository_assumed: the repository is not in the file; it is that of the folder's branch.
        path: of the file.
    """

    build_id: str | None = None
    channel: str | None = None
    repository: str | None = None
    revision: str | None = None
    as_: str | None = None
    cc: str | None = None
    cxx: str | None = None
    ld: str | None = None
    host: str | None = None
    target: str | None = None
    repository_assumed: bool = False
    path: str | None = field(default=None, compare=False)


# Each field with its names in the JSON that builds write, newest first.
_BUILD_JSON = {
    "build_id": ("buildid",),
    "channel": ("moz_update_channel",),
    "repository": ("moz_source_repo",),
    "revision": ("moz_source_stamp",),
    "as_": ("as",),
    "cc": ("cc",),
    "cxx": ("cxx",),
    "ld": ("ld",),
    "host": ("host", "host_alias"),
    "target": ("target", "target_alias"),
}

# Each field with its place in buildhub.json.
_BUILDHUB_JSON = {
    "build_id": ("build", "id"),
    "channel": ("target", "channel"),
    "repository": ("source", "repository"),
    "revision": ("source", "revision"),
    "as_": ("build", "as"),
    "cc": ("build", "cc"),
    "cxx": ("build", "cxx"),
    "ld": ("build", "ld"),
    "host": ("build", "host"),
    "target": ("build", "target"),
}

_BUILD_ID = r"[0-9]{8,20}"
_REVISION = r"[0-9a-f]{12,40}"
_ONE_LINE = re.compile(rf"({_BUILD_ID}) +({_REVISION})\s*")
_LINES = re.compile(rf"({_BUILD_ID})\n(https?://\S+?)/rev/({_REVISION})(?:\n.*)?", re.DOTALL)
_INFO_LINE = re.compile(rf"^buildID=({_BUILD_ID})\s*$", re.MULTILINE)

# In some years the value repeats the name of the variable that it came from.
_REPOSITORY_PREFIX = "MOZ_SOURCE_REPO="


def parse_metadata(body: bytes, *, path: str) -> Metadata:
    """Parse a metadata file of any form.

    Args:
        body: the file as served; lines may end in LF or CRLF.
        path: of the file, for messages. The one-line form contains no repository; its branch is
            taken from the path.

    Raises:
        BadMetadata: it has none of the forms; names *path* and the content.
    """
    text = body.decode("utf-8", errors="replace").replace("\r\n", "\n").strip("\ufeff \n")
    for read in _FORMS:
        found = read(text, path)
        if found is not None:
            return replace(found, path=path)
    raise BadMetadata(f"{path}: expected JSON with a build ID, or a text form, got {text[:80]!r}")


def _parse_json(text: str, path: str) -> Metadata | None:
    if not text.startswith("{"):
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    nested = isinstance(document.get("build"), dict)
    if nested:
        values = {name: _text_at(document, *place) for name, place in _BUILDHUB_JSON.items()}
    else:
        values = {
            name: next(filter(None, (_text_at(document, key) for key in keys)), None)
            for name, keys in _BUILD_JSON.items()
        }
    if not re.fullmatch(_BUILD_ID, values["build_id"] or ""):
        return None
    values["repository"] = _clean_repository(values["repository"])
    return Metadata(**values)  # type: ignore[arg-type] # None of these fields is the boolean.


def _text_at(document: Any, *keys: str) -> str | None:
    """Return the text at a place of the document, None if there is none or it is not printable."""
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    text = document.strip() if isinstance(document, str) else ""
    return text if text and text.isprintable() else None


def _clean_repository(address: str | None) -> str | None:
    return address.removeprefix(_REPOSITORY_PREFIX).rstrip("/") or None if address else None


def _parse_one_line(text: str, path: str) -> Metadata | None:
    found = _ONE_LINE.fullmatch(text)
    if found is None:
        return None
    branch = "comm-central" if "comm-central" in path else "mozilla-central"
    return Metadata(
        build_id=found[1],
        repository=f"http://hg.mozilla.org/{branch}",
        revision=found[2],
        repository_assumed=True,
    )


def _parse_lines(text: str, path: str) -> Metadata | None:
    found = _LINES.fullmatch(text)
    if found is None:
        return None
    return Metadata(build_id=found[1], repository=found[2], revision=found[3])


def _parse_info(text: str, path: str) -> Metadata | None:
    found = _INFO_LINE.search(text)
    return Metadata(build_id=found[1]) if found else None


_FORMS: tuple[Callable[[str, str], Metadata | None], ...] = (
    _parse_json,
    _parse_one_line,
    _parse_lines,
    _parse_info,
)
