"""The S3 protocol as far as inventories need it: ListObjects, and its errors."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from xml.sax.saxutils import escape

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


@dataclass(frozen=True, slots=True)
class KeyPage:
    """One page of ListObjects: keys, and common prefixes up to the delimiter."""

    keys: tuple[str, ...]
    prefixes: tuple[str, ...]
    last: str | None

    @property
    def is_truncated(self) -> bool:
        """Return whether more entries follow *last*."""
        return self.last is not None


def list_keys(
    keys: Sequence[str], *, prefix: str, delimiter: str, after: str, limit: int
) -> KeyPage:
    """Return up to *limit* entries of the sorted *keys* that start with *prefix*.

    Args:
        after: the last entry of the previous page, or "".
    """
    found: list[str] = []
    prefixes: list[str] = []
    place = max(bisect_left(keys, prefix), bisect_right(keys, after) if after else 0)
    last = ""
    while place < len(keys) and keys[place].startswith(prefix):
        key = keys[place]
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        common = key[: end + len(delimiter)] if end >= 0 else ""
        if common and after.startswith(common):
            place += 1
            continue
        if len(found) + len(prefixes) == limit:
            return KeyPage(tuple(found), tuple(prefixes), last)
        last = common or key
        (prefixes if common else found).append(last)
        # All keys with a common prefix are one entry; continue after them.
        place = bisect_left(keys, common[:-1] + chr(ord(common[-1]) + 1)) if common else place + 1
    return KeyPage(tuple(found), tuple(prefixes), None)


def list_xml(
    bucket: str,
    page: KeyPage,
    query: Mapping[str, str],
    objects: Mapping[str, tuple[int, str]],
    modified: str,
) -> bytes:
    """Return the response body of ListObjects, or of ListObjectsV2 if *query* asks for it.

    Args:
        objects: size and ETag of each of the page's keys.
        modified: as ``2018-08-08T09:31:05``, the same for all.
    """
    is_second = query.get("list-type") == "2"
    encode = quote if query.get("encoding-type") == "url" else escape
    fields = {
        "Name": bucket,
        "Prefix": encode(query.get("prefix", "")),
        "Delimiter": encode(query.get("delimiter", "")),
        "MaxKeys": query.get("max-keys", "1000"),
        "EncodingType": query.get("encoding-type", ""),
        "IsTruncated": str(page.is_truncated).lower(),
    }
    if is_second:
        fields["KeyCount"] = str(len(page.keys) + len(page.prefixes))
        fields["NextContinuationToken"] = escape(page.last or "")
    else:
        fields["Marker"] = encode(query.get("marker", ""))
        fields["NextMarker"] = encode(page.last or "")
    parts = [f"<{name}>{value}</{name}>" for name, value in fields.items() if value]
    for key in page.keys:
        size, etag = objects[key]
        parts.append(
            f"<Contents><Key>{encode(key)}</Key><LastModified>{modified}.000Z</LastModified>"
            f'<ETag>"{etag}"</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>'
        )
    parts += [
        f"<CommonPrefixes><Prefix>{encode(prefix)}</Prefix></CommonPrefixes>"
        for prefix in page.prefixes
    ]
    return f"{_XML}<ListBucketResult {_NAMESPACE}>{''.join(parts)}</ListBucketResult>".encode()


def error_xml(code: str, message: str, resource: str) -> bytes:
    """Return an S3 error document."""
    return (
        f"{_XML}<Error><Code>{code}</Code><Message>{escape(message)}</Message>"
        f"<Resource>{escape(resource)}</Resource></Error>"
    ).encode()
