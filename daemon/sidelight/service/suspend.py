"""Whether the computer slept since one last asked."""

from __future__ import annotations

import time
from collections.abc import Callable

SLEPT_S = 2.0
"""What the clock that counts sleep must gain."""

JUMPED_S = 60.0
"""The same for the wall clock, which people and time servers set."""


def _boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)  # type: ignore[attr-defined,unused-ignore]


_HAS_BOOTTIME = hasattr(time, "CLOCK_BOOTTIME")


class Suspend:
    """Compares clocks that stand still while the computer sleeps with one that does not.

    Args:
        awake: A clock that need not count sleep, in seconds.
        always: One that does.
        tolerance_s: What they may differ by in between.
    """

    def __init__(
        self,
        awake: Callable[[], float] = time.monotonic,
        always: Callable[[], float] = _boottime if _HAS_BOOTTIME else time.time,
        tolerance_s: float = SLEPT_S if _HAS_BOOTTIME else JUMPED_S,
    ) -> None:
        self._awake = awake
        self._always = always
        self._tolerance_s = tolerance_s
        self._offset = always() - awake()

    def happened(self) -> bool:
        """Whether the clocks drifted apart since the last call."""
        before, self._offset = self._offset, self._always() - self._awake()
        return abs(self._offset - before) > self._tolerance_s
