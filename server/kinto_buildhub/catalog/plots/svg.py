"""Elements as markup, in which every text and attribute is escaped."""

from collections.abc import Iterable

from markupsafe import Markup, escape


def element(name: str, *children: str, **attributes: object) -> Markup:
    """Return an element.

    Args:
        name: of the element.
        children: `Markup` as it is, text escaped.
        attributes: ``class_`` is ``class``, ``stroke_width`` is ``stroke-width``. None leaves one
            out; numbers are written with two decimals at most.
    """
    # Not Markup.format: names of elements and attributes are ours, and this is called for every
    # bar and tick.
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{written}>{join(children)}</{name}>")  # noqa: S704 - all is escaped.


def join(parts: Iterable[str]) -> Markup:
    """Return all parts as one; those that are not `Markup` are escaped."""
    return Markup("").join(parts)


def percent(share: float) -> str:
    """Return a share of the width or the height, from 0 to 1, as SVG has it."""
    return f"{_text(share * 100)}%"


def _text(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
