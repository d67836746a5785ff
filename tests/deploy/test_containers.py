"""The Dockerfile and the compose file: read, checked, and their parts run as processes."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
import requests
import yaml
from buildhub.command import main
from buildhub.settings import SETTINGS as JOB_SETTINGS
from dockerfile_parse import DockerfileParser
from kinto_buildhub.settings import SETTINGS as SERVER_SETTINGS

from tests.stand_ins.programs import free_port

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = {name: each for name, each in COMPOSE["services"].items() if "build" in each}
SECRETS = ("POSTGRES_PASSWORD", "USERID_HMAC_SECRET", "CREDENTIALS_SECRET")


@pytest.fixture(scope="module")
def instructions(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, each with its value."""
    folder = tmp_path_factory.mktemp("dockerfile")
    (folder / "Dockerfile").write_bytes((ROOT / "Dockerfile").read_bytes())
    parser = DockerfileParser(str(folder))
    return [(each["instruction"], each["value"]) for each in parser.structure]


def last_stage(instructions: list[tuple[str, str]]) -> list[tuple[str, str]]:
    starts = [place for place, (name, _) in enumerate(instructions) if name == "FROM"]
    return instructions[starts[-1] :]


def test_the_image_is_as_dockerflow_has_it(instructions: list[tuple[str, str]]) -> None:
    stage = last_stage(instructions)
    values = dict(stage)
    assert values["USER"] == "10001:10001"
    assert values["WORKDIR"] == "/app"
    assert any("/app/version.json" in value for name, value in stage if name == "COPY")
    assert re.search(r"\bPORT=8888\b", values["ENV"])
    assert "__lbheartbeat__" in values["HEALTHCHECK"]
    assert 'environ["PORT"]' in values["HEALTHCHECK"].replace("\\", "")
    assert json.loads(values["CMD"]) == ["buildhub", "serve"]


def test_the_last_stage_is_small_and_has_no_compiler(instructions: list[tuple[str, str]]) -> None:
    stage = last_stage(instructions)
    assert stage[0][1].endswith("-slim")
    assert not any(re.search(r"apt-get|gcc|pip install", value) for _, value in stage)
    assert not any(name == "ADD" for name, _ in instructions)


def test_every_extra_that_is_installed_exists(instructions: list[tuple[str, str]]) -> None:
    [extras] = re.findall(r"pip install [^']*'\.\[(.*?)\]'", " ".join(v for _, v in instructions))
    known = (ROOT / "pyproject.toml").read_text()
    assert all(re.search(rf"^{each} = ", known, re.MULTILINE) for each in extras.split(","))


def test_the_check_of_health_finds_a_dead_server_and_a_live_one(
    instructions: list[tuple[str, str]], live_server: str
) -> None:
    command = dict(last_stage(instructions))["HEALTHCHECK"].partition("CMD ")[2]
    _, *arguments = json.loads(command.replace("\\\n", ""))
    live = re.search(r":([0-9]+)/", live_server)
    assert live
    for port, expected in ((live[1], 0), (str(free_port()), 1)):
        done = subprocess.run(
            [sys.executable, *arguments],
            env={**os.environ, "PORT": port},
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )
        assert done.returncode == expected


def names_of(service: dict[str, Any]) -> set[str]:
    return set(service.get("environment", {}))


def test_every_setting_of_the_services_exists() -> None:
    known = {each.variable for each in JOB_SETTINGS} | {
        f"{each.variable}_FILE" for each in JOB_SETTINGS if each.secret
    }
    known |= {each.variable for each in SERVER_SETTINGS}
    # Kinto's own, and those of `buildhub serve`.
    known |= {f"KINTO_{name}_URL" for name in ("STORAGE", "PERMISSION", "CACHE")}
    known |= {"KINTO_USERID_HMAC_SECRET", "PORT", "HOST", "WORKERS", "BUILDHUB_DATA"}
    for name, service in OURS.items():
        assert names_of(service) <= known, name


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in SECRETS:
        assert f"${{{name}:?set it in .env}}" in text
        assert not re.search(rf"\$\{{{name}(:-|\}})", text)


def test_servers_are_published_on_loopback_alone() -> None:
    published = [port for each in COMPOSE["services"].values() for port in each.get("ports", ())]
    assert published == ["127.0.0.1:8888:8888"]


def words_of(command: list[str]) -> list[list[str]]:
    """Return the commands of BuildHub in a command of a service."""
    text = command[-1] if command[0] == "sh" else " ".join(command)
    return [each.split() for each in re.findall(r"buildhub ([a-z -]+)", text)]


@pytest.mark.parametrize("name", [name for name, each in OURS.items() if "command" in each])
def test_every_command_exists(name: str) -> None:
    found = words_of(OURS[name]["command"])
    assert found
    for words in found:
        command = main.get_command(click.Context(main), words[0])
        assert command is not None
        command.make_context(words[0], words[1:])


class Machine:
    """The services as processes here: same settings, other addresses."""

    def __init__(self, database_url: str, data: Path, archive_url: str) -> None:
        self.port = free_port()
        self._data = data
        self._changes = {
            "ARCHIVE_URL": archive_url,
            "PRODUCT_DETAILS_URL": f"{archive_url}/1.0/",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        self._database_url = database_url

    def environment(self, service: str) -> dict[str, str]:
        """Return the environment of a service."""
        values = {name: self._value(text) for name, text in OURS[service]["environment"].items()}
        plain = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        return plain | values | self._changes

    def run(self, service: str, command: list[str]) -> "subprocess.CompletedProcess[str]":
        """Run a command of a service to its end."""
        return subprocess.run(
            [each.replace("/data", str(self._data)) for each in command],
            env=self.environment(service),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Run the server as the image does."""
        process = subprocess.Popen(["buildhub", "serve"], env=self.environment("server"))
        try:
            give_up = time.monotonic() + 60
            while not self._is_up():
                assert process.poll() is None
                assert time.monotonic() < give_up
                time.sleep(0.2)
            yield
        finally:
            process.terminate()
            process.wait(60)

    def _is_up(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/v1/__lbheartbeat__", timeout=5).ok
        except requests.RequestException:
            return False

    def _value(self, text: str) -> str:
        text = re.sub(r"postgresql://.*@database/buildhub", self._database_url, text)
        text = re.sub(r"\$\{\w+:\?.*?\}", "a secret of this test that is long enough", text)
        text = re.sub(r"\$\{\w+:-(.*?)\}", r"\1", text)
        text = text.replace("http://server:8888", f"http://127.0.0.1:{self.port}")
        text = text.replace("/data", str(self._data)).replace("0.0.0.0", "127.0.0.1")  # noqa: S104
        return str(self.port) if text == "8888" else text


@pytest.mark.timeout(300)
def test_the_services_work_together(
    make_database: Callable[[], str], tmp_path: Path, sample_archive: str
) -> None:
    machine = Machine(make_database(), tmp_path, sample_archive)
    with machine.serving():
        for _ in range(2):  # It may be restarted.
            done = machine.run("setup", OURS["setup"]["command"])
            assert done.returncode == 0, done.stderr
        walked = machine.run("walk", ["buildhub", "walk", "--product", "devedition"])
        assert walked.returncode == 0, walked.stderr
        collection = f"http://127.0.0.1:{machine.port}/v1/buckets/build-hub/collections/releases"
        give_up = time.monotonic() + 60
        found = 0
        while not found and time.monotonic() < give_up:
            answer = requests.get(f"{collection}/_search", params={"size": 0}, timeout=30)
            found = answer.json()["hits"]["total"]["value"] if answer.ok else 0
        assert found > 100
