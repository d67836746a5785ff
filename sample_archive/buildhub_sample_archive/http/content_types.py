"""The content type of a file, which differs between the two uploaders the archive has had."""

_NEW_UPLOADER_SINCE = "2017-06"
_DEFAULT = "application/octet-stream"

_BOTH = {
    ".apk": "application/vnd.android.package-archive",
    ".exe": "application/x-msdos-program",
    ".html": "text/html",
    ".zip": "application/zip",
}
_OLD = _BOTH | {
    ".dmg": "application/x-apple-diskimage",
    ".txt": "text/plain; charset=utf-8",
}
_NEW = _BOTH | {
    "": "text/plain",
    ".asc": "text/plain",
    ".checksums": "text/plain",
    ".dmg": "application/x-iso9660-image",
    ".json": "application/json",
    ".msi": "application/x-msi",
    ".msix": "application/msix",
    ".pkg": "application/x-newton-compatible-pkg",
    ".txt": "text/plain",
    ".xpi": "application/x-xpinstall",
    ".xz": "application/x-xz",
}


def content_type_of(name: str, modified: str) -> str:
    """Return the type that the uploader of the time set for a file called *name*.

    The old one had none for JSON, so some metadata is served as ``application/octet-stream``.
    """
    types = _NEW if modified >= _NEW_UPLOADER_SINCE else _OLD
    stem, dot, ending = name.rpartition(".")
    return types.get(f".{ending}" if dot and stem else "", _DEFAULT)
