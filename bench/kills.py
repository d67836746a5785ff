"""Kill things in the middle of loads, as often as one likes, and see that nothing is lost.

Usage: python -m bench.kills [--rounds 30] [--minutes 60] [--victims job server postgresql]

Each round loads the sample archive into a collection of its own and kills one victim at a moment
that its number decides, by how many records were acknowledged. Afterwards every acknowledged record
must be stored, by content, and after a re-run the collection must be equal to one that was loaded
undisturbed; in the end the search index must be equal to the store. The first thing that is not
ends the run, with the number of the round, which repeats it.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

from buildhub_sample_archive import running_sample_archive

from tests.stand_ins.kills import VICTIMS, Catalogue, play


def main() -> None:
    """Kill, and print what it took to recover."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30, help="kills of each victim")
    parser.add_argument("--minutes", type=float, default=60, help="no new round after that")
    parser.add_argument("--victims", nargs="+", default=list(VICTIMS), choices=list(VICTIMS))
    parser.add_argument("--size", default="tiny", help="of the sample archive")
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
    """Kill one after the other, so that each kill meets what the others have left behind."""
    give_up = time.monotonic() + 60 * given.minutes
    started = time.perf_counter()
    assert catalogue.start_load("undisturbed").wait() == 0
    expected = catalogue.records("undisturbed")
    undisturbed = time.perf_counter() - started
    print(f"{len(expected):,} records, loaded undisturbed in {undisturbed:.1f} s", flush=True)
    seconds: dict[str, list[float]] = {victim: [] for victim in given.victims}
    for number in range(given.rounds):
        for victim in given.victims:
            if time.monotonic() > give_up:
                break
            started = time.perf_counter()
            play(catalogue, expected, victim, number)
            seconds[victim].append(time.perf_counter() - started)
            print(f"{victim} {number}: {seconds[victim][-1]:.1f} s", flush=True)
    for victim, taken in seconds.items():
        ratio = median(taken) / undisturbed
        print(
            f"{victim:12}{len(taken):4} kills, nothing lost; load, kill and re-run took "
            f"{ratio:.1f} times an undisturbed load"
        )


if __name__ == "__main__":
    main()
