"""Everything that can go wrong in a job, drawn so that a caller can choose.

::

    BuildhubError
      ConfigError          stop at startup; the message says what would do
      AlreadyRunning       another process does the same work; nothing was done
      Unavailable          the other side is down or slow: retry, with a cap and jitter
        ArchiveDown          too many requests failed in a row; going on is pointless
      BadData              retrying is pointless: skip, count, go on
        BadManifest, BadInventory, BadListing, BadMetadata, BadEvent
      Refused              the server understood and said no: no permission
        CredentialsRefused   wrong password, expired token: the setting cannot work
      DiskFailure          a file of our own cannot be written: the disk is full or read-only
"""

from buildhub_schema.text.printable import printable


class BuildhubError(Exception):
    """Root of what the jobs raise on purpose. Its text is written for the operator.

    The text may quote others and contain addresses, so it is always printable; see
    :mod:`buildhub_schema.text.printable`.
    """

    def __str__(self) -> str:
        """Return the message, safe to print."""
        return printable(super().__str__())


class ConfigError(BuildhubError):
    """A setting, an argument or a local folder that cannot work."""


class AlreadyRunning(BuildhubError):
    """Another process does the same work, and two of them would be in each other's way."""


class Unavailable(BuildhubError):
    """The other side did not answer, or answered that it cannot now."""


class ArchiveDown(Unavailable):
    """So many requests to the archive failed in a row that going on would only leave builds out."""


class BadData(BuildhubError):
    """Input that no retry will mend. The message names the thing."""


class BadManifest(BadData):
    """What should be an inventory's manifest, and is none."""


class BadInventory(BadData):
    """A part of an inventory that is truncated, altered, or lacks columns."""


class BadListing(BadData):
    """A folder page of the archive that is not the JSON it should be."""


class BadMetadata(BadData):
    """A metadata file in none of the known forms."""


class BadEvent(BadData):
    """A message that names no file of the archive in any of the known forms."""


class Refused(BuildhubError):
    """The server refuses these credentials or this request."""


class CredentialsRefused(Refused):
    """The server does not accept the credentials, or asks for some."""


class DiskFailure(BuildhubError):
    """The disk of this machine is full, or a file cannot be written for another reason."""
