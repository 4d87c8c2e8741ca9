"""Undo as a function; `cli/test_undo.py` covers it as a user meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.errors import SidelightError
from sidelight.workflows.undo import last_batch, undo_batch, undo_photos, undo_sidecar
from sidelight_xmp.atomic import write_sidecar
from sidelight_xmp.first_versions import FirstVersions


@pytest.mark.parametrize("count", [1, 10, 300])
def test_many_photos_come_back_to_the_bit(tmp_path: Path, count: int) -> None:
    store = tmp_path / "first_versions"
    photos = tmp_path / "photos"
    photos.mkdir()
    sidecars = [photos / f"{number}.xmp" for number in range(count)]
    for number, sidecar in enumerate(sidecars):
        sidecar.write_bytes(b"old %d" % number)
        write_sidecar(sidecar, lambda old: b"new", store, batch="one")
    assert last_batch(store) == "one"
    results = list(undo_batch("one", store))
    assert last_batch(store) is None
    assert {result.status for result in results} == {"restored"}
    assert [path.read_bytes() for path in sidecars] == [b"old %d" % n for n in range(count)]


def test_a_photo_below_a_linked_folder_is_found(tmp_path: Path) -> None:
    store, real, link = tmp_path / "store", tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    write_sidecar(link / "a.dng.xmp", lambda old: b"new", store)
    (link / "a.dng").write_bytes(b"x")
    (result,) = undo_photos([link / "a.dng"], store)
    assert result.status == "removed"
    write_sidecar(real / "a.dng.xmp", lambda old: b"new", store)
    (result,) = undo_photos([link], store)
    assert result.status == "removed"


def test_s12_a_named_batch(tmp_path: Path) -> None:
    store = tmp_path / "first_versions"
    sidecars = [tmp_path / f"{number}.xmp" for number in range(4)]
    for sidecar, batch in zip(sidecars, "abab", strict=True):
        write_sidecar(sidecar, lambda old: b"new", store, batch=batch)
    sidecars[2].write_bytes(b"theirs")
    results = {result.sidecar: result for result in undo_batch("a", store)}
    assert results[sidecars[0]].status == "removed"
    assert results[sidecars[2]].status == "error" and "changed" in results[sidecars[2]].reason
    assert set(results) == {sidecars[0], sidecars[2]}
    assert [path.exists() for path in sidecars] == [False, True, True, True]
    assert list(undo_batch("never", store)) == []
    with FirstVersions(store) as opened:
        assert [result.status for result in undo_batch(last_batch(opened) or "", opened)] == [
            "removed",
            "removed",
        ]


def test_s12_a_folder_is_undone_by_parts_of_its_path(tmp_path: Path) -> None:
    store = tmp_path / "first_versions"
    for name in ("photos", "photos2", "photos/deep"):
        (tmp_path / name).mkdir()
        write_sidecar(tmp_path / name / "a.xmp", lambda old: b"new", store)
    results = list(undo_photos([tmp_path / "photos"], store))
    assert [result.status for result in results] == ["removed", "removed"]
    assert (tmp_path / "photos2" / "a.xmp").exists()
    (nothing,) = undo_photos([tmp_path / "photos"], store)
    assert nothing.status == "skipped"


def test_a_record_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    store = tmp_path / "first_versions"
    (store / "undo.db").mkdir(parents=True)
    for undo in (lambda: last_batch(store), lambda: list(undo_batch("a", store))):
        with pytest.raises(SidelightError, match="record of earlier versions"):
            undo()
    (result,) = undo_photos([tmp_path], store)
    assert result.status == "error" and "record of earlier versions" in result.reason


def test_one_sidecar_by_its_name(tmp_path: Path) -> None:
    store, sidecar = tmp_path / "store", tmp_path / "a_03.dng.xmp"
    write_sidecar(sidecar, lambda old: b"new", store)
    assert undo_sidecar(sidecar, store).status == "removed"
    again = undo_sidecar(sidecar, store)
    assert again.status == "error" and "nothing of ours" in again.reason


def test_s12_what_darktable_rewrote_gets_its_history_back_in_a_batch(tmp_path: Path) -> None:
    files = Path(__file__).parents[2] / "xmp" / "darktable" / "sidecars"
    store, sidecar = tmp_path / "store", tmp_path / "a.dng.xmp"
    sidecar.write_bytes((files / "retouched.xmp").read_bytes())
    write_sidecar(sidecar, lambda old: (files / "ours.xmp").read_bytes(), store, batch="one")
    sidecar.write_bytes((files / "ours_421.xmp").read_bytes())
    assert [result.status for result in undo_batch("one", store)] == ["restored"]
    assert b'operation="filmicrgb"' in sidecar.read_bytes()
    assert b'xmp:Rating="3"' in sidecar.read_bytes()
