"""Hints of the operating system."""

from __future__ import annotations

import errno
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sidelight.service.observers import EXHAUSTED, Inotify, Observed, Refused, open_hints

linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


class Heard:
    """A sink that keeps what it is told."""

    def __init__(self) -> None:
        self.folders: list[tuple[str, bool]] = []
        self.overflows = 0

    def changed(self, folder: str, *, deep: bool) -> None:
        self.folders.append((folder, deep))

    def overflowed(self) -> None:
        self.overflows += 1

    def until(self, done: Callable[[], object], timeout_s: float = 10.0) -> None:
        ends = time.monotonic() + timeout_s
        while not done():
            assert time.monotonic() < ends, self.folders
            time.sleep(0.01)


@pytest.fixture
def hints() -> Iterator[Inotify]:
    one = Inotify()
    yield one
    one.close()


@linux
def test_photos_and_folders_are_told_of(tmp_path: Path, hints: Inotify) -> None:
    heard, top = Heard(), str(tmp_path)
    hints.watch(top, heard, is_root=True)
    (tmp_path / "a.dng").write_bytes(b"x")
    heard.until(lambda: (top, False) in heard.folders)
    (tmp_path / "day").mkdir()
    heard.until(lambda: (f"{top}/day", True) in heard.folders)
    heard.folders.clear()
    (tmp_path / "day").rename(tmp_path / "night")
    heard.until(lambda: len(heard.folders) == 2)
    assert heard.folders == [(f"{top}/day", True), (f"{top}/night", True)]


@linux
def test_w2_reading_and_other_files_are_not_told_of(tmp_path: Path, hints: Inotify) -> None:
    heard = Heard()
    path = tmp_path / "a.dng"
    path.write_bytes(b"x")
    hints.watch(str(tmp_path), heard, is_root=True)
    for _ in range(10):
        path.read_bytes()
        list(os.scandir(tmp_path))
    for name in ("a.xmp", "a.dng.xmp", ".a.xmp.1", "._b.dng", "b.dng.part"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "@eaDir").mkdir()
    path.unlink()
    (tmp_path / "end.dng").touch()
    heard.until(lambda: heard.folders)
    time.sleep(0.1)
    assert set(heard.folders) == {(str(tmp_path), False)}
    assert len(heard.folders) == 2  # made and closed


@linux
def test_a_folder_that_was_moved_is_told_of_by_its_new_name(tmp_path: Path, hints: Inotify) -> None:
    heard, top = Heard(), str(tmp_path)
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    hints.watch(top, heard, is_root=True)
    hints.watch(str(old), heard)
    old.rename(new)
    hints.watch(str(new), heard)
    assert len(hints) == 2
    heard.folders.clear()
    (new / "a.dng").touch()
    heard.until(lambda: (str(new), False) in heard.folders)
    assert (str(old), False) not in heard.folders


@linux
def test_a_folder_made_anew_under_its_name(tmp_path: Path, hints: Inotify) -> None:
    heard = Heard()
    folder = tmp_path / "day"
    for _ in range(20):
        folder.mkdir()
        hints.watch(str(folder), heard)
        heard.folders.clear()
        (folder / "a.dng").touch()
        heard.until(lambda: heard.folders)
        (folder / "a.dng").unlink()
        folder.rmdir()
    heard.until(lambda: len(hints) == 0)


@linux
def test_the_end_of_a_root_is_told(tmp_path: Path, hints: Inotify) -> None:
    heard = Heard()
    root = tmp_path / "root"
    root.mkdir()
    hints.watch(str(root), heard, is_root=True)
    root.rename(tmp_path / "elsewhere")
    heard.until(lambda: (str(root), True) in heard.folders)
    heard.folders.clear()
    (tmp_path / "elsewhere").rmdir()
    heard.until(lambda: (str(root), True) in heard.folders)


@linux
def test_watches_are_given_back(tmp_path: Path, hints: Inotify) -> None:
    heard, top = Heard(), str(tmp_path)
    for name in ("a", "b", "ab"):
        (tmp_path / name).mkdir()
    for folder in (top, f"{top}/a", f"{top}/b", f"{top}/ab"):
        hints.watch(folder, heard, is_root=folder == top)
    hints.keep(top, {top, f"{top}/b", f"{top}/ab"})
    hints.unwatch(f"{top}/b")
    assert len(hints) == 2
    for name in ("a", "b", "ab"):
        (tmp_path / name / "x.dng").touch()
    heard.until(lambda: heard.folders)
    assert set(heard.folders) == {(f"{top}/ab", False)}
    hints.unwatch(top)
    assert len(hints) == 0
    assert len(hints._reader._watch_for_wd) == 0


@linux
def test_folders_that_are_gone_or_may_not_be_read(tmp_path: Path, hints: Inotify) -> None:
    with pytest.raises(FileNotFoundError):
        hints.watch(str(tmp_path / "gone"), Heard())
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        hints.watch(str(tmp_path / "file"), Heard())
    assert len(hints) == 0


@linux
def test_w2_an_overflow_is_told_once(tmp_path: Path, hints: Inotify) -> None:
    heard = Heard()
    release, is_blocked = threading.Event(), threading.Event()
    changed = heard.changed

    def blocking(folder: str, *, deep: bool) -> None:
        is_blocked.set()
        release.wait(30)
        changed(folder, deep=deep)

    heard.changed = blocking  # type: ignore[method-assign]
    for number in range(20):
        (tmp_path / str(number)).mkdir()
        hints.watch(str(tmp_path / str(number)), heard)
    (tmp_path / "0" / "a.dng").touch()
    assert is_blocked.wait(10)
    heard.changed = changed  # type: ignore[method-assign]
    queue = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    a, b = tmp_path / "1" / "a.part", tmp_path / "2" / "a.part"
    a.touch()
    for _ in range(queue // 4 + 100):
        a.rename(b)
        b.rename(a)
    release.set()
    heard.until(lambda: heard.overflows)
    time.sleep(0.2)
    assert heard.overflows == 1


@linux
def test_w8_a_reader_that_died(tmp_path: Path, hints: Inotify) -> None:
    hints.close()
    with pytest.raises(OSError) as caught:
        hints.watch(str(tmp_path), Heard())
    assert caught.value.errno in EXHAUSTED


LIMITED = """
import sys
from pathlib import Path
from sidelight.service.observers import EXHAUSTED, Inotify, Refused, open_hints
from test_observers import Heard
Path("/proc/sys/user/max_inotify_watches").write_text("5")
hints = Inotify()
top = Path(sys.argv[1])
try:
    for number in range(10):
        (top / str(number)).mkdir()
        hints.watch(str(top / str(number)), Heard())
    raise SystemExit("no limit")
except OSError as error:
    assert error.errno in EXHAUSTED, error
    assert len(hints) == number == 5, number
Path("/proc/sys/user/max_inotify_instances").write_text("1")
assert isinstance(open_hints(), Refused)
"""


@linux
def test_w8_a_system_without_watches_left(in_namespace, tmp_path: Path) -> None:
    answer = in_namespace(LIMITED, str(tmp_path))
    assert answer.returncode == 0, answer.stderr


def test_w8_hints_that_never_come() -> None:
    hints = Refused()
    with pytest.raises(OSError) as caught:
        hints.watch("/a", Heard())
    assert caught.value.errno in EXHAUSTED
    hints.keep("/a", ())
    hints.unwatch("/a")
    hints.close()


def test_a_system_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object) -> None:
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    monkeypatch.setattr(Inotify if sys.platform == "linux" else Observed, "__init__", refuse)
    assert isinstance(open_hints(), Refused)


def test_a_whole_tree_watched_by_the_system(tmp_path: Path) -> None:
    heard, top = Heard(), str(tmp_path)
    (tmp_path / "day").mkdir()
    hints = Observed()
    try:
        hints.watch(top, heard, is_root=True)
        hints.watch(f"{top}/day", heard)
        (tmp_path / "day" / "a.xmp").touch()
        (tmp_path / "day" / "a.dng").touch()
        heard.until(lambda: (f"{top}/day", False) in heard.folders)
        (tmp_path / "day").rename(tmp_path / "night")
        heard.until(lambda: (f"{top}/night", True) in heard.folders)
        hints.unwatch(top)
        hints.unwatch(top)
        heard.folders.clear()
        (tmp_path / "b.dng").touch()
        time.sleep(0.2)
        assert heard.folders == []
    finally:
        hints.close()
