"""The order of darktable's pipe: the two v3.0 orders, and custom ones with second instances.

An order is a tuple of (operation, multi_priority). Its text form is `iop_order_list`; a
sidecar names a built-in order by `iop_order_version`, and darktable lists it only where second
instances were added to it or modules were moved.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from sidelight_xmp.errors import DamagedSidecarError, InvalidValueError

Instance: TypeAlias = tuple[str, int]
Order: TypeAlias = tuple[Instance, ...]

CUSTOM: Final = 0
V30_RAW: Final = 2
V30_JPEG: Final = 3
_V50_RAW: Final = 4
_V50_JPEG: Final = 5
KNOWN: Final = frozenset({V30_RAW, V30_JPEG, _V50_RAW, _V50_JPEG})
"""The built-in orders that have our operations in the same places among one another."""

_RAW_NAMES: Final = """
rawprepare invert temperature highlights cacorrect hotpixels rawdenoise demosaic
denoiseprofile bilateral rotatepixels scalepixels lens cacorrectrgb hazeremoval ashift flip
clipping liquify spots retouch exposure mask_manager tonemap toneequal crop graduatednd
profile_gamma equalizer colorin channelmixerrgb diffuse censorize negadoctor blurs nlmeans
colorchecker defringe atrous lowpass highpass sharpen colortransfer colormapping channelmixer
basicadj colorbalance colorbalancergb rgbcurve rgblevels basecurve filmic sigmoid filmicrgb
lut3d colisa tonecurve levels shadhi zonesystem globaltonemap relight bilat colorcorrection
colorcontrast velvia vibrance colorzones bloom colorize lowlight monochrome grain soften
splittoning vignette colorreconstruct colorout clahe finalscale overexposed rawoverexposed
dither borders watermark gamma
"""


def _jpeg_names() -> list[str]:
    names = [name for name in _RAW_NAMES.split() if name != "colorin"]
    names.insert(names.index("demosaic") + 1, "colorin")
    return names


RAW_ORDER: Final[Order] = tuple((name, 0) for name in _RAW_NAMES.split())
JPEG_ORDER: Final[Order] = tuple((name, 0) for name in _jpeg_names())


@dataclass(frozen=True)
class Placement:
    """Where an instance goes: directly before another operation's first instance."""

    operation: str
    multi_priority: int
    before: str


def base_order(version: int | None, order: Order = ()) -> int:
    """The v3.0 order that belongs to a sidecar's order: `V30_JPEG` for the JPEG ones."""
    if version == CUSTOM and order:
        names = [operation for operation, _ in order]
        early = "colorin" in names and "lens" in names
        return V30_JPEG if early and names.index("colorin") < names.index("lens") else V30_RAW
    return V30_JPEG if version in (V30_JPEG, _V50_JPEG) else V30_RAW


def order_of(version: int) -> Order:
    """The built-in order of `V30_RAW` or `V30_JPEG`."""
    return JPEG_ORDER if version == V30_JPEG else RAW_ORDER


def place(order: Order, placements: Sequence[Placement]) -> Order:
    """Insert (or move) instances; raises InvalidValueError when a place does not exist."""
    result = list(order)
    for placement in placements:
        instance = (placement.operation, placement.multi_priority)
        if instance in result:
            result.remove(instance)
        target = (placement.before, 0)
        if target not in result or target == instance or target == RAW_ORDER[0]:
            raise InvalidValueError(f"{placement.operation} cannot go before {placement.before}.")
        result.insert(result.index(target), instance)
    return tuple(result)


def custom_order(placements: Sequence[Placement], version: int = V30_RAW) -> str:
    """The `iop_order_list` of a v3.0 order with further instances; see `place`."""
    return order_to_text(place(order_of(version), placements))


def order_to_text(order: Order) -> str:
    """Encode as `operation,instance,...`; raises InvalidValueError for an impossible order."""
    problem = _problem(order)
    if problem:
        raise InvalidValueError(f"The order of darktable's pipe {problem}.")
    return ",".join(f"{operation},{instance}" for operation, instance in order)


def order_from_text(text: str) -> Order:
    """Decode `iop_order_list`; raises DamagedSidecarError for what darktable would refuse."""
    words = text.split(",")
    try:
        order = tuple((words[i], int(words[i + 1])) for i in range(0, len(words), 2))
    except (IndexError, ValueError) as error:
        raise DamagedSidecarError("The order of darktable's pipe is damaged.") from error
    problem = _problem(order)
    if problem:
        raise DamagedSidecarError(f"The order of darktable's pipe {problem}.")
    return order


def _problem(order: Order) -> str:
    if not order or order[0] != RAW_ORDER[0] or order[-1] != RAW_ORDER[-1]:
        return "does not lead from rawprepare to gamma"
    if len(set(order)) != len(order):
        return "names an instance twice"
    if any(not operation or "," in operation for operation, _ in order):
        return "holds an empty name"
    return ""


def adopt(order: Order, users: Order, kept: Collection[Instance]) -> Order:
    """Give the kept instances the places they have in the user's own order.

    What the user did not move stays where `order` has it: only second instances and moved
    ones are put behind their nearest predecessor. Other instances of the user's are left out.
    """
    known = {instance: index for index, instance in enumerate(order)}
    unmoved = _longest_increasing([item for item in users if item in known], known)
    moved = [item for item in users if item in kept and item not in unmoved]
    result = [item for item in order if item not in moved]
    for item in moved:
        previous = next(
            (one for one in reversed(users[: users.index(item)]) if one in unmoved or one in moved),
            None,
        )
        position = result.index(previous) + 1 if previous in result else 1
        result.insert(position, item)
    return tuple(result)


def with_instances(order: Order, instances: Sequence[Instance]) -> Order:
    """Add what is missing: a further instance directly behind the last one of its operation.

    An operation the order does not know at all (of a newer darktable) is left to darktable.
    """
    result = list(order)
    for operation, priority in instances:
        places = [index for index, item in enumerate(result) if item[0] == operation]
        if (operation, priority) not in result and places:
            result.insert(places[-1] + 1, (operation, priority))
    return tuple(result)


def _longest_increasing(items: Sequence[Instance], rank: dict[Instance, int]) -> set[Instance]:
    """The longest run of items, not necessarily adjacent, whose ranks increase."""
    tails: list[int] = []
    ends: list[int] = []
    previous = [-1] * len(items)
    for index, item in enumerate(items):
        length = bisect_left(tails, rank[item])
        previous[index] = ends[length - 1] if length else -1
        tails[length : length + 1] = [rank[item]]
        ends[length : length + 1] = [index]
    result = set()
    index = ends[-1] if ends else -1
    while index >= 0:
        result.add(items[index])
        index = previous[index]
    return result
