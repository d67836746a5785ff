"""Log lines as JSON, as programs read them."""

import json
import os
import socket
from pathlib import Path

import pytest
from buildhub_schema.text.mozlog import format_mozlog
from hypothesis import example, given
from hypothesis import strategies as st


def test_a_line_has_the_members_of_the_standard() -> None:
    line = format_mozlog("request.summary", "info", 1_700_000_000_123_456_789, {"code": 200})
    assert json.loads(line) == {
        "Timestamp": 1_700_000_000_123_456_789,
        "Type": "request.summary",
        "Logger": "buildhub",
        "Hostname": socket.gethostname(),
        "EnvVersion": "2.0",
        "Severity": 6,
        "Pid": os.getpid(),
        "Fields": {"code": 200},
    }


@pytest.mark.parametrize(
    ("level", "severity"),
    [("critical", 2), ("error", 3), ("warning", 4), ("info", 6), ("debug", 7), ("notice", 7)],
)
def test_severities_are_those_of_syslog(level: str, severity: int) -> None:
    assert json.loads(format_mozlog("x", level, 0, {}))["Severity"] == severity


def test_what_is_no_json_is_described() -> None:
    fields = json.loads(format_mozlog("x", "info", 0, {"path": Path("/a"), "n": [1, None]}))
    assert fields["Fields"] == {"path": repr(Path("/a")), "n": [1, None]}


@given(st.dictionaries(st.text(), st.text()))
@example({"reason": "\x7f\x1b[31m\n\u2028"})
def test_a_line_stays_one_printable_line_and_loses_nothing(fields: dict[str, str]) -> None:
    line = format_mozlog("x", "info", 0, fields)
    assert all(" " <= character <= "~" for character in line)
    assert json.loads(line)["Fields"] == fields
