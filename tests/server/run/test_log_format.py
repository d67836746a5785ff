"""What the server logs, as its operator reads it."""

import configparser
import io
import json
import logging
import pydoc
import re
from pathlib import Path

import pytest
from kinto_buildhub.credentials.keys import make_token
from kinto_buildhub.errors import StartError
from kinto_buildhub.run.log_format import LogfmtFormatter, RepeatFilter, apply_to_handlers
from kinto_buildhub.run.log_lines import MozlogFormatter

INI = Path(__file__).parents[3] / "kinto.ini"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def output(clock: Clock) -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def logger(output: io.StringIO, clock: Clock) -> logging.Logger:
    logger = logging.Logger("kinto_buildhub.test")
    handler = logging.StreamHandler(output)
    handler.setFormatter(LogfmtFormatter())
    handler.addFilter(RepeatFilter(clock))
    logger.addHandler(handler)
    return logger


def test_a_line_has_time_level_event_and_fields(
    logger: logging.Logger, output: io.StringIO
) -> None:
    logger.warning("search_index_damaged", extra={"reason": "\x1b[31mbad\nfile"})
    assert re.fullmatch(
        r"timestamp=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z level=warning "
        r"event=search_index_damaged logger=kinto_buildhub.test "
        r'reason="?\\x1b\[31mbad\\nfile"?\n',
        output.getvalue().replace("\\\\", "\\"),
    )


def test_a_token_in_an_address_is_left_out(logger: logging.Logger, output: io.StringIO) -> None:
    token = make_token()
    try:
        raise ValueError(f"Bearer {token}")
    except ValueError:
        logger.exception("GET /v1/?token=%s", token, extra={"querystring": {"token": token}})
    assert output.getvalue().count("bh_…") == 3
    assert token[3:20] not in output.getvalue()


def test_a_message_without_text_is_named_by_its_logger(
    logger: logging.Logger, output: io.StringIO
) -> None:
    logger.info("", extra={"path": "/v1/", "code": 200})
    assert " event=kinto_buildhub.test " in output.getvalue()
    assert output.getvalue().endswith("path=/v1/ code=200\n")


def test_placeholders_that_are_not_python_s_do_no_harm(
    logger: logging.Logger, output: io.StringIO
) -> None:
    logger.error("SELECT %(id)s, %s", "x")
    assert "SELECT" in output.getvalue()


# Messages, and how many lines of the first 30 seconds are written, of one message a second.
REPEATS = [
    pytest.param(lambda n: ("search_follower_failed", {"reason": f"after {n}"}), 1, id="a-failure"),
    pytest.param(lambda n: (f"Node has failed for {n} times in a row", {}), 1, id="a-library-s"),
    pytest.param(lambda n: ("record_not_indexable", {"id": n}), 30, id="different-records"),
]


@pytest.mark.parametrize(("message", "count"), REPEATS)
def test_what_lasts_is_a_line_a_minute(
    message, count: int, logger: logging.Logger, output: io.StringIO, clock: Clock
) -> None:
    for second in range(30):
        clock.now = second
        event, extra = message(second)
        logger.warning(event, extra=extra)
    assert output.getvalue().count("\n") == count
    clock.now = 61
    event, extra = message(61)
    logger.warning(event, extra=extra)
    assert output.getvalue().count("\n") == count + 1
    assert ("repeated=29" in output.getvalue()) == (count == 1)


def test_the_access_log_is_never_held_back(logger: logging.Logger, output: io.StringIO) -> None:
    for _ in range(5):
        logger.info("", extra={"path": "/v1/", "code": 200})
    assert output.getvalue().count("\n") == 5


def test_the_settings_file_uses_it() -> None:
    sections = configparser.RawConfigParser()
    sections.read(INI)
    formatter = sections.get("formatter_logfmt", "class")
    assert pydoc.locate(formatter) is LogfmtFormatter


def test_log_level_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "loud")
    with pytest.raises(StartError, match="LOG_LEVEL: 'LOUD'"):
        apply_to_handlers()


@pytest.fixture
def json_logger(output: io.StringIO) -> logging.Logger:
    logger = logging.Logger("kinto_buildhub.test")
    logger.addHandler(logging.StreamHandler(output))
    logger.handlers[0].setFormatter(MozlogFormatter())
    return logger


def test_a_line_of_json_has_the_event_its_fields_and_the_traceback(
    json_logger: logging.Logger, output: io.StringIO
) -> None:
    token = make_token()
    try:
        raise ValueError(f"Bearer {token}")
    except ValueError:
        json_logger.exception("search_failed", extra={"path": f"/v1/?token={token}", "msgs": 2})
    (line,) = output.getvalue().splitlines()
    read = json.loads(line)
    assert (read["Type"], read["Severity"]) == ("kinto_buildhub.test", 3)
    fields = read["Fields"]
    assert (fields["msg"], fields["path"], fields["msgs"]) == (
        "search_failed",
        "/v1/?token=bh_…",
        2,
    )
    assert fields["error"] == "ValueError('Bearer bh_…')"
    assert fields["traceback"].startswith("Traceback (most recent call last)")
    assert token[3:20] not in line


@pytest.mark.parametrize(
    ("name", "formatter"), [("json", MozlogFormatter), ("logfmt", LogfmtFormatter), ("", None)]
)
def test_log_format_overrides_the_settings_file(
    name: str, formatter: type[logging.Formatter] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, before = logging.StreamHandler(), logging.Formatter("%(message)s")
    handler.setFormatter(before)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setattr(logging.getLogger("kinto"), "handlers", [handler])
    monkeypatch.setenv("LOG_FORMAT", name)
    apply_to_handlers()
    if formatter is None:
        assert handler.formatter is before
    else:
        assert type(handler.formatter) is formatter


def test_log_format_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_FORMAT", "XML")
    with pytest.raises(StartError, match="LOG_FORMAT: 'xml': expected one of logfmt, json"):
        apply_to_handlers()
