"""What a worker process may use, and how a process gives up the rest."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass

_SET_PARENT_DEATH_SIGNAL = 1
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")

ENFORCES_MEMORY = sys.platform == "linux"
"""Whether the system refuses memory above a limit; elsewhere the resident size is watched."""


@dataclass(frozen=True)
class Limits:
    """What one photo may cost.

    Attributes:
        memory_mib: Address space of the process, or None for no limit. Libraries take part of
            it: about 0.5 GiB before the first photo.
        cpu_s: Processor time of one call; None allows twice its time limit.
        files: Files open at once.
        timeout_s: Time limit of a call, see `time_for`.
        timeout_s_per_mb: Added for each megabyte of the photo's file.
    """

    memory_mib: int | None = 4096
    cpu_s: float | None = None
    files: int = 64
    timeout_s: float = 20.0
    timeout_s_per_mb: float = 0.1

    def time_for(self, size_bytes: int) -> float:
        """Return the time limit, in seconds, for a file of this size."""
        return self.timeout_s + self.timeout_s_per_mb * size_bytes / 1e6

    def cpu_for(self, timeout_s: float) -> float:
        """Return the processor time, in seconds, of a call with this time limit."""
        return 2.0 * timeout_s if self.cpu_s is None else self.cpu_s


def confine(limits: Limits, nice: int) -> None:
    """Limit this process for the rest of its life; call first of all in a worker.

    Its standard streams lead nowhere, it is deaf to Ctrl-C, leads a process group of its own and
    dies with its parent. What a system does not offer is left out.
    """
    # One thread per process: as many processes as cores are at work already.
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    _silence()
    if hasattr(os, "setsid"):
        with suppress(OSError):
            os.setsid()
    _die_with_parent()
    _be_nice(nice)
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_NOFILE", limits.files)
    if limits.memory_mib is not None and ENFORCES_MEMORY:
        _limit("RLIMIT_AS", limits.memory_mib << 20)


def allow_cpu(seconds: float) -> None:
    """Let this process use so much more processor time before the system ends it."""
    try:
        import resource
    except ImportError:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(usage.ru_utime + usage.ru_stime + seconds) + 1
    with suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        if hard == resource.RLIM_INFINITY or allowed < hard:
            resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))


def _limit(name: str, value: int) -> None:
    try:
        import resource
    except ImportError:
        return
    with suppress(OSError, ValueError):
        kind = getattr(resource, name)
        _, hard = resource.getrlimit(kind)
        top = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (top, top))


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    if nowhere > 2:
        os.close(nowhere)


def _be_nice(nice: int) -> None:
    if nice <= 0:
        return
    import psutil

    own = psutil.Process()
    with suppress(psutil.Error, OSError, AttributeError, ValueError):
        if hasattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS"):
            own.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            os.nice(nice)
        if hasattr(psutil, "IOPRIO_CLASS_IDLE"):
            own.ionice(psutil.IOPRIO_CLASS_IDLE)


def _die_with_parent() -> None:
    """End this process when its parent is gone, even by SIGKILL, and whatever it is doing."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is None:
        return
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent.pid:
            os._exit(1)
    watch = threading.Thread(target=_outlive, args=(parent.sentinel,), daemon=True)
    watch.start()


def _outlive(sentinel: int) -> None:
    from multiprocessing.connection import wait

    wait([sentinel])
    if hasattr(os, "killpg"):
        with suppress(OSError):
            os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)
