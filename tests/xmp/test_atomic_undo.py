"""Undo: to the bit, or not at all (S-D, S12)."""

from __future__ import annotations

import hashlib

import pytest

from sidelight_xmp import UndoError, merge, undo, undo_last, write_sidecar


def test_s12_undo_restores_to_the_bit(sidecar, kept, edit) -> None:
    """S12: after several writes, undo gives the version before the first of them."""
    original = sidecar.read_bytes()
    for number in (1, 2, 3):
        write_sidecar(sidecar, edit(number), kept)
    assert undo(sidecar, kept).status == "restored"
    assert sidecar.read_bytes() == original
    with pytest.raises(UndoError, match="nothing of ours"):
        undo(sidecar, kept)


def test_s12_undo_removes_what_was_not_there(tmp_path, kept, edit) -> None:
    path = tmp_path / "IMG_2.xmp"
    write_sidecar(path, edit(5), kept)
    assert "absent" in (kept / "index.jsonl").read_text()
    assert undo(path, kept).status == "removed" and not path.exists()


def test_s12_undo_refuses_after_anedit(sidecar, kept, edit) -> None:
    """S12: an edit made since is never lost."""
    write_sidecar(sidecar, edit(5), kept)
    theirs = merge(sidecar.read_bytes(), {"xmp:Label": "theirs"})
    sidecar.write_bytes(theirs)
    with pytest.raises(UndoError, match="changed since"):
        undo(sidecar, kept)
    assert sidecar.read_bytes() == theirs
    sidecar.unlink()
    with pytest.raises(UndoError, match="changed since"):
        undo(sidecar, kept)


def test_s12_undo_stops_at_an_edit_in_between(sidecar, kept, edit) -> None:
    write_sidecar(sidecar, edit(1), kept)
    theirs = merge(sidecar.read_bytes(), {"xmp:Label": "theirs"})
    sidecar.write_bytes(theirs)
    write_sidecar(sidecar, edit(2), kept)
    undo(sidecar, kept)
    assert sidecar.read_bytes() == theirs
    with pytest.raises(UndoError):
        undo(sidecar, kept)


def test_s12_undo_of_the_last_batch(tmp_path, kept, corpus, edit) -> None:
    """S12: 200 photos at once, one of them edited since; the batch before follows."""
    base = corpus.BASES["lightroom-plain"].encode()
    paths = [tmp_path / f"IMG_{number}.xmp" for number in range(200)]
    for path in paths[:100]:
        path.write_bytes(base)
    for batch in (1, 2):
        for path in paths:
            write_sidecar(path, edit(batch), kept, batch=f"batch {batch}")
    edited = merge(paths[7].read_bytes(), {"xmp:Label": "theirs"})
    paths[7].write_bytes(edited)
    results = {result.path: result for result in undo_last(kept)}
    assert len(results) == 200
    assert results[paths[7]].status == "refused" and "changed since" in results[paths[7]].reason
    assert paths[7].read_bytes() == edited
    assert paths[0].read_bytes() == edit(1)(base) and paths[150].read_bytes() == edit(1)(None)
    results = {result.path: result for result in undo_last(kept)}
    assert results[paths[0]].status == "restored" and results[paths[150]].status == "removed"
    assert paths[0].read_bytes() == base and not paths[150].exists()
    assert undo_last(kept) == []


def test_undo_survives_a_torn_index(sidecar, kept, edit) -> None:
    """A line torn by a crash is skipped and does not swallow the next."""
    original = sidecar.read_bytes()
    write_sidecar(sidecar, edit(1), kept)
    with (kept / "index.jsonl").open("ab") as index:
        index.write(b'{"sidecar": "/photos/IMG_1.xmp", "sha2')
    write_sidecar(sidecar, edit(2), kept)
    undo(sidecar, kept)
    assert sidecar.read_bytes() == original


def test_undo_refuses_when_the_kept_version_is_gone(sidecar, kept, edit) -> None:
    name = hashlib.sha256(sidecar.read_bytes()).hexdigest()
    write_sidecar(sidecar, edit(1), kept)
    written = sidecar.read_bytes()
    (kept / name).write_bytes(b"something else")
    with pytest.raises(UndoError, match="missing"):
        undo(sidecar, kept)
    assert sidecar.read_bytes() == written
