"""Undo as a function; `cli/test_undo.py` covers it as a user meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.workflows.undo import undo_last, undo_photos
from sidelight_xmp.atomic import write_sidecar


@pytest.mark.parametrize("count", [1, 10, 300])
def test_many_photos_come_back_to_the_bit(tmp_path: Path, count: int) -> None:
    store = tmp_path / "first_versions"
    photos = tmp_path / "photos"
    photos.mkdir()
    sidecars = [photos / f"{number}.xmp" for number in range(count)]
    for number, sidecar in enumerate(sidecars):
        sidecar.write_bytes(b"old %d" % number)
        write_sidecar(sidecar, lambda old: b"new", store, batch="one")
    results = list(undo_last(store))
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
