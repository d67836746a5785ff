"""The ID of a record."""

# Channels that IDs leave out: release is the default, and the version of an ESR ends in esr.
_UNNAMED_CHANNELS = frozenset({"release", "esr"})

# Year, month, day, hour, minute, second: the date of a nightly's folder.
_DATE_PIECES = 6


def record_id(
    product: str,
    channel: str,
    version: str,
    platform: str,
    locale: str,
    nightly_folder: str | None = None,
) -> str:
    """Return ``{product}_{channel}_{version}_{platform}_{locale}``, dots as dashes, lower case.

    Args:
        channel: as guessed from the path; metadata does not change the ID. Left out if it is
            ``release`` or ``esr``.
        nightly_folder: name of a nightly's dated folder; its date goes before the version.
    """
    if "nightly" in channel and nightly_folder is not None:
        version = f"{nightly_date(nightly_folder)}_{version}"
    if channel not in _UNNAMED_CHANNELS:
        version = f"{channel}_{version}"
    return f"{product}_{version}_{platform}_{locale}".replace(".", "-").lower()


def nightly_date(nightly_folder: str) -> str:
    """Return the part of a dated folder's name that goes into the ID: its first six pieces.

    Until mid-2011 dates end with the hour. The branch then makes up the remaining pieces, and is
    part of the ID: ``2008-08-01-03-mozilla-central``.
    """
    return "-".join(nightly_folder.split("-", _DATE_PIECES)[:_DATE_PIECES])
