"""Why nothing was found: three different things, told apart by what is covered until when."""

from datetime import datetime

from buildhub.client.errors import Missing, NotCovered, NotFound, NotIndexedYet
from buildhub.client.exchange import Asked
from buildhub.client.values import Coverage


def explain(asked: Asked, coverage: Coverage | None) -> Missing:
    """Return the error that says why nothing was found.

    Args:
        asked: for what.
        coverage: until when the catalogue is complete; None if that is not to be had.
    """
    products = sorted({each.product for each in coverage.channels} if coverage else ())
    if asked.product is not None and products and asked.product not in products:
        return NotCovered(
            f"Not covered by the catalogue: {asked.product}. It covers {', '.join(products)}."
        )
    until = complete_until(coverage, asked.product, asked.channel)
    if asked.moment is not None and until is not None and asked.moment >= until:
        return NotIndexedYet(
            f"No {asked.text}, but it is younger than the catalogue, "
            f"which is complete until {_text(until)}.",
            until,
        )
    if asked.sentence is not None:
        return NotFound(asked.sentence, until)
    if until is None:
        return NotFound(f"No {asked.text}; it is unknown until when the catalogue is complete.")
    return NotFound(f"No {asked.text}; the catalogue is complete until {_text(until)}.", until)


def complete_until(
    coverage: Coverage | None, product: str | None, channel: str | None
) -> datetime | None:
    """Return until when the catalogue is complete for a product and channel; None for any of them.

    That is the earliest of their times; None if one of them is unknown.
    """
    if coverage is None:
        return None
    chosen = [
        each.complete_until
        for each in coverage.channels
        if product in (None, each.product) and channel in (None, each.channel)
    ]
    known = [moment for moment in chosen if moment is not None]
    return min(known) if known and len(known) == len(chosen) else None


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
