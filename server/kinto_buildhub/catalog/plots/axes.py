"""What plots have in common: the frame with its title, the axis of numbers, the labels below."""

from collections.abc import Iterable, Iterator, Sequence

from markupsafe import Markup

from kinto_buildhub.catalog.plots.svg import element, join, percent
from kinto_buildhub.catalog.plots.ticks import tick_text

TOP_PX = 18
"""Room above a plot, for the number at its uppermost line."""
LABELS_PX = 20
"""Room below a plot, for its labels."""


def frame(
    *children: str, kind: str, title: str, description: str, plot_px: int, has_links: bool = False
) -> Markup:
    """Return the plot as a whole, as wide as the page.

    Args:
        children: what is drawn, from the top of the frame.
        kind: name of its class.
        title: what it shows, its name for screen readers.
        description: what is to be seen in it, in a sentence.
        plot_px: height without the room above and below.
        has_links: screen readers show a picture as a whole, and a group by its links.
    """
    return element(
        "svg",
        element("title", title),
        element("desc", description),
        *children,
        class_=f"plot {kind}",
        role="group" if has_links else "img",
        width="100%",
        height=TOP_PX + plot_px + LABELS_PX,
    )


def number_axis(ticks: Sequence[float], plot_px: int, unit: str) -> Markup:
    """Return a line across for each tick, its number above it; the uppermost has the unit.

    The numbers are inside the plot, at its left end, where what grows over time is small.
    """
    return element(
        "g",
        *(part for tick in ticks for part in _grid_line(tick, ticks[-1], plot_px, unit)),
        aria_hidden="true",
    )


def _grid_line(tick: float, most: float, plot_px: int, unit: str) -> Iterator[Markup]:
    y = round(TOP_PX + (1 - tick / most) * plot_px, 1)
    kind = "plot-grid" if tick else "plot-base"
    yield element("line", class_=kind, x1=0, x2="100%", y1=y, y2=y, stroke="currentColor")
    if tick:
        text = f"{tick_text(tick)} {unit}" if tick == most else tick_text(tick)
        yield element("text", text, class_="plot-tick", x=0, y=y - 4, fill="currentColor")


def label_axis(labels: Iterable[tuple[float, str]], plot_px: int) -> Markup:
    """Return texts below a plot, each centred at a share of the width; those at an end inside."""
    return element(
        "g",
        join(
            element(
                "text",
                text,
                class_="plot-tick",
                x=percent(share),
                y=TOP_PX + plot_px + 15,
                text_anchor="start" if share < 0.03 else "end" if share > 0.97 else "middle",
                fill="currentColor",
            )
            for share, text in labels
        ),
        aria_hidden="true",
    )
