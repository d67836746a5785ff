"""The systemd units that `buildhub install-units` prints, as systemd itself sees them."""

import re
import shlex
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import click
import pytest
from buildhub.command import main
from click.testing import CliRunner, Result

from tests.requirements import require

NAMES = [
    *("buildhub-audit.service", "buildhub-audit.timer", "buildhub-listen.service"),
    *("buildhub-walk-full.service", "buildhub-walk-full.timer"),
    *("buildhub-walk.service", "buildhub-walk.timer", "buildhub.service"),
]
SERVICES = [name for name in NAMES if name.endswith(".service")]


def install(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["install-units", *arguments])


def test_all_are_printed_or_one() -> None:
    printed = install()
    assert printed.exit_code == 0
    assert re.findall(r"^# (buildhub.*)$", printed.stdout, re.MULTILINE) == NAMES
    assert install("buildhub.service").stdout.startswith("# buildhub.service\n[Unit]\n")


def test_an_unknown_one_is_refused_with_those_that_there_are() -> None:
    refused = install("buildhub.socket")
    assert refused.exit_code == 2
    assert "buildhub.socket: expected one of buildhub-audit.service, " in refused.stderr


def test_they_are_written_once_and_changes_are_left_alone(tmp_path: Path) -> None:
    first = install("--into", str(tmp_path))
    assert (first.exit_code, first.stdout.count(": written")) == (0, len(NAMES))
    assert sorted(path.name for path in tmp_path.iterdir()) == NAMES
    again = install("--into", str(tmp_path))
    assert (again.exit_code, again.stdout.count(": is there")) == (0, len(NAMES))
    changed = tmp_path / "buildhub.service"
    changed.write_text("mine")
    third = install("--into", str(tmp_path))
    assert third.exit_code == 1
    assert f"{changed}: is different, and was left alone" in third.stderr
    assert changed.read_text() == "mine"
    assert install("--into", str(tmp_path), "--force").exit_code == 0
    assert changed.read_text() != "mine"


@pytest.mark.parametrize("name", NAMES)
def test_systemd_understands_them(name: str, tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    require(verify, "systemd-analyze is not installed")
    install("--into", str(tmp_path))
    for path in tmp_path.iterdir():
        # What this machine has in the place of what they expect.
        text = path.read_text().replace("/opt/buildhub/bin/buildhub", sys.executable)
        text = text.replace("User=buildhub", "User=root").replace("/var/lib/buildhub", "/tmp")  # noqa: S108
        path.write_text(text.replace("EnvironmentFile=", "EnvironmentFile=-"))
    done = subprocess.run(
        [str(verify), "verify", "--man=no", str(tmp_path / name)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert (done.returncode, complaints) == (0, [])


@pytest.mark.parametrize("name", SERVICES)
def test_their_commands_exist_with_these_options(name: str) -> None:
    unit = RawConfigParser(strict=False)
    unit.read_string(install(name).stdout.partition("\n")[2])
    words = shlex.split(unit["Service"]["ExecStart"].replace("%%", "%"))
    if words[:2] == ["/bin/sh", "-c"]:
        words = shlex.split(
            words[2].removeprefix("exec ").replace('"$(date -d "3 weeks ago" +%F)"', "2026-11-01")
        )
    assert words[0] == "/opt/buildhub/bin/buildhub"
    context = click.Context(main)
    command = main.get_command(context, words[1])
    assert command is not None
    command.make_context(words[1], list(words[2:]), resilient_parsing=False)


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".timer")])
def test_each_timer_has_its_service(name: str) -> None:
    assert name.replace(".timer", ".service") in SERVICES
