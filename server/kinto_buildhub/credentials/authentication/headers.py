"""Which credentials a request shows, by its header ``Authorization``."""

from dataclasses import dataclass
from enum import Enum, auto

from kinto_buildhub.credentials.keys import TOKEN_PREFIX


class Kind(Enum):
    """How a credential is shown."""

    TOKEN = auto()
    HAWK = auto()


@dataclass(frozen=True, slots=True)
class Shown:
    """A credential that somebody shows.

    Attributes:
        text: the token, or the whole header of a signature.
    """

    kind: Kind
    text: str

    def __repr__(self) -> str:
        return f"Shown({self.kind})"


def find_shown(header: str, *, takes_any_bearer: bool) -> Shown | None:
    """Return what *header* shows; None for what is none of ours, such as a password.

    Args:
        takes_any_bearer: whether all bearer tokens are ours, since nobody else takes any.
    """
    scheme, _, rest = header.strip().partition(" ")
    if scheme.startswith(TOKEN_PREFIX):
        return Shown(Kind.TOKEN, header.strip())
    if scheme.lower() == "hawk":
        return Shown(Kind.HAWK, header)
    token = rest.strip()
    if scheme.lower() == "bearer" and (takes_any_bearer or token.startswith(TOKEN_PREFIX)):
        return Shown(Kind.TOKEN, token)
    return None
