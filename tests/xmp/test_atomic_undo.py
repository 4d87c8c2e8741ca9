"""Undo: to the bit, or not at all (S-D, S12)."""

from __future__ import annotations

import hashlib

import pytest

from sidelight_xmp import (
    FirstVersions,
    UndoError,
    merge,
    undo,
    undo_batch,
    undo_last,
    write_sidecar,
)


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
    with FirstVersions(kept) as store:
        assert [write.sha256 for write in store.live_writes(path)] == ["absent"]
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


def test_s12_undo_of_a_named_batch(tmp_path, kept, edit) -> None:
    """S12: any batch; what a later one wrote again is refused until that one is undone."""
    first, second, both = (tmp_path / f"IMG_{number}.xmp" for number in range(3))
    for batch, paths in (("one", (first, both)), ("two", (second, both))):
        for path in paths:
            write_sidecar(path, edit(1 if batch == "one" else 2), kept, batch=batch)
    results = {result.path: result for result in undo_batch(kept, "one")}
    assert results[first].status == "removed" and not first.exists()
    assert results[both].status == "refused" and "later command" in results[both].reason
    assert set(results) == {first, both} and second.exists()
    assert {result.status for result in undo_last(kept)} == {"removed", "restored"}
    assert not second.exists() and both.read_bytes() == edit(1)(None)
    assert undo_last(kept) == []
    assert [result.status for result in undo_batch(kept, "one")] == ["removed"]
    assert list(undo_batch(kept, "one")) == list(undo_batch(kept, "three")) == []


def test_a_batch_that_goes_on_after_its_undo_is_the_last_again(tmp_path, kept, edit) -> None:
    paths = [tmp_path / f"IMG_{number}.xmp" for number in range(3)]
    write_sidecar(paths[0], edit(1), kept, batch="day")
    paths[0].write_bytes(merge(paths[0].read_bytes(), {"xmp:Label": "theirs"}))
    write_sidecar(paths[1], edit(1), kept, batch="day")
    assert [result.status for result in undo_last(kept)] == ["refused", "removed"]
    assert undo_last(kept) == []
    write_sidecar(paths[2], edit(1), kept, batch="day")
    results = {result.path: result.status for result in undo_last(kept)}
    assert results == {paths[0]: "refused", paths[2]: "removed"}


def test_s12_ten_thousand_writes_and_their_undo(tmp_path, kept, monkeypatch) -> None:
    """S12: 10 000 sidecars, a few of them edited since; each is looked up, never all of them."""
    monkeypatch.setattr("os.fsync", lambda descriptor: None)  # a power cut is not in this test
    paths = [tmp_path / str(number % 100) / f"IMG_{number}.xmp" for number in range(10_000)]
    for folder in {path.parent for path in paths}:
        folder.mkdir()
    with FirstVersions(kept, durable=False) as store:
        for number, path in enumerate(paths):
            if number % 3:
                path.write_bytes(b"old %d" % number)
            write_sidecar(path, lambda old: b"new", store, batch="one")
        for path in paths[::1000]:
            path.write_bytes(b"theirs")
        results = {result.path: result.status for result in undo_batch(store, "one")}
        assert len(results) == len(paths) and store.batch("one") == paths[::1000]
    for number, path in enumerate(paths):
        if number % 1000 == 0:
            assert results[path] == "refused" and path.read_bytes() == b"theirs"
        elif number % 3:
            assert results[path] == "restored" and path.read_bytes() == b"old %d" % number
        else:
            assert results[path] == "removed" and not path.exists()


def test_undo_refuses_when_the_kept_version_is_gone(sidecar, kept, edit) -> None:
    name = hashlib.sha256(sidecar.read_bytes()).hexdigest()
    write_sidecar(sidecar, edit(1), kept)
    written = sidecar.read_bytes()
    (kept / name).write_bytes(b"something else")
    with pytest.raises(UndoError, match="missing"):
        undo(sidecar, kept)
    assert sidecar.read_bytes() == written
