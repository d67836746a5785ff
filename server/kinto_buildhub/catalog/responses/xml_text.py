"""Text that XML can hold."""

import re

# XML 1.0 has no way to write the others, https://www.w3.org/TR/xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def allowed_text(text: str) -> str:
    """Return the text with a replacement character for each one that XML forbids."""
    return _FORBIDDEN.sub("\ufffd", text)
