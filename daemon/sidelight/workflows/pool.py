"""Photos in several processes: one that crashes or hangs its process fails alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sidelight.workflows.result import sentence

Answer = TypeVar("Answer")

PEAK_MIB = 600
"""Memory one process may need for a large raw file at half size."""

RESERVE_MIB = 1024
_FIRST_MULTIPLE = 4
_PHOTOS_PER_PROCESS = 200
_BASE_TIMEOUT_S = 120.0
_TIMEOUT_S_PER_MB = 0.5
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def sensible_workers(photos: int) -> int:
    """Return how many processes to use: one for a few photos, else by cores and free memory."""
    if photos < _FIRST_MULTIPLE:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    limit = min(cores or 1, photos // 2)
    free = _free_mib()
    if free is not None:
        limit = min(limit, int((free - RESERVE_MIB) // PEAK_MIB))
    return max(limit, 1)


def in_processes(
    function: Callable[..., Answer],
    calls: Sequence[tuple[Any, ...]],
    workers: int,
    failed: Callable[[Any, str], Answer],
) -> Iterator[Answer]:
    """Call `function` in fresh processes and yield the answers in order.

    Args:
        function: Importable by name.
        calls: Its arguments; the first one is the photo.
        workers: Processes at once.
        failed: Makes the answer for a call whose process died, hung or raised.
    """
    from multiprocessing import get_context

    from pebble import ProcessPool

    # One thread per process: as many processes as cores are at work already.
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    pool = ProcessPool(
        max_workers=workers, max_tasks=_PHOTOS_PER_PROCESS, context=get_context("spawn")
    )
    try:
        futures = [
            pool.schedule(function, args=call, timeout=_timeout_s(call[0])) for call in calls
        ]
        for call, future in zip(calls, futures, strict=True):
            try:
                yield future.result()
            except TimeoutError:
                yield failed(call, "this photo took too long and was given up")
            except Exception as error:  # whatever a foreign process may raise
                yield failed(call, _why(error))
        pool.close()
    except BaseException:
        pool.stop()
        raise
    finally:
        pool.join()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _why(error: Exception) -> str:
    from pebble import ProcessExpired

    if isinstance(error, ProcessExpired):
        return f"the process that read this photo stopped (exit code {error.exitcode})"
    return sentence(error)


def _timeout_s(photo: Path) -> float:
    try:
        megabytes = photo.stat().st_size / 1e6
    except OSError:
        megabytes = 0.0
    return _BASE_TIMEOUT_S + _TIMEOUT_S_PER_MB * megabytes


def _free_mib() -> float | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 1024
    return None
