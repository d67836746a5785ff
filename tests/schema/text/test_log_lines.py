"""Log lines of server and jobs."""

import pytest
from buildhub_schema.text.log_lines import format_line
from buildhub_schema.text.printable import escape

TEXTS = [
    ("plain", "plain"),
    ("two\nlines", r"two\nlines"),
    ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
    ("\x9b31m", r"\x9b31m"),
    ("bell\x07 nul\x00 del\x7f", r"bell\x07 nul\x00 del\x7f"),
    ("turned \u202eround", r"turned \u202eround"),
    ("line\u2028separator", r"line\u2028separator"),
    ("日本語 ja-JP-mac", "日本語 ja-JP-mac"),
]


@pytest.mark.parametrize(("text", "escaped"), TEXTS)
def test_escape(text: str, escaped: str) -> None:
    assert escape(text) == escaped


LINES = [
    (
        {"a": 1, "event": "e", "level": "info", "timestamp": "t"},
        "timestamp=t level=info event=e a=1",
    ),
    ({"a": "two words"}, 'a="two words"'),
    ({"a": 'say "x"'}, r'a="say \"x\""'),
    ({"a": "b=c"}, 'a="b=c"'),
    ({"a": ""}, 'a=""'),
    ({"a": None, "b": True}, "a=None b=True"),
    ({"a": "x\nlevel=error"}, r'a="x\\nlevel=error"'),
    ({"a b=": "x"}, "a_b_=x"),
]


@pytest.mark.parametrize(("fields", "line"), LINES)
def test_format_line(fields: dict[str, object], line: str) -> None:
    assert format_line(fields) == line
