"""Which photos belong together: consecutive in time, of one camera, alike in look and light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sidelight.engines.series_alignment import Match, align
from sidelight.engines.series_member import Member

FIRST_GAP_S = 60.0
"""Seconds between the first two photos of a series, at most."""

GAP_RANGE_S = (30.0, 120.0)
"""Limits of what a later gap may be: `GAP_MEDIANS` times the series' own median gap."""

GAP_MEDIANS = 10.0
LIGHT_EV = 1.0
"""Change of light, after what the camera's exposure explains, between photos of one series."""

COLOR_EV = 0.6
"""The same for red and for blue against green."""

RANGE_EV = 4.0
"""Change of light within one series."""

_LOOKED_AT = 3
_PAN_S = 3.0
_LEAST_SHARED = 0.7


@dataclass(eq=False)
class _Open:
    """A series that may still grow; positions in the sorted members."""

    members: list[int]
    times: list[float]
    light: list[float] = field(default_factory=lambda: [0.0])

    def may_reach(self, time_s: float) -> bool:
        gap = time_s - self.times[-1]
        if len(self.times) < 2:
            return gap <= FIRST_GAP_S
        usual = float(np.median(np.diff(self.times)))
        return gap <= min(max(GAP_MEDIANS * usual, GAP_RANGE_S[0]), GAP_RANGE_S[1])


def group(members: Sequence[Member]) -> tuple[tuple[int, ...], ...]:
    """Return the series as positions in `members`, each in order of time, single photos too.

    The order in which members are given does not matter. A photo that stands out, a flash in a
    burst, is a series of its own and does not part the others.
    """
    order = in_time(members)
    done: list[list[int]] = []
    open_: list[_Open] = []
    for position in order:
        member = members[position]
        time_s = member.info.captured_s
        if time_s is None:
            done.append([position])
            continue
        done += [each.members for each in open_ if time_s - each.times[-1] > GAP_RANGE_S[1]]
        open_ = [each for each in open_ if time_s - each.times[-1] <= GAP_RANGE_S[1]]
        fits = [
            (distance, number, light)
            for number, each in enumerate(open_)
            if each.may_reach(time_s)
            for distance, light in [_likeness(each, members, member)]
            if distance is not None
        ]
        if not fits:
            open_.append(_Open([position], [time_s]))
            continue
        _, number, light = min(fits)
        open_[number].members.append(position)
        open_[number].times.append(time_s)
        open_[number].light.append(light)
    done += [each.members for each in open_]
    return tuple(sorted(map(tuple, done), key=lambda each: _key(members[each[0]])))


def in_time(members: Sequence[Member]) -> list[int]:
    """Return the positions in order of time, then name."""
    return sorted(range(len(members)), key=lambda position: _key(members[position]))


def light_change(first: Member, second: Member, match: Match) -> np.ndarray:
    """Return how the light changed from one to the other, in EV: green, red/green, blue/green.

    Where a photo does not say how it was exposed, green stands for nothing and is 0.
    """
    red, green, blue = match.change
    before, after = first.info.ev100, second.info.ev100
    light = 0.0 if before is None or after is None else green + after - before
    return np.array([light, red - green, blue - green])


def _key(member: Member) -> tuple[float, str]:
    time_s = member.info.captured_s
    return (float("-inf") if time_s is None else time_s, member.name)


def _likeness(
    series: _Open, members: Sequence[Member], member: Member
) -> tuple[float | None, float]:
    """Return how far a photo is from a series, None if too far, and its light in that series."""
    best: tuple[float | None, float] = (None, 0.0)
    recent = list(zip(series.members, series.light, strict=True))[-_LOOKED_AT:]
    for position, light in reversed(recent):
        other = members[position]
        if other.camera != member.camera or other.cells.shape != member.cells.shape:
            return None, 0.0
        found = _distance(other, member)
        if found is None:
            continue
        distance, change = found
        if abs(light + change) <= RANGE_EV and (best[0] is None or distance < best[0]):
            best = distance, light + change
    return best


def _distance(first: Member, second: Member) -> tuple[float, float] | None:
    """Return how unlike two photos are and the change of light, None if they do not belong."""
    match = align(first.cells, second.cells)
    if match is not None and match.is_one_place:
        change = light_change(first, second, match)
        if abs(change[0]) > LIGHT_EV or np.abs(change[1:]).max() > COLOR_EV:
            return None
        return match.spread + float(np.abs(change).max()), float(change[0])
    pause_s = abs((second.info.captured_s or 0.0) - (first.info.captured_s or 0.0))
    shared = _shared_tones(first, second) if pause_s <= _PAN_S else 0.0
    return None if shared < _LEAST_SHARED else (2.0 - shared, 0.0)


def _shared_tones(first: Member, second: Member) -> float:
    """Return the mean intersection of histograms of light and colour, 0 to 1.

    It tells photos of one place and light whose framing went along with something moving.
    """
    if first.info.ev100 is None or second.info.ev100 is None:
        return 0.0
    shares = []
    for low, high, bins, values in (
        (-20.0, 30.0, 100, (_tones(first), _tones(second))),
        (-4.0, 4.0, 40, (_colors(first, 0), _colors(second, 0))),
        (-4.0, 4.0, 40, (_colors(first, 2), _colors(second, 2))),
    ):
        counts = [np.histogram(each, bins, (low, high))[0] / max(len(each), 1) for each in values]
        shares.append(float(np.minimum(*counts).sum()))
    return float(np.mean(shares))


def _tones(member: Member) -> np.ndarray:
    green = member.cells[..., 1]
    return green[~np.isnan(green)] + (member.info.ev100 or 0.0)


def _colors(member: Member, channel: int) -> np.ndarray:
    ratio = member.cells[..., channel] - member.cells[..., 1]
    return ratio[~np.isnan(ratio)]
