"""Steps of a benchmark, printed as they run."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def timed_step(name: str) -> Iterator[None]:
    """Print *name*, run the step, and print how many seconds it took."""
    print(f"{name} …", end=" ", flush=True)
    start = time.monotonic()
    yield
    print(f"{time.monotonic() - start:.0f} s", flush=True)
