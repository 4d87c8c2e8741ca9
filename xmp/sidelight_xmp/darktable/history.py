"""darktable's history of one photo, and how an edit of ours goes into it.

Of the user's history only what is independent of tone and colour is kept (`KEPT`); see
`with_edit` for the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sidelight_xmp.darktable import iop_order
from sidelight_xmp.darktable.blend import uses_drawn_mask
from sidelight_xmp.darktable.iop_order import Order, Placement
from sidelight_xmp.darktable.operations import OPERATIONS, encode, modversion
from sidelight_xmp.properties import Value

GEOMETRY: Final = frozenset(
    [
        "crop",
        "flip",
        "ashift",
        "clipping",
        "rotatepixels",
        "scalepixels",
        "lens",
        "liquify",
        "enlargecanvas",
    ]
)
REPAIR: Final = frozenset(["retouch", "spots"])
NOISE: Final = frozenset(
    [
        "denoiseprofile",
        "rawdenoise",
        "hotpixels",
        "cacorrect",
        "cacorrectrgb",
        "bilateral",
        "nlmeans",
        "defringe",
        "demosaic",
    ]
)
FINISH: Final = frozenset(
    ["sharpen", "grain", "borders", "watermark", "censorize", "overlay", "dither"]
)
USER_WINS: Final = frozenset({"highlights"})
"""Operations whose entry of the user's takes the place of ours, where there is one."""

KEPT: Final = GEOMETRY | REPAIR | NOISE | FINISH | USER_WINS

AUTO_APPLIED: Final = frozenset(
    [
        "rawprepare",
        "demosaic",
        "colorin",
        "colorout",
        "gamma",
        "temperature",
        "highlights",
        "flip",
        "exposure",
        "filmicrgb",
        "sigmoid",
        "agx",
        "basecurve",
        "channelmixerrgb",
        "sharpen",
        "finalscale",
    ]
)
"""Operations darktable itself adds to a photo nobody has edited (any workflow, 4.2 to 5.4)."""

_WORKFLOW_EXPOSURE: Final[dict[str, Any]] = {
    "black": -0.000244140625,
    "exposure": 0.7,
    "compensate_exposure_bias": True,
}
_UNTOUCHED: Final[dict[str, tuple[Mapping[str, Any], ...]]] = {
    "exposure": ({}, {"compensate_exposure_bias": True}, _WORKFLOW_EXPOSURE),
    "highlights": ({},),
    "sigmoid": ({},),
}


@dataclass(frozen=True)
class HistoryEntry:
    """One edit: an operation, the bytes of its settings and how it is blended.

    `params_text` and `blendop_params` are verbatim texts of a sidecar, `extra` the entry's
    other properties by name; all three are written back as they are.
    """

    operation: str
    enabled: bool
    modversion: int
    params: bytes
    multi_name: str = ""
    multi_priority: int = 0
    blendop_version: int | None = None
    blendop_params: str | None = None
    num: int = 0
    params_text: str | None = field(default=None, compare=False)
    extra: tuple[tuple[str, Value], ...] = ()

    @classmethod
    def from_values(
        cls,
        operation: str,
        values: Mapping[str, Any],
        *,
        multi_name: str = "",
        multi_priority: int = 0,
        enabled: bool = True,
    ) -> HistoryEntry:
        """Make an entry from values by field name, defaults for the others.

        Raises InvalidValueError, naming the field, for what does not fit.
        """
        return cls(
            operation,
            enabled,
            modversion(operation),
            encode(operation, values),
            multi_name,
            multi_priority,
        )

    @property
    def instance(self) -> tuple[str, int]:
        """Which module of the pipe the entry sets: operation and multi_priority."""
        return self.operation, self.multi_priority


@dataclass(frozen=True)
class MaskEntry:
    """One drawn shape of `masks_history`: it belongs to the history entry `num`."""

    num: int
    fields: tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class History:
    """A photo's history; the first `history_end` entries are active.

    `iop_order` is the pipe's order where the sidecar lists it: always for version 0 (custom),
    for a built-in version where darktable only added second instances.
    """

    entries: tuple[HistoryEntry, ...]
    history_end: int
    iop_order_version: int = iop_order.V30_RAW
    iop_order: Order = ()
    masks: tuple[MaskEntry, ...] = ()
    auto_presets_applied: bool = True
    basic_hash: str | None = None
    auto_hash: str | None = None
    current_hash: str | None = None

    @property
    def active(self) -> tuple[HistoryEntry, ...]:
        """The entries that take effect; what follows them is darktable's redo."""
        return self.entries[: max(self.history_end, 0)]


def effective(history: History) -> tuple[HistoryEntry, ...]:
    """The last active entry of every operation and instance, in history order."""
    last = {entry.instance: index for index, entry in enumerate(history.active)}
    return tuple(history.active[index] for index in sorted(last.values()))


def has_edit(history: History | None) -> bool:
    """Whether somebody edited the photo: more than darktable adds to every photo by itself.

    darktable's own hashes decide where a sidecar has them (they know the user's automatic
    presets); without them every entry must be one of `AUTO_APPLIED` with untouched settings.
    """
    if history is None or not history.active:
        return False
    untouched = {history.auto_hash, history.basic_hash} - {None}
    if history.current_hash is not None and untouched:
        return history.current_hash not in untouched
    seen: dict[tuple[str, int], bytes] = {}
    for entry in history.active:
        if _is_edit(entry) or seen.setdefault(entry.instance, entry.params) != entry.params:
            return True
    return False


def _is_edit(entry: HistoryEntry) -> bool:
    if entry.operation not in AUTO_APPLIED:
        return entry.enabled
    if not entry.enabled or entry.multi_priority:
        return True
    known = _UNTOUCHED.get(entry.operation)
    if known is None or OPERATIONS[entry.operation].modversion != entry.modversion:
        return False
    return entry.params not in [encode(entry.operation, values) for values in known]


def with_edit(
    existing: History | None,
    ours: Sequence[HistoryEntry],
    *,
    placements: Sequence[Placement] = (),
    order_version: int | None = None,
) -> History:
    """Put our entries behind those of the user's that stay.

    Kept, with their blending and masks: the operations of `KEPT` (geometry, lens, repair,
    noise and detail, frames) that ours does not set, switched off ones too. The user's
    `highlights` entry takes the place of ours. All else is left out: another tone mapper
    (filmicrgb, basecurve, filmic, agx ...) would map tones a second time, colour and tone
    operations would act on a picture that was predicted without them, and darktable inserts
    rawprepare, colorin and colorout with the camera's defaults. Inactive entries (redo) go.

    `placements` put second instances of ours into the pipe; one without a placement follows
    the last instance of its operation. `order_version` overrides the choice between the v3.0
    RAW and JPEG orders, which else follows the existing one. The same call with its own
    result as `existing` gives the same history.

    Raises InvalidValueError when a placement is impossible.
    """
    users = effective(existing) if existing is not None else ()
    ours_set = {entry.operation for entry in ours}
    kept = [entry for entry in users if entry.operation in KEPT - ours_set]
    winning = {entry.instance: entry for entry in users if entry.operation in USER_WINS}
    chosen = [*kept, *(winning.get(entry.instance, entry) for entry in ours)]
    entries = tuple(replace(entry, num=num) for num, entry in enumerate(chosen))
    version, order = _order(existing, entries, placements, order_version)
    custom = order != iop_order.order_of(version)
    return History(
        entries,
        history_end=len(entries),
        iop_order_version=iop_order.CUSTOM if custom else version,
        iop_order=order if custom else (),
        masks=_masks(existing, entries),
    )


def _order(
    existing: History | None,
    entries: Sequence[HistoryEntry],
    placements: Sequence[Placement],
    order_version: int | None,
) -> tuple[int, Order]:
    users_order = existing.iop_order if existing is not None else ()
    version = order_version
    if version is None:
        found = existing.iop_order_version if existing is not None else None
        version = iop_order.base_order(found, users_order)
    order = iop_order.order_of(version)
    instances = [entry.instance for entry in entries]
    if users_order:
        kept = {instance for instance in instances if instance[0] in KEPT}
        order = iop_order.adopt(order, users_order, kept)
    order = iop_order.place(order, placements)
    return version, iop_order.with_instances(order, instances)


def masks_in_force(history: History, entries: Sequence[HistoryEntry]) -> tuple[MaskEntry, ...]:
    """The drawn shapes that take effect; none where no entry uses one.

    darktable stores all shapes anew with every history entry that changed one; the last
    active set is the one in force.
    """
    if not _mask_users(entries):
        return ()
    active = [mask for mask in history.masks if mask.num < history.history_end]
    newest = max((mask.num for mask in active), default=None)
    return tuple(mask for mask in active if mask.num == newest)


def _mask_users(entries: Sequence[HistoryEntry]) -> list[int]:
    return [
        entry.num
        for entry in entries
        if uses_drawn_mask(entry.blendop_version, entry.blendop_params)
    ]


def _masks(existing: History | None, entries: Sequence[HistoryEntry]) -> tuple[MaskEntry, ...]:
    """The shapes in force, moved to the last entry that needs them."""
    if existing is None:
        return ()
    users = _mask_users(entries)
    return tuple(replace(mask, num=users[-1]) for mask in masks_in_force(existing, entries))
