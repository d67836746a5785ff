"""Which content coding a request asks for (RFC 9110, section 12.5.3)."""

from functools import lru_cache
from typing import NamedTuple

from webob.acceptparse import AcceptEncodingValidHeader, create_accept_encoding_header

from kinto_buildhub.compression.codings import CODINGS, Coding

_IDENTITY = "identity"
# An older name, which means the same.
_X_GZIP = "x-gzip"


class Choice(NamedTuple):
    """What an answer may be sent as.

    Attributes:
        coding: None for the answer as it is.
        is_required: the answer as it is would not be acceptable.
    """

    coding: Coding | None
    is_required: bool = False


AS_IT_IS = Choice(None)


@lru_cache(maxsize=256)
def choose_coding(accept_encoding: str | None, names: tuple[str, ...]) -> Choice:
    """Return the coding that a request prefers; among equals, the first of *names*.

    Without the header any coding would do, but a client that knows codings says so. A client that
    accepts none of our codings, and refuses the answer without one, gets it without one all the
    same: section 12.1 leaves the choice between that and 406, and an answer is of more use.

    Args:
        accept_encoding: the header ``Accept-Encoding``; None where there is none.
        names: of the codings that the server offers.
    """
    header = create_accept_encoding_header(accept_encoding)
    if not isinstance(header, AcceptEncodingValidHeader):
        return AS_IT_IS
    asked = {name.lower().replace(_X_GZIP, "gzip"): quality for name, quality in header.parsed}
    any_other = asked.get("*", 0.0)
    # What is only meant by "*" has to be something that everybody knows.
    qualities = {name: asked.get(name, any_other if name == "gzip" else 0.0) for name in names}
    best = max(qualities, key=lambda name: qualities[name], default=None)
    if best is None or not qualities[best] or asked.get(_IDENTITY, 0.0) > qualities[best]:
        return AS_IT_IS
    is_refused = asked.get(_IDENTITY, asked.get("*", 1.0)) == 0.0
    return Choice(CODINGS[best], is_refused)
