"""Programs that run beside this one."""

import os
import signal
import subprocess
import sys
import time

import pytest

# Its child takes a second to end, as a server does.
PARENT = """
import signal
from buildhub.command.demo.subprocesses import ENDING_SIGNALS, Children
for number in ENDING_SIGNALS:
    signal.signal(number, signal.default_int_handler)
with Children() as children:
    children.start("child", "tests.jobs.command.demo.slow_to_end", environment={})
    children.wait()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_second_signal_leaves_no_child_behind(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.send_signal(number)
        time.sleep(0.3)
        parent.send_signal(number)
        parent.wait(30)
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
