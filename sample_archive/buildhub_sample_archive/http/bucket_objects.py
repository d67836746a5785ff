"""The archive's files as Google Cloud Storage describes objects: the resource of its JSON API."""

import re
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from buildhub_sample_archive import made_up
from buildhub_sample_archive.http.content_types import content_type_of
from buildhub_sample_archive.objects import File, describe

_EXPIRING = re.compile(r"pub/(firefox|devedition)/candidates/")
_LASTING = re.compile(r"(^|\.)buildhub\.json$|_info\.txt$|^(RPM-)?KEY$|^SHA\d+SUMS$")
_EXPIRING_SINCE = "2024-01"
_KEPT_FOR = timedelta(days=365)


def object_resource(bucket: str, path: str, file: File) -> dict[str, Any]:
    """Return the resource of the *file* at *path*: numbers in strings, digests in base64."""
    attributes = describe(path, file)
    milliseconds = made_up.number("milliseconds", path) % 1000
    written = f"{attributes.modified}.{milliseconds:03}Z"
    generation = str(int(datetime.fromisoformat(written).timestamp() * 1_000_000))
    resource = {
        "kind": "storage#object",
        "id": f"{bucket}/{path}/{generation}",
        "name": path,
        "bucket": bucket,
        "generation": generation,
        "metageneration": "1",
        "contentType": content_type_of(file.name, attributes.modified),
        "storageClass": "STANDARD",
        "size": str(attributes.size),
        "etag": b64encode(attributes.etag[:8].encode()).decode(),
        "mediaLink": f"/download/storage/v1/b/{bucket}/o/{quote(path, safe='')}?alt=media",
        "timeCreated": written,
        "updated": written,
        "timeStorageClassUpdated": written,
        "timeFinalized": written,
    }
    # Objects that were put together from parts have no MD5.
    if "-" not in attributes.etag:
        resource["md5Hash"] = b64encode(bytes.fromhex(attributes.etag)).decode()
    expires = expiry_of(path, attributes.modified)
    return resource | ({"customTime": expires} if expires else {})


def expiry_of(path: str, modified: str) -> str | None:
    """Return when the store deletes a file that was written at *modified*; None for never.

    The uploader lets candidates of two products expire, without what tells what they were.
    """
    name = path.rpartition("/")[2]
    if modified < _EXPIRING_SINCE or not _EXPIRING.match(path) or _LASTING.search(name):
        return None
    return f"{datetime.fromisoformat(modified) + _KEPT_FOR:%Y-%m-%dT%H:%M:%S}Z"
