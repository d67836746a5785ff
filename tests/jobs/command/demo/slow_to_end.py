"""A program that takes its time to end; prints its process ID."""

import os
import signal
import sys
import time

_SECONDS_TO_END = 1.0


def _main() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    try:
        signal.pause()
    except KeyboardInterrupt:
        time.sleep(_SECONDS_TO_END)


if __name__ == "__main__":
    _main()
