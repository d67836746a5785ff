"""Steps that take their time, told of while they run."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def announced(what: str) -> Iterator[None]:
    """Print *what* is going on, and how long it took."""
    print(f"{what} …", end=" ", flush=True)
    start = time.monotonic()
    yield
    print(f"{time.monotonic() - start:.0f} s", flush=True)
