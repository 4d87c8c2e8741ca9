"""Photos in several processes: one that crashes or hangs its process fails alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sidelight.jobs import capacity
from sidelight.workflows.result import sentence

Answer = TypeVar("Answer")

_RESERVE_MIB = 1024
_FIRST_MULTIPLE = 4
_BASE_TIMEOUT_S = 120.0
_TIMEOUT_S_PER_MB = 0.5
_MEMORY_MIB = 8192


def sensible_workers(photos: int) -> int:
    """Return how many processes to use: one for a few photos, else by cores and free memory."""
    if photos < _FIRST_MULTIPLE:
        return 1
    return min(capacity.sensible_workers(spare_cores=0, reserve_mib=_RESERVE_MIB), photos // 2)


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
    from sidelight.jobs.worker import Limits, WorkerPool

    limits = Limits(_MEMORY_MIB, timeout_s=_BASE_TIMEOUT_S, timeout_s_per_mb=_TIMEOUT_S_PER_MB)
    with WorkerPool(workers, limits=limits) as pool:
        futures = [
            pool.submit(function, *call, timeout_s=limits.time_for(_size_bytes(call[0])))
            for call in calls
        ]
        for call, future in zip(calls, futures, strict=True):
            try:
                yield future.result()
            except Exception as error:  # whatever a foreign process may raise
                yield failed(call, sentence(error))


def _size_bytes(photo: Path) -> int:
    try:
        return photo.stat().st_size
    except OSError:
        return 0
