"""The plots of the page of a product."""

from collections.abc import Callable, Mapping, Sequence

from markupsafe import Markup

from kinto_buildhub.catalog.pages.texts import readable_size
from kinto_buildhub.catalog.plots.lines import Line, legend, line_plot
from kinto_buildhub.catalog.plots.timeline import Event, Lane, timeline_plot
from kinto_buildhub.catalog.searches.product.releases import Release, Size, first_of_majors

VersionLink = Callable[[str, str], str]
"""Returns the address of the page of a product's version."""

# As many as can be told apart; of Firefox that is most of a year.
_MOST_EVENTS = 100
_MOST_LINES = 8
_MEGABYTE = 1e6


def releases_plot(product: str, releases: Sequence[Release], link: VersionLink) -> Markup:
    """Return the newest releases over time, a lane for each channel.

    Args:
        releases: of all channels, the newest one first.
        link: makes the address of each.
    """
    recent = releases[:_MOST_EVENTS]
    channels = dict.fromkeys(release.channel for release in recent)
    majors = {release for channel in channels for release in first_of_majors(releases, channel)}
    lanes = [
        Lane(
            channel,
            [
                Event(each.version, each.day, link(product, each.version), each in majors)
                # In the order of time, which is that of the keyboard, too.
                for each in reversed(recent)
                if each.channel == channel
            ],
        )
        for channel in sorted(channels)
    ]
    oldest, newest = recent[-1], recent[0]
    return timeline_plot(
        lanes,
        title=f"Newest releases of {product}",
        description=f"{len(recent)} releases, from {oldest.version} of {oldest.day} to "
        f"{newest.version} of {newest.day}.",
    )


def sizes_plot(product: str, sizes: Sequence[Size]) -> Markup:
    """Return the size of installers over time, a line for each platform, with its legend.

    Args:
        sizes: oldest first.
    """
    lines = [
        Line(
            platform,
            [
                (each.release.day, each.size_bytes / _MEGABYTE)
                for each in sizes
                if each.platform == platform
            ],
        )
        for platform in plotted_platforms(sizes)
    ]
    plot = line_plot(
        lines,
        title=f"Size of {product}'s installers over time",
        description=_describe(sizes),
        unit="MB",
    )
    return plot + legend(lines)


def plotted_platforms(sizes: Sequence[Size]) -> list[str]:
    """Return the platforms with the most sizes, in alphabetical order."""
    counts: dict[str, int] = {}
    for each in sizes:
        counts[each.platform] = counts.get(each.platform, 0) + 1
    most = sorted(counts, key=lambda platform: (-counts[platform], platform))[:_MOST_LINES]
    return sorted(most)


def sizes_table(sizes: Sequence[Size]) -> list[tuple[Release, Mapping[str, int]]]:
    """Return the sizes of each release in bytes, by platform, the newest release first."""
    rows: dict[Release, dict[str, int]] = {}
    for each in reversed(sizes):
        rows.setdefault(each.release, {})[each.platform] = each.size_bytes
    return list(rows.items())


def _describe(sizes: Sequence[Size]) -> str:
    first, last = sizes[0], sizes[-1]
    return (
        f"From {readable_size(first.size_bytes)} for {first.platform} ({first.release.version}, "
        f"{first.release.day.year}) to {readable_size(last.size_bytes)} for {last.platform} "
        f"({last.release.version}, {last.release.day.year})."
    )
