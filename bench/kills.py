"""Crash safety: kill processes in the middle of loads, and check that nothing is lost.

Usage: python -m bench.kills [--rounds 30] [--minutes 60] [--victims job server postgresql]

Each round loads the sample archive into its own collection, and kills one victim after a number of
acknowledged records that follows from the number of the round. Then every acknowledged record must
be stored with its content, and after a second load the collection must equal one that was loaded
without kills. At the end the search index must equal the store. The first failure ends the run and
prints the number of its round, which repeats it.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

from buildhub_sample_archive import running_sample_archive

from tests.stand_ins.kills import VICTIMS, Catalogue, kill_and_check


def main() -> None:
    """Run all rounds, and print how long recovery takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30, help="kills of each victim")
    parser.add_argument("--minutes", type=float, default=60, help="start no new round after that")
    parser.add_argument(
        "--victims",
        nargs="+",
        default=list(VICTIMS),
        choices=list(VICTIMS),
        help="what to kill",
    )
    parser.add_argument("--size", default="tiny", help="size of the sample archive")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="buildhub-kills-", ignore_cleanup_errors=True) as folder,
        running_sample_archive(given.size) as archive_url,
    ):
        catalogue = Catalogue(Path(folder), archive_url)
        try:
            _kill_in_turn(catalogue, given)
        finally:
            catalogue.server.interrupt()


def _kill_in_turn(catalogue: Catalogue, given: argparse.Namespace) -> None:
    """Kill the victims in turn, so that each kill follows kills of the others."""
    give_up = time.monotonic() + 60 * given.minutes
    started = time.perf_counter()
    assert catalogue.start_load("undisturbed").wait() == 0
    expected = catalogue.records("undisturbed")
    undisturbed = time.perf_counter() - started
    print(f"{len(expected):,} records, loaded without kills in {undisturbed:.1f} s", flush=True)
    seconds: dict[str, list[float]] = {victim: [] for victim in given.victims}
    for number in range(given.rounds):
        for victim in given.victims:
            if time.monotonic() > give_up:
                break
            started = time.perf_counter()
            kill_and_check(catalogue, expected, victim, number)
            seconds[victim].append(time.perf_counter() - started)
            print(f"{victim} {number}: {seconds[victim][-1]:.1f} s", flush=True)
    for victim, taken in seconds.items():
        ratio = median(taken) / undisturbed
        print(
            f"{victim:12}{len(taken):4} kills, nothing lost; load, kill and second load took "
            f"{ratio:.1f} times a load without kills"
        )


if __name__ == "__main__":
    main()
