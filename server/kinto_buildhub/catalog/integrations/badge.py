"""Badges: two words side by side as SVG, what it is about and its value. A pure function."""

from markupsafe import Markup

from kinto_buildhub.catalog.plots.svg import element, join
from kinto_buildhub.catalog.responses.xml_text import allowed_text

GREEN, GREY = "#17693a", "#5c6670"

_LABEL_COLOUR = "#1b2026"
_HEIGHT_PX, _FONT_PX, _PADDING_PX = 20, 11, 6
_MAX_CHARACTERS = 40

# Widths of Verdana's characters, as a part of the font size; of those that look about the same.
# Other fonts are stretched or squeezed to the same width by `textLength`.
_WIDTHS = {
    character: width
    for width, characters in (
        (0.29, "ijl'|"),
        (0.38, " .,ft"),
        (0.45, "rI!-/():;[]J"),
        (0.53, "csz?"),
        (0.60, "vxyk"),
        (0.635, "0123456789abdeghnopqu_*$LFTYEP"),
        (0.70, "ABCKRSVXZ"),
        (0.80, "DGHNOQUw+=<>~#"),
        (0.85, "M"),
    )
    for character in characters
}
_WIDEST = 1.0


def draw_badge(label: str, value: str, colour: str = GREEN) -> Markup:
    """Return a badge as an SVG document; its title is read out by screen readers."""
    label, value = _shorten(label), _shorten(value)
    left, right = (text_width_px(text) + 2 * _PADDING_PX for text in (label, value))
    title = f"{label}: {value}"
    return element(
        "svg",
        element("title", title),
        _part(0.0, left, label, _LABEL_COLOUR),
        _part(left, right, value, colour),
        xmlns="http://www.w3.org/2000/svg",
        width=left + right,
        height=_HEIGHT_PX,
        role="img",
        aria_label=title,
    )


def text_width_px(text: str) -> float:
    """Return about the width of a text, as the badge's font has it."""
    return round(sum(_WIDTHS.get(character, _WIDEST) for character in text) * _FONT_PX, 1)


def _part(x: float, width: float, text: str, colour: str) -> Markup:
    return join(
        (
            element("rect", x=x, width=width, height=_HEIGHT_PX, fill=colour),
            element(
                "text",
                text,
                x=x + _PADDING_PX,
                y=14,
                fill="#fff",
                font_family="Verdana,DejaVu Sans,Geneva,sans-serif",
                font_size=_FONT_PX,
                textLength=text_width_px(text),
            ),
        )
    )


def _shorten(text: str) -> str:
    text = allowed_text(text)
    return text if len(text) <= _MAX_CHARACTERS else f"{text[: _MAX_CHARACTERS - 1]}…"
