"""Addresses as programs take them. Those of records have spaces, as the archive's listings do."""

import re
from urllib.parse import quote

# What RFC 3986 allows in an address, but for "%", which begins what is encoded already.
_CHARACTERS = ":/?#[]@!$&'()*+,;=-._~"
_ENCODED = re.compile(r"(%[0-9A-Fa-f]{2})")


def encode_address(address: str) -> str:
    """Return an address with all that it may not contain percent-encoded.

    What is encoded already stays, so doing it twice changes nothing.
    """
    return "".join(
        part if _ENCODED.fullmatch(part) else quote(part, _CHARACTERS, errors="replace")
        for part in _ENCODED.split(address)
    )
