"""Wakeups between the processes of one machine."""

import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from kinto_buildhub.search.follow.wakeups import Wakeups

ARRIVES_WITHIN_SECONDS = 10


@pytest.fixture
def port_file(tmp_path: Path) -> Path:
    """Where the writing process leaves its port."""
    return tmp_path / "writer.port"


@pytest.fixture
def writer(port_file: Path) -> Iterator[Wakeups]:
    """The writing process's end."""
    wakeups = Wakeups(port_file)
    wakeups.receive_all()
    yield wakeups
    wakeups.close()


@pytest.fixture
def other(port_file: Path) -> Iterator[Wakeups]:
    """Another process's end."""
    wakeups = Wakeups(port_file)
    yield wakeups
    wakeups.close()


def test_a_message_reaches_the_writing_process(writer: Wakeups, other: Wakeups) -> None:
    other.send({"changed": ["a", "b"]})
    assert writer.receive(ARRIVES_WITHIN_SECONDS) == [{"changed": ["a", "b"]}]
    assert other.receive(0) == []


def test_messages_reach_a_new_writing_process(writer: Wakeups, other: Wakeups) -> None:
    other.receive_all()
    writer.send({"flushed": True})
    assert other.receive(ARRIVES_WITHIN_SECONDS) == [{"flushed": True}]


def test_what_is_not_a_message_is_ignored(writer: Wakeups, other: Wakeups, port_file: Path) -> None:
    port, secret = port_file.read_text().split(" ")
    deletion = b'{"deleted": ["a", "b"]}'
    guess = secret.encode()[:-1] + b"-"
    contents = [secret.encode() + each for each in (b"\xff", b"[1]", b"{", b"")]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for content in (*contents, b"", deletion, b"0" * 32 + deletion, guess + deletion):
            stranger.sendto(content, ("127.0.0.1", int(port)))
    other.send({"changed": ["a", "b"]})
    received = []
    while not received:
        received = writer.receive(ARRIVES_WITHIN_SECONDS)
    assert received == [{"changed": ["a", "b"]}]


def test_the_secret_is_for_the_servers_user_alone(writer: Wakeups, port_file: Path) -> None:
    assert stat.S_IMODE(port_file.stat().st_mode) == 0o600


def test_sending_without_a_writing_process_is_harmless(other: Wakeups, port_file: Path) -> None:
    port_file.write_text("not a port")
    other.send({"changed": ["a", "b"]})
    assert other.receive(ARRIVES_WITHIN_SECONDS) == [{"changed": ["a", "b"]}]


def test_receiving_ends_when_the_socket_is_closed(port_file: Path) -> None:
    wakeups = Wakeups(port_file)
    wakeups.close()
    assert wakeups.receive(0) == []
