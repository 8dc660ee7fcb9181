import os
import subprocess
import sys
import time

import pytest

LIGHT = """
import sys
import harness.running.lifeline
heavy = {name.partition(".")[0] for name in sys.modules} & {"numpy", "tabular", "methods", "loky", "torch"}
assert not heavy, heavy
"""
CHILD = """
import os, sys
from harness.running import lifeline
if "thread" in sys.argv:  # where the kernel does not help
    lifeline.sys = type("other", (), {"platform": "darwin"})
lifeline.end_with(int(sys.argv[1]))
print("tied", flush=True)
while True:
    pass
"""
PARENT = """
import subprocess, sys, os, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], str(os.getpid()), sys.argv[2]])
print(child.pid, flush=True)
time.sleep(600)
"""


def test_a_worker_is_tied_before_it_imports_anything_that_takes_long():
    subprocess.run([sys.executable, "-c", LIGHT], check=True)


@pytest.mark.parametrize("way", ["kernel", "thread"])
def test_a_busy_process_ends_with_its_parent(way):
    line = [sys.executable, "-c", PARENT, CHILD, way]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as parent:
        number = int(parent.stdout.readline())
        assert parent.stdout.readline() == "tied\n"
        assert running(number)
        parent.kill()
        end = time.monotonic() + 2
        while running(number) and time.monotonic() < end:
            time.sleep(0.02)
        late = running(number)
        if late:
            os.kill(number, 9)
        assert not late


def test_a_process_whose_parent_is_gone_already_ends_at_once():
    done = subprocess.run([sys.executable, "-c", CHILD, "1", "kernel"], capture_output=True, check=False)
    assert done.returncode == 1 and done.stdout == b""


def running(number: int) -> bool:
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
