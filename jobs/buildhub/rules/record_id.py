"""The key of a record."""

# Channels that the ID does not name: a release's is understood, and the version of an ESR tells.
_UNNAMED_CHANNELS = frozenset({"release", "esr"})

# A nightly's folder is dated to the second: year, month, day, hour, minute, second.
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

    The channel is left out for ``release`` and ``esr``. A nightly's version follows the date of its
    folder; give *nightly_folder* for it. *channel* is the one guessed from the path: what metadata
    tells later does not change the ID.
    """
    if "nightly" in channel and nightly_folder is not None:
        version = f"{nightly_date(nightly_folder)}_{version}"
    if channel not in _UNNAMED_CHANNELS:
        version = f"{channel}_{version}"
    return f"{product}_{version}_{platform}_{locale}".replace(".", "-").lower()


def nightly_date(nightly_folder: str) -> str:
    """Return the part of a dated folder's name that goes into the ID: its first six pieces.

    Until mid-2011 folders were dated to the hour only; then the branch takes the remaining places,
    and IDs of that time contain it: ``2008-08-01-03-mozilla-central``.
    """
    return "-".join(nightly_folder.split("-", _DATE_PIECES)[:_DATE_PIECES])
