"""History <-> sidecar: what is replaced, what survives, what is refused."""

from __future__ import annotations

import base64
import zlib
from dataclasses import replace

import pytest

from sidelight_xmp.darktable import (
    OPERATIONS,
    HistoryEntry,
    Placement,
    history_changes,
    history_from_bytes,
    merge_history,
    with_edit,
)
from sidelight_xmp.errors import DamagedSidecarError, HostileSidecarError, SidecarError
from sidelight_xmp.packet import Packet
from sidelight_xmp.properties import read_properties

OURS = [HistoryEntry.from_values(name, {}) for name in OPERATIONS]
EXPOSURE = "00000000000000000000004000004842000080c000000000"

ELEMENT_FORM = f"""\
<x:xmpmeta xmlns:x='adobe:ns:meta/'>
<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
 <rdf:Description rdf:about='' xmlns:d='http://darktable.sf.net/'>
  <d:xmp_version>5</d:xmp_version>
  <d:history_end>1</d:history_end>
  <d:history><rdf:Seq>
   <rdf:li rdf:parseType='Resource'>
    <d:operation>exposure</d:operation><d:enabled>1</d:enabled>
    <d:modversion>6</d:modversion><d:params>{EXPOSURE}</d:params>
   </rdf:li>
  </rdf:Seq></d:history>
 </rdf:Description>
</rdf:RDF>
</x:xmpmeta>
"""


def minimal(attributes: str = "", entries: str = "") -> bytes:
    return f"""<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:darktable="http://darktable.sf.net/" {attributes}>
   <darktable:history><rdf:Seq>{entries}</rdf:Seq></darktable:history>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>""".encode()


def li(**fields: str) -> str:
    return f"<rdf:li {' '.join(f'darktable:{name}={value!r}' for name, value in fields.items())}/>"


def test_element_form_is_read_and_defaults_are_darktables():
    history = history_from_bytes(ELEMENT_FORM.encode())
    assert history is not None
    (entry,) = history.entries
    assert (entry.operation, entry.enabled, entry.params.hex()) == ("exposure", True, EXPOSURE)
    assert (entry.multi_name, entry.multi_priority, entry.blendop_version) == ("", 0, None)
    assert (history.iop_order_version, history.auto_presets_applied) == (1, False)


def test_entry_that_does_not_say_so_is_switched_off():
    data = minimal(entries=li(operation="crop", modversion="1", params="00"))
    history = history_from_bytes(data)
    assert history is not None
    assert (history.entries[0].enabled, history.history_end) == (False, 1)


def test_end_beyond_the_last_entry_means_all():
    data = minimal('darktable:history_end="7"', li(operation="crop", modversion="1", params=""))
    history = history_from_bytes(data)
    assert history is not None and history.history_end == 1


def test_sidecar_of_another_program_has_no_history():
    data = minimal().replace(b"darktable:history", b"darktable:notes")
    assert history_from_bytes(data) is None


def test_new_sidecar_has_all_that_darktable_needs():
    data = merge_history(None, with_edit(None, OURS))
    assert data.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    properties = read_properties(Packet.from_bytes(data))
    del properties["darktable:history"]
    assert properties == {
        "darktable:xmp_version": "5",
        "darktable:auto_presets_applied": "1",
        "darktable:history_end": "9",
        "darktable:iop_order_version": "2",
    }
    history = history_from_bytes(data)
    assert history is not None
    assert history == with_edit(None, OURS)


def test_metadata_is_set_with_the_edit():
    data = merge_history(None, with_edit(None, OURS), {"darktable:version_name": "HDR PQ"})
    properties = read_properties(Packet.from_bytes(data))
    assert properties["darktable:version_name"] == "HDR PQ"


@pytest.mark.parametrize("name", ["imported", "opened", "edited", "retouched"])
def test_only_the_history_changes(sidecar, name):
    before = sidecar(name)
    edit = with_edit(history_from_bytes(before), OURS)
    after = merge_history(before, edit)
    old, new = (read_properties(Packet.from_bytes(data)) for data in (before, after))
    ours = set(history_changes(edit))
    assert {key: value for key, value in new.items() if key not in ours} == {
        key: value for key, value in old.items() if key not in ours
    }
    assert history_from_bytes(after) == edit
    assert (b"_hash" not in after and b"filmicrgb,0" in after) or name != "retouched"


@pytest.mark.parametrize("name", ["imported", "opened", "edited", "retouched"])
def test_same_edit_twice_gives_the_same_bytes(sidecar, name):
    placements = [Placement("exposure", 1, before="colorout")]
    ours = [*OURS, HistoryEntry.from_values("exposure", {}, multi_priority=1)]
    data = sidecar(name)
    written = []
    for _ in range(2):
        edit = with_edit(history_from_bytes(data), ours, placements=placements)
        data = merge_history(data, edit)
        written.append(data)
    assert written[0] == written[1]


def test_kept_entries_are_verbatim(sidecar):
    before = history_from_bytes(sidecar("retouched"))
    edit = with_edit(before, OURS)
    after = merge_history(sidecar("retouched"), edit).decode()
    assert before is not None
    for entry in edit.entries[:10]:
        assert f'darktable:params="{entry.params_text}"' in after
        assert f'darktable:blendop_params="{entry.blendop_params}"' in after
    assert after.count("darktable:mask_num") == 2
    assert history_from_bytes(after.encode()) == edit


def test_unknown_property_of_a_kept_entry_survives():
    entry = li(operation="crop", enabled="1", modversion="1", params="00", iop_order="28.5")
    data = minimal('darktable:xmp_version="4"', entry)
    after = merge_history(data, with_edit(history_from_bytes(data), OURS))
    assert b'darktable:iop_order="28.5"' in after
    assert b'darktable:xmp_version="5"' in after


def test_lists_that_no_longer_apply_are_removed(sidecar):
    history = history_from_bytes(sidecar("retouched"))
    assert history is not None
    plain = [one for one in history.entries if one.operation == "crop"]
    edit = with_edit(replace(history, entries=tuple(plain), history_end=1), OURS)
    after = merge_history(sidecar("retouched"), edit)
    assert b"iop_order_list" not in after and b"masks_history" not in after


def test_foreign_namespace_and_metadata_survive(shared):
    path = shared / "reference/darktable-examples/13-metadata-and-own-namespace.xmp"
    before = path.read_bytes()
    after = merge_history(before, with_edit(history_from_bytes(before), OURS))
    for text in (b'hdrx:modelVersion="1.2"', b"<rdf:li>landscape</rdf:li>", b'xmp:Rating="4"'):
        assert text in after
    head = before.index(b"<darktable:history>")
    assert (
        after[: before.index(b" darktable:history_end")]
        == before[: before.index(b" darktable:history_end")]
    )
    assert (
        after[after.index(b"</darktable:history>") :]
        == before[before.index(b"</darktable:history>") :]
    )
    assert after[head - 40 : head] == before[head - 40 : head]


@pytest.mark.parametrize(("version", "age"), [("6", "a newer"), ("3", "too old a")])
def test_format_of_another_darktable_is_refused(version, age):
    data = minimal(f'darktable:xmp_version="{version}"')
    with pytest.raises(SidecarError, match=f"written by {age} darktable"):
        history_from_bytes(data)


def test_newer_format_is_not_written_into():
    with pytest.raises(SidecarError, match="newer darktable"):
        merge_history(minimal('darktable:xmp_version="6"'), with_edit(None, OURS))


@pytest.mark.parametrize(
    "entry",
    [
        li(operation="crop", modversion="1"),
        li(operation="crop", params="00"),
        li(modversion="1", params="00"),
        li(operation="crop", modversion="one", params="00"),
        li(operation="crop", modversion="1", params="0A"),
        "<rdf:li>crop</rdf:li>",
    ],
)
def test_entry_that_darktable_would_drop_is_refused(entry):
    with pytest.raises(DamagedSidecarError):
        history_from_bytes(minimal(entries=entry))


def test_history_that_would_fill_the_memory_is_refused():
    bomb = f"gz99{base64.b64encode(zlib.compress(bytes(2**20))).decode()}"
    entries = li(operation="crop", modversion="1", params=bomb) * 65
    with pytest.raises(HostileSidecarError, match="too large"):
        history_from_bytes(minimal(entries=entries))


def test_mask_without_entry_is_refused():
    masks = "<darktable:masks_history><rdf:Seq><rdf:li darktable:mask_id='1'/></rdf:Seq>"
    data = minimal().replace(
        b"   <darktable:history>", f"{masks}</darktable:masks_history><darktable:history>".encode()
    )
    with pytest.raises(DamagedSidecarError, match="drawn mask"):
        history_from_bytes(data)
