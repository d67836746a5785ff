"""Plots, read as a browser reads them."""

from datetime import date
from xml.etree import ElementTree

import pytest
from kinto_buildhub.catalog.plots.bars import Bar, bar_plot
from kinto_buildhub.catalog.plots.lines import Line, legend, line_plot
from kinto_buildhub.catalog.plots.timeline import Event, Lane, timeline_plot

HOSTILE = """<script>alert(1)</script> "quoted' & \u202emore"""

BARS = [
    Bar("May 2017", 10, "?from=2017-05-01", tick="May"),
    Bar("June 2017", 1500, "?from=2017-06-01&to=2017-06-30", tick="June", is_chosen=True),
    Bar("July 2017", 0, "?from=2017-07-01", tick="July"),
]
LINES = [
    Line("win32", [(date(2017, 1, 1), 40.0), (date(2018, 1, 1), 60.0)]),
    Line("macosx", [(date(2017, 7, 2), 80.0)]),
]
LANES = [
    Lane("release", [Event("53.0", date(2017, 4, 19), "versions/firefox/53.0", is_major=True)]),
    Lane("beta", [Event("54.0b1", date(2017, 4, 21)), Event("54.0b2", date(2017, 4, 28))]),
]


def read(markup: str) -> ElementTree.Element:
    return ElementTree.fromstring(markup)


def test_every_bar_is_a_link_named_after_its_label_and_value() -> None:
    plot = read(bar_plot(BARS, title="Builds by month"))
    assert [(link.get("href"), link.get("aria-label")) for link in plot.iter("a")] == [
        ("?from=2017-05-01", "May 2017: 10 builds"),
        ("?from=2017-06-01&to=2017-06-30", "June 2017: 1,500 builds"),
        ("?from=2017-07-01", "July 2017: 0 builds"),
    ]
    assert [link.get("aria-current") for link in plot.iter("a")] == [None, "true", None]
    assert plot.get("role") == "group"


def test_heights_are_in_proportion_and_small_values_are_seen() -> None:
    plot = read(bar_plot(BARS, title="Builds by month", plot_px=100))
    bars = [each for each in plot.iter("rect") if "plot-bar" in (each.get("class") or "").split()]
    assert [each.get("height") for each in bars] == ["2", "100", "0"]
    assert [each.text for each in plot.iter("text")] == [
        "500", "1,000", "1,500 builds", "May", "June", "July"
    ]  # fmt: skip


def test_bars_without_links_are_a_picture_with_a_description() -> None:
    plot = read(bar_plot([Bar("2016", 3), Bar("2017", 5)], title="Builds by year"))
    assert plot.get("role") == "img"
    assert plot.findtext("title") == "Builds by year"
    assert plot.findtext("desc") == "2016 to 2017; the most are in 2017, 5 builds."


def test_too_many_labels_are_thinned_out() -> None:
    bars = [Bar(f"{year}", 1, tick=f"{year}") for year in range(2000, 2020)]
    plot = read(bar_plot(bars, title="Builds by year", most_ticks=5))
    texts = [each.text for each in plot.iter("text")]
    assert texts[-5:] == ["2000", "2004", "2008", "2012", "2016"]


def test_a_line_goes_through_its_values() -> None:
    plot = read(line_plot(LINES, title="Size", description="It grows.", unit="MB", plot_px=100))
    assert [each.get("points") for each in plot.iter("polyline")] == [
        "0,50 1000,25",
        "498.6,0 498.6,0",
    ]
    assert plot.get("role") == "img"
    looks = [each.get("stroke-dasharray") for each in plot.iter("polyline")]
    assert len(set(looks)) == 2, "told apart by colour alone"


def test_the_legend_names_every_line_as_it_looks() -> None:
    items = list(read(legend(LINES)).iter("li"))
    assert ["".join(item.itertext()).strip() for item in items] == ["win32", "macosx"]
    plot = read(line_plot(LINES, title="Size", description="", unit="MB"))
    drawn = [(each.get("class"), each.get("stroke-dasharray")) for each in plot.iter("polyline")]
    shown = [(each.get("class"), each.get("stroke-dasharray"))
             for item in items for each in item.iter("line")]  # fmt: skip
    assert drawn == shown


def test_events_are_in_lanes_and_say_their_day() -> None:
    plot = read(timeline_plot(LANES, title="Releases", description=""))
    assert [link.get("aria-label") for link in plot.iter("a")] == ["53.0: 2017-04-19"]
    titles = [each.text for each in plot.iter("title")]
    assert titles == ["Releases", "53.0: 2017-04-19", "54.0b1: 2017-04-21", "54.0b2: 2017-04-28"]


@pytest.mark.parametrize(
    "plot",
    [
        pytest.param(bar_plot([], title="Builds"), id="no-bars"),
        pytest.param(line_plot([], title="Size", description="", unit="MB"), id="no-lines"),
        pytest.param(timeline_plot([], title="Releases", description=""), id="no-lanes"),
        pytest.param(
            line_plot([Line("win32", [])], title="Size", description="", unit="MB"), id="no-points"
        ),
    ],
)
def test_a_plot_of_nothing_is_still_a_plot(plot: str) -> None:
    assert read(plot).tag == "svg"


@pytest.mark.parametrize(
    "plot",
    [
        bar_plot([Bar(HOSTILE, 1, HOSTILE, HOSTILE)], title=HOSTILE, unit=HOSTILE),
        line_plot(
            [Line(HOSTILE, [(date(2017, 1, 1), 1)])],
            title=HOSTILE,
            description=HOSTILE,
            unit=HOSTILE,
        ),
        legend([Line(HOSTILE, [])]),
        timeline_plot(
            [Lane(HOSTILE, [Event(HOSTILE, date(2017, 1, 1), HOSTILE)])],
            title=HOSTILE,
            description=HOSTILE,
        ),
    ],
)
def test_hostile_texts_are_texts(plot: str) -> None:
    tree = read(plot)
    assert HOSTILE in "".join(tree.itertext())
    assert not list(tree.iter("script"))
    assert "style" not in {name for each in tree.iter() for name in each.attrib}
