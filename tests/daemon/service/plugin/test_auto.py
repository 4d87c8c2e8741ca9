"""Auto HDR for a script: the real helper program and the real daemon."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from sidelight.service.plugin.auto import DUPLICATE_NAME
from sidelight_xmp.darktable.sidecar import history_from_bytes
from sidelight_xmp.packet import Packet
from sidelight_xmp.properties import read_property

SETTINGS = {"action": "auto", "engine": "auto", "headroom": "2.300", "strength": "1.000"}

RATED = b"""<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:darktable="http://darktable.sf.net/"
 xmp:Rating="4" darktable:xmp_version="5" darktable:history_end="%d"><darktable:history><rdf:Seq>%s
</rdf:Seq></darktable:history></rdf:Description></rdf:RDF></x:xmpmeta>"""

VELVIA = (
    b'<rdf:li darktable:operation="velvia" darktable:enabled="1" darktable:modversion="2" '
    b'darktable:params="0000c8420000803f"/>'
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("photos")


@pytest.fixture
def photo(folder: Path, tiny_raw, request: pytest.FixtureRequest) -> Path:
    return tiny_raw(folder / f"{hashlib.sha256(request.node.name.encode()).hexdigest()[:8]}.dng")


def sidecar(photo: Path, number: int = 0) -> Path:
    stem = f"{photo.stem}_{number:02d}" if number else photo.stem
    return photo.with_name(f"{stem}{photo.suffix}.xmp")


def text(path: Path, name: str) -> object:
    return read_property(Packet.from_bytes(path.read_bytes()), name)


def operations(path: Path) -> list[tuple[str, int]]:
    history = history_from_bytes(path.read_bytes())
    assert history is not None
    return [entry.instance for entry in history.active]


def write(talk, photo: Path, **more: object) -> dict[str, str]:
    """Ask for a photo's edit and for its sidecars; return the answer."""
    own = sidecar(photo)
    talk.send("photo", id=1, path=photo, sidecar="", overwrite=0)
    talk.hear("predicted", id=1)
    fields = {"sidecar": own, "template": own, "overwrite": 0, **more}
    talk.send("write", id=1, path=photo, **fields)
    return dict(talk.hear("written", id=1).fields)


def test_a_photo_gets_its_edit_only_when_the_script_says_so(
    lasting_daemon, script, photo: Path
) -> None:
    before = photo.read_bytes()
    sidecar(photo).write_bytes(RATED % (0, b""))
    talk = script(lasting_daemon.home, **SETTINGS)
    assert talk.hear("hello").fields["protocol"] == "1"
    talk.send("photo", id=1, path=photo, sidecar=sidecar(photo), overwrite=0)
    predicted = talk.hear("predicted", id=1).fields
    assert predicted["hdr"] == "1"
    assert "mid-tones" in predicted["reasons"]
    assert sidecar(photo).read_bytes() == RATED % (0, b"")
    own = sidecar(photo)
    talk.send("write", id=1, path=photo, sidecar=own, template=own, overwrite=0)
    assert talk.hear("written", id=1).fields["status"] == "written"
    assert ("sigmoid", 0) in operations(own)
    assert text(own, "xmp:Rating") == "4"
    assert not sidecar(photo, 1).exists()
    assert photo.read_bytes() == before
    assert talk.end() == 0
    assert talk.all()[-1].word == "bye"
    assert lasting_daemon.client.request("GET", "/v1/roots") == {"roots": []}


def test_the_script_says_which_engine_and_what_it_cannot_do_is_told(
    lasting_daemon, script, photo: Path
) -> None:
    jpeg = photo.with_suffix(".jpg")
    Image.radial_gradient("L").convert("RGB").save(jpeg)
    talk = script(lasting_daemon.home, **SETTINGS | {"engine": "camera", "headroom": "0.000"})
    talk.send("photo", id=1, path=photo, sidecar="", overwrite=0)
    talk.send("photo", id=2, path=jpeg, sidecar="", overwrite=0)
    predicted = talk.hear("predicted", id=1).fields
    assert predicted["hdr"] == "0" and "the camera's own JPEG" in predicted["reasons"]
    assert "no JPEG of a camera is embedded" in talk.hear("failed", id=2).fields["text"]


def test_the_hdr_twin_goes_where_the_script_says(lasting_daemon, script, photo: Path) -> None:
    sidecar(photo).write_bytes(RATED % (0, b""))
    talk = script(lasting_daemon.home, **SETTINGS)
    answer = write(talk, photo, hdr=sidecar(photo, 3))
    assert (answer["status"], answer["hdr"]) == ("written", "written")
    assert text(sidecar(photo, 3), "darktable:version_name") == "HDR PQ"
    assert text(sidecar(photo, 3), "xmp:Rating") == "4"
    assert ("exposure", 3) in operations(sidecar(photo, 3))
    assert ("exposure", 3) not in operations(sidecar(photo))


def test_an_edit_goes_to_a_duplicate_and_leaves_the_photos_own(
    lasting_daemon, script, photo: Path
) -> None:
    edited = RATED % (1, VELVIA)
    sidecar(photo).write_bytes(edited)
    talk = script(lasting_daemon.home, **SETTINGS)
    answer = write(talk, photo, sidecar=sidecar(photo, 1), hdr=sidecar(photo, 2))
    assert (answer["status"], answer["hdr"]) == ("written", "written")
    assert sidecar(photo).read_bytes() == edited
    assert text(sidecar(photo, 1), "darktable:version_name") == DUPLICATE_NAME
    assert ("velvia", 0) not in operations(sidecar(photo, 1))


def test_a_new_duplicate_begins_with_the_photos_own_sidecar(
    lasting_daemon, script, photo: Path
) -> None:
    sidecar(photo).write_bytes(RATED % (0, b""))
    for number in (1, 2):  # as darktable writes them for duplicates, in its own time
        sidecar(photo, number).write_bytes(RATED.replace(b'Rating="4"', b'Rating="1"') % (0, b""))
    talk = script(lasting_daemon.home, **SETTINGS)
    more = {"sidecar": sidecar(photo, 1), "hdr": sidecar(photo, 2)}
    answer = write(talk, photo, is_new=1, hdr_is_new=1, **more)
    assert (answer["status"], answer["hdr"]) == ("written", "written")
    for number in (1, 2):
        assert text(sidecar(photo, number), "xmp:Rating") == "4"


def test_an_edit_is_kept_before_anything_is_predicted(lasting_daemon, script, photo: Path) -> None:
    edited = RATED % (1, VELVIA)
    sidecar(photo).write_bytes(edited)
    talk = script(lasting_daemon.home, **SETTINGS)
    talk.send("photo", id=1, path=photo, sidecar=sidecar(photo), overwrite=0)
    assert "edit" in talk.hear("kept", id=1).fields["text"]
    talk.send("photo", id=2, path=photo, sidecar="", overwrite=0)  # found only when it is written
    talk.hear("predicted", id=2)
    own = sidecar(photo)
    talk.send("write", id=2, sidecar=own, template=own, overwrite=0, hdr=sidecar(photo, 1))
    answer = talk.hear("written", id=2).fields
    assert (answer["status"], answer["hdr"]) == ("kept", "none")
    assert own.read_bytes() == edited
    assert not sidecar(photo, 1).exists()
    talk.send("photo", id=3, path=photo, sidecar=own, overwrite=1)
    talk.hear("predicted", id=3)
    talk.send("write", id=3, sidecar=own, template=own, overwrite=1)
    assert talk.hear("written", id=3).fields["status"] == "written"
    assert ("velvia", 0) not in operations(own)


def test_bad_photos_are_told_one_by_one(lasting_daemon, script, photo: Path, folder: Path) -> None:
    broken = folder / "broken.dng"
    broken.write_bytes(photo.read_bytes()[:2000])
    talk = script(lasting_daemon.home, **SETTINGS)
    talk.send("photo", id=1, path=broken, sidecar="", overwrite=0)
    talk.send("photo", id=2, path=folder / "missing.dng", sidecar="", overwrite=0)
    talk.send("photo", id=3, path=folder / "nowhere" / "a.dng", sidecar="", overwrite=0)
    talk.send("photo", id=4, path=photo, sidecar="", overwrite=0)
    talk.hear("predicted", id=4)
    for number in (1, 2, 3):
        assert talk.hear("failed", id=number).fields["text"]
    assert talk.end() == 0


@pytest.mark.parametrize(
    "name",
    [
        "$(touch pwned).dng",
        '"; touch pwned;".dng',
        "-rf.dng",
        "a\nb=c write id=1.dng",
        "\u202egnd\U0001f4f7.dng",
    ],
)
def test_p6_names_are_only_names(
    lasting_daemon, script, photo: Path, tmp_path: Path, name: str
) -> None:
    place = tmp_path / "odd $(touch pwned)"
    place.mkdir()
    odd = place / name
    shutil.copy(photo, odd)
    talk = script(lasting_daemon.home, **SETTINGS)
    assert write(talk, odd)["status"] == "written"
    assert sorted(path.name for path in place.iterdir()) == sorted([name, f"{name}.xmp"])
    assert not list(tmp_path.rglob("pwned"))


def test_a_name_that_is_no_text_is_said_plainly(
    lasting_daemon, script, photo: Path, folder: Path
) -> None:
    odd = folder / os.fsdecode(b"\xff.dng")
    shutil.copy(photo, odd)
    talk = script(lasting_daemon.home, **SETTINGS)
    talk.send("photo", id=1, path=odd, sidecar="", overwrite=0)
    assert "not text" in talk.hear("failed", id=1).fields["text"]


def test_cancel_leaves_what_was_not_written(lasting_daemon, script, photo: Path) -> None:
    talk = script(lasting_daemon.home, **SETTINGS)
    for number in range(20):
        talk.send("photo", id=number, path=photo, sidecar="", overwrite=0)
    talk.hear("predicted")
    talk.send("cancel")
    assert talk.helper.wait(30) == 0
    assert len(talk.all()) < 20
    assert not sidecar(photo).exists()


@pytest.mark.parametrize(
    ("order", "fields"),
    [("write", {"id": 9, "sidecar": "/x"}), ("dance", {"id": 1}), ("undo", {"id": 1})],
)
def test_orders_that_make_no_sense_end_the_talk(
    lasting_daemon, script, order: str, fields: dict
) -> None:
    talk = script(lasting_daemon.home, **SETTINGS)
    talk.send(order, **fields)
    assert "script" in talk.hear("fatal").fields["text"]
    assert talk.helper.wait(30) == 1


@pytest.mark.parametrize("settings", [{}, {"engine": "auto", "headroom": "x", "strength": "1"}])
def test_settings_that_make_no_sense_end_the_talk(lasting_daemon, script, settings: dict) -> None:
    talk = script(lasting_daemon.home, action="auto", **settings)
    assert "settings" in talk.hear("fatal").fields["text"]


def test_settings_out_of_range_fail_each_photo(lasting_daemon, script, photo: Path) -> None:
    talk = script(lasting_daemon.home, **{**SETTINGS, "headroom": "9"})
    talk.send("photo", id=1, path=photo, sidecar="", overwrite=0)
    assert talk.hear("failed", id=1).fields["text"]
