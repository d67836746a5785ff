"""What the client raises, besides TypeError and ValueError for wrong arguments.

::

    BuildhubError
      Unavailable          the server does not answer, or is overloaded, also after the retries
      RequestError         it answered with an error; `status` is its number
        Refused              it does not know the credentials, or they are not enough
        BadRequest           it finds something wrong with the request
      Missing              it answered that there is nothing
        NotFound             no build is like that
        NotCovered           the catalogue does not have such products
        NotIndexedYet        it is younger than what the catalogue is known to be complete for
      NotUnique            there are several, and the question was for one
      BrokenAnswer         what answers is no catalogue, or the answer is damaged
      DiskFailure          a download, or a file for answers, cannot be written
"""

from datetime import datetime

from buildhub.errors import BuildhubError, DiskFailure, Unavailable

__all__ = [
    "BadRequest",
    "BrokenAnswer",
    "BuildhubError",
    "DiskFailure",
    "Missing",
    "NotCovered",
    "NotFound",
    "NotIndexedYet",
    "NotUnique",
    "Refused",
    "RequestError",
    "Unavailable",
]


class RequestError(BuildhubError):
    """The server answered with an error.

    Attributes:
        status: of HTTP.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Refused(RequestError):
    """The server does not know the credentials, or they are not enough."""


class BadRequest(RequestError):
    """The server finds something wrong with the request."""


class Missing(BuildhubError):
    """Nothing is like what was asked for.

    Attributes:
        complete_until: the time until which the catalogue is known to be complete; None if that is
            unknown.
    """

    def __init__(self, message: str, complete_until: datetime | None = None) -> None:
        super().__init__(message)
        self.complete_until = complete_until


class NotFound(Missing):
    """No build is like that."""


class NotCovered(Missing):
    """The catalogue does not have builds of such a product."""


class NotIndexedYet(Missing):
    """What was asked for is younger than what the catalogue is known to be complete for."""


class NotUnique(BuildhubError):
    """There are several, and the question was for one."""


class BrokenAnswer(BuildhubError):
    """What answers is no catalogue, or the answer is damaged."""
