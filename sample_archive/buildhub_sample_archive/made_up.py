"""What is made up, the same on every run: numbers, digests and bytes from a text's hash."""

from collections.abc import Iterator
from hashlib import blake2b, sha1, shake_128

LABEL = "sample data, made up by BuildHub; not a Mozilla build"
"""Stands wherever the sample shows."""

_BLOCK_BYTES = 64 * 1024


def number(*parts: object) -> int:
    """Return a 64-bit number that depends on nothing but the text of *parts*."""
    text = "\n".join(map(str, parts))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def revision(*parts: object) -> str:
    """Return 40 hexadecimal digits, as of a changeset."""
    return sha1("\n".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


def stream(path: str, size_bytes: int) -> Iterator[bytes]:
    """Yield the content of a file that has no meaning of its own: a label, then noise."""
    head = f"{LABEL}: {path}\n".encode()[:size_bytes]
    yield head
    left = size_bytes - len(head)
    block = shake_128(path.encode()).digest(min(left, _BLOCK_BYTES)) if left else b""
    while left > 0:
        yield block[:left]
        left -= len(block[:left])
