"""Which photo is looked at when."""

from __future__ import annotations

import math

from sidelight.config import Config
from sidelight.service.scan import Stamp
from sidelight.service.settle import Settling, WatchTiming

A, B = Stamp(1, 1, 10, 100), Stamp(1, 1, 20, 200)


def test_delays_of_the_configuration() -> None:
    timing = WatchTiming.of(Config(settle_s=3.0, poll_s=7.0))
    assert (timing.settle_s, timing.poll_s, timing.pair_s) == (3.0, 7.0, 15.0)
    assert timing.on(network=True).settle_s == 10.0
    assert timing.on(network=False) == timing


def test_a_photo_is_due_when_it_rested() -> None:
    settling = Settling(2.0)
    settling.note("/a", "x.dng", A, 10.0)
    settling.note("/a", "x.dng", A, 11.0)
    assert settling.next_s == 12.0
    assert list(settling.take_due(11.9)) == []
    (pending,) = settling.take_due(12.0)
    assert (pending.name, pending.since_s) == ("x.dng", 10.0)
    assert (len(settling), settling.next_s) == (0, math.inf)


def test_a_change_begins_anew() -> None:
    settling = Settling(2.0)
    settling.note("/a", "x.dng", A, 10.0)
    settling.note("/a", "x.dng", B, 11.0)
    assert (len(settling), settling.next_s) == (1, 13.0)
    assert list(settling.take_due(12.5)) == []
    assert [pending.stamp for pending in settling.take_due(13.0)] == [B]


def test_a_lone_jpeg_waits_from_its_first_sight() -> None:
    settling = Settling(2.0)
    settling.note("/a", "x.jpg", A, 10.0, wait_s=10.0)
    settling.note("/a", "x.jpg", B, 15.0, wait_s=10.0)
    assert settling.next_s == 20.0
    settling.note("/a", "x.jpg", A, 19.0, wait_s=10.0)
    assert settling.next_s == 21.0


def test_what_is_dropped_is_not_due() -> None:
    settling = Settling(2.0)
    settling.note("/a", "x.dng", A, 10.0)
    settling.note("/a", "y.dng", A, 10.5)
    settling.drop("/a", "x.dng")
    settling.drop("/b", "z.dng")
    assert set(settling.in_folder("/a")) == {"y.dng"}
    assert (len(settling), settling.next_s) == (1, 12.5)


def test_a_caller_may_stop_early_and_put_back() -> None:
    settling = Settling(0.0)
    for number in range(5):
        settling.note("/a", f"{number}.dng", A, float(number))
    first = next(settling.take_due(10.0))
    assert (first.name, len(settling)) == ("0.dng", 4)
    settling.look_again(first, 2.5)
    settling.look_again(first, 1.5)
    assert [each.name for each in settling.take_due(10.0)] == [
        "1.dng", "0.dng", "2.dng", "3.dng", "4.dng",
    ]  # fmt: skip
