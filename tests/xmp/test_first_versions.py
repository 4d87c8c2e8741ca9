"""The store of earlier contents and what it says about our writes."""

from __future__ import annotations

import os
import pickle
import stat
from pathlib import Path

import pytest

from sidelight_xmp import UndoError
from sidelight_xmp.first_versions import (
    ABSENT,
    FirstVersions,
    Write,
    content_name,
    now,
    opened,
)


@pytest.fixture
def store(tmp_path):
    with FirstVersions(tmp_path / "a" / "b") as store:
        yield store


def _write(sidecar: str, batch: str, before: str = ABSENT) -> Write:
    return Write(Path(sidecar), before, 0, "f" * 64, batch, now())


def test_contents_are_kept_once(store) -> None:
    name = store.keep(b"one")
    assert name == content_name(b"one") and store.keep(b"one") == name
    assert store.read(name) == b"one"
    assert store.keep(None) == ABSENT
    assert [path.name for path in store.folder.iterdir()] == [name]
    with pytest.raises(UndoError):
        store.read("0" * 64)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_everything_is_private(store) -> None:
    old = os.umask(0)
    try:
        store.keep(b"one")
        store.record(_write("/a", "1"))
        files = list(store.folder.iterdir())
        assert len(files) == 4  # the content, the record and its two companions
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
        for folder in (store.folder, store.folder.parent):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        store.folder.chmod(0o755)
        store.keep(b"two")
        assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    finally:
        os.umask(old)


def test_looking_makes_nothing(store) -> None:
    assert store.live_writes(Path("/a")) == [] and store.last_batch() is None
    assert store.sidecars() == store.under(Path("/")) == store.batch("1") == store.lost() == []
    assert store.check() == store.repair() == ""
    assert store.last_id() == 0
    assert not store.folder.exists()


def test_writes_come_back_in_order(store) -> None:
    writes = [_write("/a", "1"), _write("/b", "1"), _write("/a", "2", "e" * 64)]
    for write in writes:
        store.record(write)
    found = store.live_writes(Path("/a"))
    assert [(item.batch, item.sha256) for item in found] == [("1", ABSENT), ("2", "e" * 64)]
    assert found[0].id < found[1].id == store.last_id()
    assert store.sidecars() == [Path("/a"), Path("/b")]


def test_undone_writes_are_no_longer_live(store) -> None:
    for batch in ("1", "2", "3"):
        store.record(_write("/a", batch))
    store.record(_write("/b", "3"))
    store.take_back(store.live_writes(Path("/a"))[-2:])
    assert [write.batch for write in store.live_writes(Path("/a"))] == ["1"]
    assert store.last_batch() == "3"
    assert store.batch("3") == [Path("/b")] and store.batch("2") == []
    store.close_batch("3", store.last_id())
    assert store.last_batch() == "1"


def test_below_a_folder_by_parts_of_the_path(store) -> None:
    names = ["/p/a.xmp", "/p/q/b.xmp", "/p2/c.xmp", "/p.xmp", "/p/q.xmp", "/o/z/d.xmp"]
    for name in names:
        store.record(_write(name, "1"))
    found = [path.as_posix() for path in store.under(Path("/p"))]
    assert found == ["/p/a.xmp", "/p/q.xmp", "/p/q/b.xmp"]
    assert store.under(Path("/p/q")) == [Path("/p/q/b.xmp")]
    assert store.under(Path("/p/q/")) == [Path("/p/q/b.xmp")]
    assert len(store.under(Path("/"))) == len(names)
    assert store.under(Path("/nowhere")) == []


def test_p6_names_that_are_not_text(store) -> None:
    """P6: bytes that are not UTF-8, and a name that is almost the same."""
    odd = Path(os.fsdecode(b"/p/caf\xe9.xmp")) if os.name == "posix" else Path("/p/café.xmp")
    for path in (odd, Path("/p/caf\u00e9.xmp"), Path("/p/cafe\u0301.xmp"), Path("/p/$(x)\n.xmp")):
        store.record(_write(path, "1"))
        assert [write.sidecar for write in store.live_writes(path)] == [path]
    assert len(store.under(Path("/p"))) == len(store.sidecars()) == (4 if os.name == "posix" else 3)


def test_what_is_lost_is_named(store) -> None:
    for number, data in enumerate((b"one", b"two", b"three", None)):
        store.record(_write(f"/{number}", "1", store.keep(data)))
    assert store.lost() == []
    (store.folder / content_name(b"one")).unlink()
    (store.folder / content_name(b"two")).write_bytes(b"rubbish")
    assert store.lost() == [Path("/0"), Path("/1")]


def test_a_store_can_be_closed_and_sent(store) -> None:
    store.record(_write("/a", "1"))
    store.close()
    store.close()
    assert store.last_batch() == "1"
    other = pickle.loads(pickle.dumps(store))
    assert other.folder == store.folder and other.last_batch() == "1"
    other.close()


def test_opened_leaves_a_given_store_open(store) -> None:
    with opened(store) as same:
        assert same is store
        store.record(_write("/a", "1"))
    assert store.index._connection is not None
    with opened(store.folder) as own:
        assert own is not store and own.last_batch() == "1"
    assert own.index._connection is None
