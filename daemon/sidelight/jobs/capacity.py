"""How many worker processes this machine bears."""

from __future__ import annotations

import os
from pathlib import Path

PEAK_MIB = 600
"""Memory one worker may need for a large raw file at half size."""

RESERVE_MIB = 2048

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


def sensible_workers(
    *, spare_cores: int = 1, reserve_mib: float = RESERVE_MIB, peak_mib: float = PEAK_MIB
) -> int:
    """Return how many worker processes to use at once, at least one.

    Args:
        spare_cores: Cores left to others.
        reserve_mib: Free memory left to others.
        peak_mib: Memory one worker may need.
    """
    by_memory = int((free_mib() - reserve_mib) // peak_mib)
    return max(1, min(usable_cores() - spare_cores, by_memory))


def usable_cores() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_mib() -> float:
    """Return the memory that can be had without swapping, within the limit of a container."""
    import psutil

    free = float(psutil.virtual_memory().available)
    return min([free, *_free_in_cgroups()]) / 2**20


def _free_in_cgroups() -> list[float]:
    """Return the free bytes of every Linux control group with a limit that holds this process."""
    try:
        lines = _OWN_CGROUP.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    own = next((line[4:] for line in lines if line.startswith("0::/")), None)
    if own is None:
        return []
    found = []
    for group in (_CGROUPS / own, *(_CGROUPS / own).parents):
        try:
            limit = (group / "memory.max").read_text(encoding="ascii")
            used = (group / "memory.current").read_text(encoding="ascii")
            found.append(max(0.0, float(limit) - float(used)))
        except (OSError, ValueError):  # no such file, or the word "max"
            pass
        if group == _CGROUPS:
            break
    return found
