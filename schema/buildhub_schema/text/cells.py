"""Cells of tables that somebody opens in a spreadsheet."""

import unicodedata

# A spreadsheet takes a cell that begins with one of these for a formula, whatever width they have.
_FORMULA = frozenset("=+-@")
# Unicode's categories of what it may drop before it looks: spaces, control and format characters.
_UNSEEN = frozenset(("Zs", "Zl", "Zp", "Cc", "Cf"))


def safe_cell(value: object) -> object:
    """Return a value that no spreadsheet runs: what looks like a formula begins with a quote."""
    if not isinstance(value, str):
        return value
    first = next((each for each in value if unicodedata.category(each) not in _UNSEEN), "")
    is_formula = unicodedata.normalize("NFKC", first)[:1] in _FORMULA
    return f"'{value}" if is_formula or value.startswith(("\t", "\r", "\n")) else value
