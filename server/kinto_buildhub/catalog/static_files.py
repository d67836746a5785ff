"""Style sheets and scripts, under a name that changes with their content.

One hash for all files of a folder, so that modules find each other by relative names.
"""

import hashlib
import mimetypes
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple, Self

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

PATH = "/catalog/static/{hash}/{name}"

_YEAR_SECONDS = 365 * 24 * 3600


class StaticFile(NamedTuple):
    """One file."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class StaticFiles:
    """All files of the folder.

    Attributes:
        hash: of all their names and content.
        files: by name.
    """

    hash: str
    files: Mapping[str, StaticFile]

    @classmethod
    def read(cls, paths: Iterable[Traversable]) -> Self:
        """Read files, whose names differ."""
        digest, files = hashlib.sha256(), {}
        for path in sorted(paths, key=lambda each: each.name):
            content = path.read_bytes()
            digest.update(b"%s\0%d\0%s" % (path.name.encode(), len(content), content))
            content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            files[path.name] = StaticFile(content, content_type)
        return cls(digest.hexdigest()[:16], files)


@cache
def packaged() -> StaticFiles:
    """Return those of the pages; they are a few dozen kilobytes."""
    return StaticFiles.read(resources.files("kinto_buildhub.catalog").joinpath("static").iterdir())


def static_view(request: Any) -> Response:
    """Send a file of the pages."""
    return send_file(request, request.registry.buildhub_catalog_static)


def send_file(request: Any, static: StaticFiles) -> Response:
    """Send a file, which may be kept for a year. An old name is not found, and so never kept."""
    file = static.files.get(request.matchdict["name"])
    if file is None or request.matchdict["hash"] != static.hash:
        raise HTTPNotFound
    response = Response(
        file.content,
        content_type=file.content_type,
        charset="UTF-8" if file.content_type.startswith("text/") else None,
    )
    response.cache_control = f"public, max-age={_YEAR_SECONDS}, immutable"
    return response
