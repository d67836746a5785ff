"""The table of counts."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.client_policies.counters import PLACES, ROWS, Counters

WINDOW = 60


class Clock:
    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_a_window_begins_with_the_first_request_and_ends_for_all():
    clock = Clock()
    counters = Counters(None, clock)
    assert counters.hit("a", WINDOW) == (1, 60.0)
    clock.now += 59
    assert counters.hit("a", WINDOW) == (2, 1.0)
    assert counters.hit("b", WINDOW) == (1, 60.0)
    clock.now += 1
    assert counters.hit("a", WINDOW) == (1, 60.0)


def test_a_clock_that_is_set_back_makes_no_window_longer_than_a_day():
    clock = Clock(10**9)
    counters = Counters(None, clock)
    counters.hit("a", WINDOW)
    clock.now -= 10**6
    assert counters.hit("a", WINDOW) == (1, 60.0)


def test_a_window_of_another_length_is_not_forgotten():
    counters = Counters(None, Clock())
    counters.hit("slow", 3600)
    for number in range(2 * ROWS):
        counters.hit(f"quick {number}", 1)
    assert counters.hit("slow", 3600).used == 2


def test_a_million_addresses_do_not_hide_one_that_asks_often():
    counters = Counters(None, Clock())
    for _ in range(5):
        counters.hit("often", WINDOW)
    for number in range(4 * ROWS * PLACES):
        counters.hit(f"address {number}", WINDOW)
    assert counters.hit("often", WINDOW).used == 6


@given(st.lists(st.text(max_size=3)))
def test_each_key_is_counted_for_itself(keys):
    counters = Counters(None, Clock())
    assert [counters.hit(key, WINDOW).used for key in keys] == [
        keys[: place + 1].count(key) for place, key in enumerate(keys)
    ]


COUNTS = """
import sys
from pathlib import Path
from kinto_buildhub.client_policies.counters import Counters
counters = Counters(Path(sys.argv[1]))
for _ in range(1000):
    counters.hit("a", 3600)
"""


def test_processes_count_together(tmp_path):
    path = tmp_path / "rates"
    processes = [subprocess.Popen([sys.executable, "-c", COUNTS, str(path)]) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    # Two that count in the same microsecond may count one.
    assert 1500 < Counters(path).hit("a", 3600).used <= 2001


def test_another_file_is_left_alone(tmp_path):
    (tmp_path / "other").write_text("mine")
    with pytest.raises(FileExistsError, match="something else"):
        Counters(tmp_path / "other")
    assert (tmp_path / "other").read_text() == "mine"
