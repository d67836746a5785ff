"""Lines over time: ``line_plot``, and its ``legend``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from kinto_buildhub.catalog.plots.axes import TOP_PX, frame, label_axis, number_axis
from kinto_buildhub.catalog.plots.svg import element
from kinto_buildhub.catalog.plots.ticks import date_ticks, round_ticks, time_share

# Lines differ in their dashes as well as in colour, which not everybody sees.
_DASHES = (None, "6 3", "2 3", "10 3 2 3", "12 4", "1 4", "6 2 2 2 2 2", "16 4 4 4")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name, and its values by day, in order of days."""

    name: str
    points: Sequence[tuple[date, float]]


def line_plot(
    lines: Sequence[Line], *, title: str, description: str, unit: str, plot_px: int = 220
) -> Markup:
    """Return lines over the time from the first to the last of their days.

    Show their values in a table, too: the lines are a picture, whose points have no text.
    Classes: ``plot line-plot`` is the whole, ``plot-line`` a line, ``plot-series-1`` to
    ``plot-series-8`` its colour; `axes` has its own.
    """
    days = [day for line in lines for day, _ in line.points]
    first, last = (min(days), max(days)) if days else (date.min, date.min)
    ticks = round_ticks(max((value for line in lines for _, value in line.points), default=0), 4)
    drawn = [
        _draw(number, line, first, last, ticks[-1], plot_px) for number, line in enumerate(lines)
    ]
    labels = [(time_share(day, first, last), text) for day, text in date_ticks(first, last) if days]
    return frame(
        number_axis(ticks, plot_px, unit),
        # Scaled to the width of the page; `vector-effect` keeps the lines thin.
        element(
            "svg",
            *drawn,
            y=TOP_PX,
            width="100%",
            height=plot_px,
            viewBox=f"0 0 1000 {plot_px}",
            preserveAspectRatio="none",
        ),
        label_axis(labels, plot_px),
        kind="line-plot",
        title=title,
        description=description,
        plot_px=plot_px,
    )


def legend(lines: Sequence[Line]) -> Markup:
    """Return a list of the lines' names, each beside a piece of its line."""
    return element(
        "ul",
        *(
            element(
                "li",
                element(
                    "svg",
                    element("line", x1=0, x2=32, y1=6, y2=6, **_looks(number)),
                    width=32,
                    height=12,
                    aria_hidden="true",
                ),
                f" {line.name}",
            )
            for number, line in enumerate(lines)
        ),
        class_="plot-legend",
    )


def _draw(number: int, line: Line, first: date, last: date, most: float, plot_px: int) -> Markup:
    points = [
        f"{1000 * time_share(day, first, last):.4g},{(1 - value / most) * plot_px:.4g}"
        for day, value in line.points
    ]
    # A line of one point would not be seen: its round end is.
    points = points * 2 if len(points) == 1 else points
    return element(
        "polyline",
        element("title", line.name),
        points=" ".join(points),
        vector_effect="non-scaling-stroke",
        **_looks(number),
    )


def _looks(number: int) -> dict[str, object]:
    return {
        "class_": f"plot-line plot-series-{number % len(_DASHES) + 1}",
        "stroke_dasharray": _DASHES[number % len(_DASHES)],
        "stroke": "currentColor",
        "stroke_width": 2,
        "stroke_linecap": "round",
        "fill": "none",
    }
