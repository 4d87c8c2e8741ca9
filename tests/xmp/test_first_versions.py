"""The store of earlier contents and its index."""

from __future__ import annotations

import pytest

from sidelight_xmp import UndoError
from sidelight_xmp.first_versions import (
    ABSENT,
    Closed,
    FirstVersions,
    Undo,
    Write,
    content_name,
    now,
)


@pytest.fixture
def store(tmp_path) -> FirstVersions:
    return FirstVersions(tmp_path / "a" / "b")


def _write(sidecar: str, batch: str) -> Write:
    return Write(sidecar, ABSENT, 0, "f" * 64, batch, now())


def test_contents_are_kept_once(store) -> None:
    name = store.keep(b"one")
    assert name == content_name(b"one") and store.keep(b"one") == name
    assert store.read(name) == b"one"
    assert store.keep(None) == ABSENT
    assert [path.name for path in store.folder.iterdir()] == [name]
    with pytest.raises(UndoError):
        store.read("0" * 64)


def test_lines_come_back_in_order(store) -> None:
    assert store.lines() == [] and store.last_batch() is None
    lines = [_write("/a", "1"), Undo("/a", 1, now()), Closed("1", now())]
    for line in lines:
        store.append(line)
    assert store.lines() == lines


def test_undone_writes_are_no_longer_live(store) -> None:
    for batch in ("1", "2", "3"):
        store.append(_write("/a", batch))
    store.append(_write("/b", "3"))
    store.append(Undo("/a", 2, now()))
    live = store.live_writes()
    assert [write.batch for write in live["/a"]] == ["1"]
    assert store.last_batch() == "3"
    store.append(Closed("3", now()))
    assert store.last_batch() == "1"


def test_damaged_lines_are_skipped(store) -> None:
    store.append(_write("/a", "1"))
    index = store.folder / "index.jsonl"
    whole = index.read_bytes()
    rubbish = (
        b"\0\0\0\xff\n{}\n[1]\n{}}\n"
        b'{"sidecar": 1, "undone": "x", "time": 2}\n'
        + b'{"a":' * 100_000
        + b"\n"
        + whole[: len(whole) // 2]
    )
    index.write_bytes(whole + rubbish)
    store.append(_write("/b", "2"))
    assert [line.sidecar for line in store.lines()] == ["/a", "/b"]
