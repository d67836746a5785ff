"""Bars, each of which may be a link: ``bar_plot``."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kinto_buildhub.catalog.plots.axes import TOP_PX, frame, label_axis, number_axis
from kinto_buildhub.catalog.plots.svg import element, percent
from kinto_buildhub.catalog.plots.ticks import round_ticks

# Of the place that a bar has; the rest is the gap to the next one.
_BAR_SHARE = 0.86
# So that a single record is seen beside thousands.
_LEAST_PX = 2.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Attributes:
        label: what it is about, such as ``June 2017``.
        value: its height.
        href: where it leads; "" if nowhere.
        tick: text below it; those that are too close to each other are left out.
        is_chosen: it is a part of what is being shown.
    """

    label: str
    value: int
    href: str = ""
    tick: str = ""
    is_chosen: bool = False


def bar_plot(
    bars: Sequence[Bar],
    *,
    title: str,
    unit: str = "builds",
    description: str = "",
    plot_px: int = 100,
    most_ticks: int = 6,
) -> Markup:
    """Return bars of equal width, beside each other, in the order given.

    Every bar says its label and value, as the name of its link and when it is pointed at:
    ``June 2017: 1,234 builds``. The whole height above a bar belongs to its link.

    Classes: ``plot bar-plot`` is the whole, ``plot-bar`` a bar (within ``a`` if it is a link),
    ``plot-bar-chosen`` one that is chosen, ``plot-bar-area`` the invisible area to click,
    ``plot-grid``, ``plot-base`` and ``plot-tick`` are lines, base line and texts of the axes.

    Args:
        bars: any number.
        title: what the plot shows, for screen readers.
        unit: what the values are, in the plural with an "s".
        description: a sentence about what is to be seen; made from the values if left out.
        plot_px: height of the highest tick.
        most_ticks: how many texts there may be below.
    """
    ticks = round_ticks(max((bar.value for bar in bars), default=0))
    return frame(
        *(
            _draw(bar, place / len(bars), 1 / len(bars), bar.value / ticks[-1], plot_px, unit)
            for place, bar in enumerate(bars)
        ),
        # Above the bars, so that a high one at the left does not hide the numbers.
        number_axis(ticks, plot_px, unit),
        label_axis(_labels(bars, most_ticks), plot_px),
        kind="bar-plot",
        title=title,
        description=description or _describe(bars, unit),
        plot_px=plot_px,
        has_links=any(bar.href for bar in bars),
    )


def _draw(bar: Bar, left: float, width: float, share: float, plot_px: int, unit: str) -> Markup:
    height = max(share * plot_px, _LEAST_PX) if bar.value else 0.0
    text = f"{bar.label}: {bar.value:,} {unit.removesuffix('s') if bar.value == 1 else unit}"
    inside = (
        element("title", text),
        element(
            "rect",
            class_="plot-bar-area",
            x=percent(left),
            width=percent(width),
            y=TOP_PX,
            height=plot_px,
            fill="transparent",
        ),
        element(
            "rect",
            class_="plot-bar plot-bar-chosen" if bar.is_chosen else "plot-bar",
            x=percent(left + width * (1 - _BAR_SHARE) / 2),
            width=percent(width * _BAR_SHARE),
            y=TOP_PX + plot_px - height,
            height=height,
            fill="currentColor",
        ),
    )
    if not bar.href:
        return element("g", *inside)
    current = "true" if bar.is_chosen else None
    return element("a", *inside, href=bar.href, aria_label=text, aria_current=current)


def _labels(bars: Sequence[Bar], most: int) -> list[tuple[float, str]]:
    places = [place for place, bar in enumerate(bars) if bar.tick]
    step = -(-len(places) // most) or 1
    return [((place + 0.5) / len(bars), bars[place].tick) for place in places[::step]]


def _describe(bars: Sequence[Bar], unit: str) -> str:
    if not any(bar.value for bar in bars):
        return f"No {unit}."
    highest = max(bars, key=lambda bar: bar.value)
    return (
        f"{bars[0].label} to {bars[-1].label}; the most are in {highest.label}, "
        f"{highest.value:,} {unit}."
    )
