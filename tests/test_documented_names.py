"""What the documentation names exists: log events, benchmarks, files, counts."""

import re
from pathlib import Path

import pytest
from buildhub.command import main

from tests.documented import DOCS

ROOT = DOCS.parent
PAGES = [
    ROOT / "README.rst",
    *(path for path in DOCS.rglob("*.rst") if not {"_build", "_generated"} & {*path.parts}),
]


def read(page: str) -> str:
    return (DOCS / page).read_text()


def source() -> str:
    files = [*(ROOT / "jobs").rglob("*.py"), *(ROOT / "server").rglob("*.py")]
    return "\n".join(path.read_text() for path in files)


def test_each_log_event_to_watch_is_logged_somewhere():
    events = re.findall(r"(?m)^``(\w+_\w+)`` ", read("how-to/monitor.rst"))
    code = source()
    assert events
    assert [event for event in events if f'"{event}"' not in code] == []


@pytest.mark.parametrize("page", ["how-to/load.rst", "how-to/walk.rst", "how-to/audit.rst"])
def test_each_reason_that_is_explained_is_given_somewhere(page: str):
    terms = re.findall(r"(?m)^(``[a-z]+-[a-z-]+``(?:, ``[a-z]+-[a-z-]+``)*)$", read(page))
    reasons = re.findall(r"[a-z-]+", " ".join(terms))
    code = source()
    assert reasons
    assert [reason for reason in reasons if f'"{reason}"' not in code] == []


def test_each_count_of_a_last_line_is_explained():
    summary = (ROOT / "jobs" / "buildhub" / "counts" / "summary.py").read_text()
    counts = {*re.findall(r'f"(\w+) \{', summary)} - {"skipped"}
    explained = {*re.findall(r"(?m)^``(\w+)`` ", read("how-to/monitor.rst"))}
    assert {"read", "created", "seconds"} <= counts <= explained


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_benchmark_is_called_in_its_environment_and_exists(page: Path):
    text = page.read_text()
    called = re.findall(r"(\S*)python -m bench\.(\w+)", text)
    assert [name for _, name in called if not (ROOT / "bench" / f"{name}.py").exists()] == []
    assert {folder.strip("`$ ") for folder, _ in called} <= {".venv/bin/"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_option_of_a_command_exists(page: Path):
    for name, arguments in re.findall(r"\bbuildhub ([a-z-]+)((?: [^\n|>`]*)?)", page.read_text()):
        command = main.commands.get(name)
        if command is None:
            continue  # It is prose.
        known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        assert {*re.findall(r"(?<=\s)--[a-z-]+", arguments)} <= known | {"--help"}, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_option_of_a_benchmark_exists(page: Path):
    for name, arguments in re.findall(r"python -m bench\.(\w+)([^\n`]*)", page.read_text()):
        code = (ROOT / "bench" / f"{name}.py").read_text()
        missing = [each for each in re.findall(r"--[a-z-]+", arguments) if f'"{each}"' not in code]
        assert not missing, name


@pytest.mark.parametrize("package", ["jobs/buildhub", "server/kinto_buildhub"])
def test_the_code_map_names_what_there_is(package: str):
    table = read("contribute.rst").partition(f"In ``{package}``:")[2].partition("\n\n``tests/``")[0]
    named = {*re.findall(r"(?m)^``(\w+)/``", table.partition("\nIn ")[0])}
    assert named == {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}


def test_the_files_that_contributors_are_sent_to_exist():
    named = re.findall(r"``([\w/]+\.(?:py|txt))``", read("contribute.rst"))
    roots = (ROOT, ROOT / "jobs" / "buildhub", ROOT / "server" / "kinto_buildhub")
    assert named
    assert [name for name in named if not any((root / name).exists() for root in roots)] == []
