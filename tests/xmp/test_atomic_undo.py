"""Undo: to the bit, or not at all (S-D, S12)."""

from __future__ import annotations

import hashlib

import pytest

from sidelight_xmp import (
    DiskFullError,
    FirstVersions,
    Rewriting,
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


def _edit_of(data: bytes) -> bytes:
    return data.partition(b"|")[0]


REWRITING = Rewriting(
    # "edit|rest": ours are the edits that begin with "ours".
    is_ours=lambda data: data.startswith(b"ours"),
    put_back=lambda present, earlier: (
        None if earlier is None else _edit_of(earlier) + b"|" + present.partition(b"|")[2]
    ),
)


def _writing(edit: bytes):
    return lambda old: edit + b"|" + (old.partition(b"|")[2] if old else b"")


@pytest.fixture
def rewritten(tmp_path, kept):
    """A sidecar of theirs, then of ours, then laid out anew with another rest."""
    path = tmp_path / "a.xmp"
    path.write_bytes(b"theirs|stars 1")
    write_sidecar(path, _writing(b"ours 1"), kept, batch="one")
    path.write_bytes(b"ours 1|stars 2")
    return path


def test_s12_what_the_editor_laid_out_anew_gets_the_earlier_edit_back(rewritten, kept) -> None:
    """S12: the edit of before, and all else as it is now."""
    assert undo(rewritten, kept, REWRITING).status == "restored"
    assert rewritten.read_bytes() == b"theirs|stars 2"
    with pytest.raises(UndoError, match="nothing of ours"):
        undo(rewritten, kept, REWRITING)


def test_s12_without_knowing_the_editor_it_is_left_alone(rewritten, kept) -> None:
    with pytest.raises(UndoError, match="changed since"):
        undo(rewritten, kept)
    assert rewritten.read_bytes() == b"ours 1|stars 2"


def test_s12_a_changed_edit_is_left_alone_all_the_same(rewritten, kept) -> None:
    rewritten.write_bytes(b"theirs 2|stars 2")
    with pytest.raises(UndoError, match="changed since"):
        undo(rewritten, kept, REWRITING)
    assert rewritten.read_bytes() == b"theirs 2|stars 2"
    rewritten.unlink()
    with pytest.raises(UndoError, match="changed since"):
        undo(rewritten, kept, REWRITING)


def test_s12_bytes_of_ours_are_restored_to_the_bit(tmp_path, kept) -> None:
    path = tmp_path / "a.xmp"
    path.write_bytes(b"theirs|stars 1")
    write_sidecar(path, lambda old: b"ours 1|stars 7", kept)
    undo(path, kept, REWRITING)
    assert path.read_bytes() == b"theirs|stars 1"


def test_s12_a_rewriting_between_two_of_our_writes(rewritten, kept) -> None:
    write_sidecar(rewritten, _writing(b"ours 2"), kept, batch="two")
    results = undo_last(kept, REWRITING)
    assert [result.status for result in results] == ["restored"]
    assert rewritten.read_bytes() == b"ours 1|stars 2"
    write_sidecar(rewritten, _writing(b"ours 3"), kept, batch="three")
    rewritten.write_bytes(b"ours 3|stars 4")
    assert undo(rewritten, kept, REWRITING).status == "restored"
    assert rewritten.read_bytes() == b"theirs|stars 4"


def test_s12_a_batch_of_what_was_rewritten(rewritten, kept) -> None:
    assert [one.status for one in undo_batch(kept, "one", REWRITING)] == ["restored"]
    assert rewritten.read_bytes() == b"theirs|stars 2"
    assert undo_last(kept, REWRITING) == []


def test_s12_a_file_that_was_not_there_may_go(tmp_path, kept) -> None:
    path = tmp_path / "a.xmp"
    write_sidecar(path, _writing(b"ours 1"), kept)
    path.write_bytes(b"ours 1|stars 2")
    assert undo(path, kept, REWRITING).status == "removed" and not path.exists()


def test_s12_a_write_that_never_happened_over_a_rewriting(rewritten, kept, monkeypatch) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("sidelight_xmp.atomic._replace", fail)
        with pytest.raises(DiskFullError):
            write_sidecar(rewritten, _writing(b"ours 2"), kept, batch="two")
    rewritten.write_bytes(b"ours 1|stars 3")
    undo(rewritten, kept, REWRITING)
    assert rewritten.read_bytes() == b"theirs|stars 3"
