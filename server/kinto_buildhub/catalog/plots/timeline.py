"""Events in lanes over time, each of which may be a link: ``timeline_plot``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from kinto_buildhub.catalog.plots.axes import TOP_PX, frame, label_axis
from kinto_buildhub.catalog.plots.svg import element, percent
from kinto_buildhub.catalog.plots.ticks import date_ticks, time_share

_LANE_PX = 40
_RADIUS_PX = 5
# Names of lanes stand above them, at the left.
_NAME_PX = 12


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a day: what, and where its link leads ("" for nowhere)."""

    label: str
    day: date
    href: str = ""
    is_major: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """Events of one kind, in any order."""

    name: str
    events: Sequence[Event]


def timeline_plot(lanes: Sequence[Lane], *, title: str, description: str) -> Markup:
    """Return a line with dots for each lane, from the first to the last day of all.

    Every event says what it is, and its day, as the name of its link and when it is pointed at.
    Classes: ``plot timeline-plot`` is the whole, ``plot-lane`` the name of a lane, ``plot-event``
    a dot, ``plot-event-major`` a larger one.
    """
    days = [event.day for lane in lanes for event in lane.events]
    first, last = (min(days), max(days)) if days else (date.min, date.min)
    plot_px = _LANE_PX * len(lanes)
    labels = [(_place(day, first, last), text) for day, text in date_ticks(first, last) if days]
    return frame(
        *(_draw_lane(number, lane, first, last) for number, lane in enumerate(lanes)),
        label_axis(labels, plot_px),
        kind="timeline-plot",
        title=title,
        description=description,
        plot_px=plot_px,
        has_links=any(event.href for lane in lanes for event in lane.events),
    )


def _draw_lane(number: int, lane: Lane, first: date, last: date) -> Markup:
    top = TOP_PX + number * _LANE_PX
    y = top + _NAME_PX + 10
    return element(
        "g",
        element("text", lane.name, class_="plot-lane", x=0, y=top + 8, fill="currentColor"),
        element("line", class_="plot-grid", x1=0, x2="100%", y1=y, y2=y, stroke="currentColor"),
        *(_draw_event(event, _place(event.day, first, last), y) for event in lane.events),
    )


def _draw_event(event: Event, place: float, y: int) -> Markup:
    text = f"{event.label}: {event.day.isoformat()}"
    inside = (
        element("title", text),
        element(
            "circle",
            class_="plot-event plot-event-major" if event.is_major else "plot-event",
            cx=percent(place),
            cy=y,
            r=_RADIUS_PX if event.is_major else _RADIUS_PX - 2,
            fill="currentColor",
        ),
    )
    if not event.href:
        return element("g", *inside)
    return element("a", *inside, href=event.href, aria_label=text)


def _place(day: date, first: date, last: date) -> float:
    # Dots at both ends are whole.
    return 0.01 + 0.98 * time_share(day, first, last)
