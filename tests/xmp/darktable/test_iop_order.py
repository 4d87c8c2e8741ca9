"""Built-in orders, second instances and what the user moved."""

from __future__ import annotations

import pytest

from sidelight_xmp.darktable import Placement, history_from_bytes
from sidelight_xmp.darktable.iop_order import (
    JPEG_ORDER,
    RAW_ORDER,
    V30_JPEG,
    V30_RAW,
    adopt,
    base_order,
    custom_order,
    order_from_text,
    order_to_text,
    place,
    with_instances,
)
from sidelight_xmp.errors import DamagedSidecarError, InvalidValueError

# positions of the 86 operations as darktable 4.2.1 counts them
POSITIONS = {
    "rawprepare": 0,
    "temperature": 2,
    "highlights": 3,
    "demosaic": 7,
    "exposure": 21,
    "toneequal": 24,
    "colorin": 29,
    "channelmixerrgb": 30,
    "colorbalancergb": 47,
    "rgbcurve": 48,
    "sigmoid": 52,
    "filmicrgb": 53,
    "lut3d": 54,
    "colorout": 77,
    "gamma": 85,
}


def test_raw_order():
    names = [operation for operation, _ in RAW_ORDER]
    assert len(names) == len(set(names)) == 86
    assert {name: names.index(name) for name in POSITIONS} == POSITIONS


def test_jpeg_order_reads_the_profile_first():
    names = [operation for operation, _ in JPEG_ORDER]
    assert names[names.index("demosaic") + 1] == "colorin"
    assert sorted(names) == sorted(operation for operation, _ in RAW_ORDER)


def test_pq_exposure_and_lut_sandwich_are_those_of_the_reference_sidecars(shared):
    examples = shared / "reference" / "darktable-examples"
    pq = custom_order([Placement("exposure", 1, before="colorout")])
    sandwich = custom_order(
        [
            Placement("exposure", 1, before="lut3d"),
            Placement("exposure", 2, before="colisa"),
        ]
    )
    for name, text in (("05-sigmoid-hdr-pq203", pq), ("11-lut3d-hdr-sandwich", sandwich)):
        assert f'iop_order_list="{text}"' in (examples / f"{name}.xmp").read_text()


def test_text_there_and_back():
    text = order_to_text(RAW_ORDER)
    assert text.startswith("rawprepare,0,invert,0,") and text.endswith(",watermark,0,gamma,0")
    assert order_from_text(text) == RAW_ORDER


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gamma,0",
        "rawprepare,0",
        "rawprepare,0,gamma",
        "rawprepare,0,gamma,x",
        "rawprepare,0,exposure,0,exposure,0,gamma,0",
        "gamma,0,exposure,0,rawprepare,0",
        "rawprepare,0,,0,gamma,0",
    ],
)
def test_damaged_list_is_refused(text):
    with pytest.raises(DamagedSidecarError):
        order_from_text(text)


@pytest.mark.parametrize("before", ["rawprepare", "agx", "exposure"])
def test_impossible_place_is_refused(before):
    with pytest.raises(InvalidValueError, match=f"exposure cannot go before {before}"):
        place(RAW_ORDER, [Placement("exposure", 0, before=before)])


def test_list_that_does_not_end_with_gamma_is_not_written():
    with pytest.raises(InvalidValueError, match="rawprepare to gamma"):
        order_to_text(RAW_ORDER[:-1])


def test_missing_instance_follows_the_last_of_its_operation():
    order = with_instances(RAW_ORDER, [("denoiseprofile", 1), ("denoiseprofile", 2), ("agx", 0)])
    start = order.index(("denoiseprofile", 0))
    assert order[start + 1 : start + 3] == (("denoiseprofile", 1), ("denoiseprofile", 2))
    assert len(order) == 88


def test_users_second_instance_and_moved_module_are_adopted():
    users = list(RAW_ORDER)
    users.remove(("retouch", 0))
    users.insert(users.index(("sigmoid", 0)), ("retouch", 0))
    users.insert(users.index(("hazeremoval", 0)), ("denoiseprofile", 1))
    users.remove(("exposure", 0))
    users.insert(1, ("exposure", 0))
    adopted = adopt(RAW_ORDER, tuple(users), {("retouch", 0), ("denoiseprofile", 1)})
    assert adopted[adopted.index(("sigmoid", 0)) - 1] == ("retouch", 0)
    assert adopted[adopted.index(("hazeremoval", 0)) - 1] == ("denoiseprofile", 1)
    others = [item for item in adopted if item not in (("retouch", 0), ("denoiseprofile", 1))]
    assert others == [item for item in RAW_ORDER if item != ("retouch", 0)]
    assert adopt(RAW_ORDER, adopted, {("retouch", 0), ("denoiseprofile", 1)}) == adopted


def test_unchanged_order_adopts_to_itself():
    kept = set(RAW_ORDER)
    assert adopt(RAW_ORDER, RAW_ORDER, kept) == RAW_ORDER
    assert adopt(RAW_ORDER, (), kept) == RAW_ORDER


@pytest.mark.parametrize(
    ("version", "order", "expected"),
    [
        (None, (), V30_RAW),
        (0, RAW_ORDER, V30_RAW),
        (0, JPEG_ORDER, V30_JPEG),
        (0, (), V30_RAW),
        (1, (), V30_RAW),
        (2, (), V30_RAW),
        (3, (), V30_JPEG),
        (4, (), V30_RAW),
        (5, (), V30_JPEG),
    ],
)
def test_base_order(version, order, expected):
    assert base_order(version, order) == expected


def test_order_of_a_sidecar_with_a_second_instance(sidecar):
    history = history_from_bytes(sidecar("retouched"))
    assert history is not None
    expected = with_instances(RAW_ORDER, [("denoiseprofile", 1)])
    assert (history.iop_order_version, history.iop_order) == (V30_RAW, expected)
