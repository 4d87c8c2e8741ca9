"""What a worker process may use; tests/daemon/jobs/test_worker.py looks from inside one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sidelight.jobs.limits import Limits


def test_a_larger_file_may_take_longer() -> None:
    limits = Limits()
    assert limits.time_for(0) == 20.0
    assert limits.time_for(100_000_000) == pytest.approx(30.0)
    assert Limits(timeout_s=1.0, timeout_s_per_mb=0.0).time_for(10**9) == 1.0


def test_processor_time_is_ample_unless_given() -> None:
    assert Limits().cpu_for(20.0) == 40.0
    assert Limits(cpu_s=3.0).cpu_for(20.0) == 3.0


CONFINED = """
from sidelight.jobs.limits import Limits, allow_cpu, confine
confine(Limits(memory_mib={memory}), 0)
{code}
"""


def exit_code(code: str, memory: int | None = 512) -> int:
    """Run code in a confined process that has no parent among ours."""
    text = CONFINED.format(memory=memory, code=code)
    return subprocess.run([sys.executable, "-c", text], timeout=60).returncode


def test_a_confined_process_is_silent() -> None:
    text = CONFINED.format(memory=None, code="print('loud', flush=True); import sys; sys.exit(3)")
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (3, b"", b"")


@pytest.mark.skipif(sys.platform != "linux", reason="Linux enforces the memory limit")
def test_memory_above_the_limit_is_refused() -> None:
    code = "import os\ntry:\n    bytearray(1 << 30)\nexcept MemoryError:\n    os._exit(9)"
    assert exit_code(code) == 9
    assert exit_code(code, memory=None) == 0


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX systems")
def test_processor_time_above_the_limit_ends_the_process() -> None:
    import signal

    assert exit_code("allow_cpu(0.5)\nwhile True:\n    pass") == -signal.SIGXCPU


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX systems")
def test_the_allowance_of_processor_time_is_renewed() -> None:
    code = (
        "import time\nfor _ in range(3):\n    allow_cpu(1.0)\n    until = time.process_time() + 1"
    )
    assert exit_code(f"{code}\n    while time.process_time() < until:\n        pass") == 0
