"""Whether the computer slept."""

from __future__ import annotations

from sidelight.service.suspend import Suspend


def test_sleep_is_noticed_once() -> None:
    awake, always = [100.0], [500.0]
    suspend = Suspend(lambda: awake[0], lambda: always[0], tolerance_s=2.0)
    assert not suspend.happened()
    awake[0] += 5
    always[0] += 5.5
    assert not suspend.happened()
    always[0] += 3600
    assert suspend.happened()
    assert not suspend.happened()
    always[0] -= 3600  # somebody set the clock back
    assert suspend.happened()


def test_the_clocks_of_this_system() -> None:
    assert not Suspend().happened()
