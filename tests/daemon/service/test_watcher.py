"""The whole watcher on real folders with real events; its delays are shortened."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sidelight.errors import StateError
from sidelight.service.root_watch import NOTING
from sidelight.service.settle import WatchTiming

linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify and /proc are Linux's")

BURST = """
import os, sys
top, count = sys.argv[1], int(sys.argv[2])
for number in range(count):
    name = os.path.join(top, f"IMG_{number:06}.dng")
    with open(name + ".part", "wb") as file:
        file.write(b"II*\\0 %d" % number)
    os.rename(name + ".part", name)
"""


def burst(top: Path, count: int) -> None:
    subprocess.run([sys.executable, "-c", BURST, str(top), str(count)], check=True)


def test_what_arrives_is_handed_over_and_what_was_there_is_not(watched: Any) -> None:
    watched.write("old.dng")
    watched.write("old.jpg")
    watcher = watched.start_without_root()
    assert watcher.add(watched.root, existing=False) == 1
    watched.until_scanned()
    watched.write("day 1/new.dng")
    watched.write("day 1/notes.txt")
    watched.until(lambda: watched.names)
    watched.until_quiet()
    assert watched.names == ["new.dng"]
    (ready,) = watched.ready
    assert ready.seen == watched.seen.known(watched.root.id)[ready.path]
    assert ready.seen.sha256 == ready.sha256
    assert watcher.state()[watched.root.id]["known"] == 3


def test_existing_photos_are_queued_when_asked_for(watched: Any) -> None:
    for name in ("a.dng", "b.dng", "b.jpg", "c.jpg"):
        watched.write(name)
    assert watched.start_without_root().add(watched.root, existing=True) == 3
    watched.until(lambda: len(watched.ready) == 3)
    watched.until_quiet()
    assert watched.names == ["a.dng", "b.dng", "c.jpg"]


def test_what_came_while_nobody_watched_is_new(watched: Any) -> None:
    watched.write("a.dng")
    watched.start()
    watched.until(lambda: watched.names == ["a.dng"])
    watched.stop()
    watched.write("b.dng")
    watched.start()
    watched.until(lambda: watched.names == ["a.dng", "b.dng"])
    watched.until_quiet()
    assert len(watched.ready) == 2


def test_a_crash_while_a_root_is_added_does_not_make_the_rest_new(watched: Any) -> None:
    watched.write("a.dng")
    watched.roots.set_state(watched.root.id, "paused", NOTING)
    watched.start()
    watched.until_scanned()
    watched.until_quiet()
    assert watched.ready == []
    assert watched.state == ("watching", "")


def test_a_photo_is_queued_and_known_or_neither(watched: Any) -> None:
    watched.refuse = StateError("the disk is full")
    watched.write("a.dng")
    watched.start()
    watched.until(lambda: watched.names == ["a.dng"])
    assert watched.refuse is None
    assert watched.seen.count(watched.root.id) == 1
    assert watched.jobs.counts()["queued"] == 1


def test_pause_and_resume(watched: Any) -> None:
    watcher = watched.start()
    watched.until_scanned()
    watcher.pause(watched.root.id)
    watched.write("a.dng")
    time.sleep(0.6)  # several times what a photo takes to settle here
    assert watched.ready == []
    assert watched.state[0] == "paused"
    watcher.resume(watched.root.id)
    watched.until(lambda: watched.names == ["a.dng"])
    assert watched.state == ("watching", "")


def test_a_removed_root_is_left_alone(watched: Any, tmp_path: Path) -> None:
    watcher = watched.start()
    watched.until_scanned()
    watched.roots.remove(watched.root.id)
    watcher.remove(watched.root.id)
    watched.write("a.dng")
    other = tmp_path / "other"
    other.mkdir()
    watcher.add(watched.add_root(other), existing=False)
    (other / "b.dng").write_bytes(b"II* b")
    watched.until(lambda: watched.names == ["b.dng"])
    assert watched.root.id not in watcher.state()


@linux
def test_w1_every_photo_of_a_burst_once(watched: Any) -> None:
    watched.start()
    watched.until_scanned()
    burst(watched.top, 2000)
    watched.until(lambda: len(watched.ready) >= 2000)
    watched.until_quiet()
    assert len(watched.count) == len(watched.ready) == 2000
    assert len(watched.batches) < 1000
    assert watched.jobs.counts()["queued"] == 2000


@linux
@pytest.mark.slow
def test_w1_ten_thousand_photos_in_little_memory(watched: Any) -> None:
    import psutil

    process = psutil.Process()
    watched.start(replace(WatchTiming(), tick_s=0.5))
    watched.until_scanned()
    before, most = process.memory_info().rss, [0]
    thread = threading.Thread(target=burst, args=(watched.top, 10_000))
    began = time.monotonic()
    thread.start()

    def is_done() -> bool:
        most[0] = max(most[0], process.memory_info().rss)
        return len(watched.ready) >= 10_000

    watched.until(is_done, timeout_s=120)
    assert time.monotonic() - began < 60
    watched.until_quiet()
    assert len(watched.count) == len(watched.ready) == 10_000
    assert most[0] - before < 150e6


@linux
def test_w2_lost_events_lead_to_one_scan(watched: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from sidelight.service.census import Census
    from sidelight.service.marks import Marks

    overflows: list[float] = []
    overflowed = Marks.overflowed
    monkeypatch.setattr(
        Marks, "overflowed", lambda self: overflows.append(time.monotonic()) or overflowed(self)
    )
    scans: list[float] = []
    look = Census.look

    def counted(self: Census, folder: str, now_s: float) -> list[str]:
        scans.append(time.monotonic())
        return look(self, folder, now_s)

    monkeypatch.setattr(Census, "look", counted)
    watcher = watched.start()
    watched.until_scanned()
    blocked = _block(watcher)
    queue = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    flood = watched.top / "flood.part"
    other = watched.top / "flood2.part"
    flood.touch()
    for _ in range(queue // 4 + 100):  # each move is two events
        flood.rename(other)
        other.rename(flood)
    watched.write("lost.dng")
    scans.clear()
    blocked.set()
    released = time.monotonic()
    watched.until(lambda: watched.names == ["lost.dng"])
    assert len(overflows) == 1
    assert scans[0] - released < 5
    watched.until_quiet(1.0)
    # What the watcher opens and reads itself leads to no further look.
    assert len(scans) <= 3


def _block(watcher: Any) -> threading.Event:
    """Keep watchdog's thread from reading events until the returned event is set."""
    release, is_blocked = threading.Event(), threading.Event()
    on_event = watcher._hints.on_event

    def blocking(event: Any) -> None:
        is_blocked.set()
        release.wait(60)
        on_event(event)

    watcher._hints.on_event = blocking
    top = watcher._all()[0].top
    Path(top, "block.part").touch()
    assert is_blocked.wait(10)
    watcher._hints.on_event = on_event
    return release


def test_w4_one_job_per_content(watched: Any, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    watched.add_root(other)
    watched.start()
    watched.until_scanned()
    for _ in range(20):
        path = watched.write("a.dng")
        with path.open("r+b") as file:
            file.write(b"II*")
    watched.until(lambda: watched.names == ["a.dng"])
    steps = (
        lambda: path.touch(),
        lambda: Path(shutil.copy2(path, tmp_path / "same.dng")).replace(path),
        lambda: Path(shutil.copy(path, tmp_path / "same.dng")).replace(path),
        lambda: path.rename(watched.top / "b.dng"),
        lambda: (watched.top / "b.dng").rename(path),
        lambda: path.rename(other / "a.dng"),
        lambda: (other / "a.dng").rename(path),
    )
    for step in steps:
        step()
        time.sleep(0.3)
        watched.until_quiet(0.3)
        assert watched.names == ["a.dng"]
    path.write_bytes(b"II* other content")
    watched.until(lambda: len(watched.ready) == 2)
    copy = Path(shutil.copy2(path, watched.top / "copy.dng"))
    watched.until(lambda: copy in [ready.path for ready in watched.ready])
    watched.until_quiet()
    assert watched.names == ["a.dng", "a.dng", "copy.dng"]


def test_w4_files_that_swap_their_names(watched: Any) -> None:
    a, b = watched.write("a.dng"), watched.write("b.dng")
    os.utime(a, (1e9, 1e9))
    os.utime(b, (1e9, 1e9))
    watched.start()
    watched.until(lambda: len(watched.ready) == 2)
    for _ in range(2):
        a.rename(watched.top / "c.dng")
        b.rename(a)
        (watched.top / "c.dng").rename(b)
        time.sleep(0.3)
        watched.until_quiet(0.3)
    assert len(watched.ready) == 2
    rows = watched.seen.known(watched.root.id)
    assert {path.name for path, row in rows.items() if row.sha256} >= {"a.dng", "b.dng"}


def test_w5_our_own_sidecars_make_no_work(watched: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from sidelight.service.census import Census

    looked: list[str] = []
    look = Census.look
    watcher = watched.start()
    watched.write("a.dng")
    watched.until(lambda: watched.names)
    watched.until_quiet()
    monkeypatch.setattr(
        Census, "look", lambda self, folder, now: looked.append(folder) or look(self, folder, now)
    )
    for number in range(50):
        for name in ("a.xmp", "a.dng.xmp"):
            draft = watched.write(f".{name}.{number}", b"<xmp/>")
            draft.replace(watched.top / name)
    (watched.top / "a.xmp").unlink()
    time.sleep(0.3)
    assert looked == []
    watcher.rescan()
    watched.until(lambda: looked)
    watched.until_quiet()
    assert watched.names == ["a.dng"]


@pytest.mark.parametrize("name", ["._a.dng", "~a.dng", "a.sync-conflict-1.dng", "a.dng.part"])
def test_w6_leftovers_of_other_programs_are_ignored(watched: Any, name: str) -> None:
    watched.start()
    watched.until_scanned()
    watched.write(name)
    watched.write("@eaDir/a.jpg")
    watched.write(".stversions/a.dng")
    watched.write("__MACOSX/a.dng")
    watched.write("z.dng")
    watched.until(lambda: watched.names)
    watched.until_quiet()
    assert watched.names == ["z.dng"]
    assert watched.seen.count(watched.root.id) == 1


def test_w9_folders_renamed_during_the_scan(watched: Any) -> None:
    for number in range(300):
        watched.write(f"day {number:03}/a.dng", f"II* {number}".encode())
    stop = threading.Event()

    def rename() -> None:
        for turn in range(1, 6):
            for number in range(300):
                old = watched.top / f"day {number:03}{'x' * (turn - 1)}"
                old.rename(f"{watched.top}/day {number:03}{'x' * turn}")
                if stop.is_set():
                    return

    thread = threading.Thread(target=rename)
    watched.start()
    thread.start()
    try:
        thread.join(60)
        watched.until(lambda: len(watched.ready) >= 300)
        watched.until_quiet(1.0)
    finally:
        stop.set()
    assert len({ready.sha256 for ready in watched.ready}) == len(watched.ready) == 300
    rows = watched.seen.known(watched.root.id)
    assert {path for path in rows if path.exists()} == set(watched.top.glob("*/*.dng"))


def test_w9_folders_renamed_afterwards_are_not_read_again(watched: Any) -> None:
    for number in range(200):
        watched.write(f"2026/day {number}/a.dng", f"II* {number}".encode())
    watched.start()
    watched.until(lambda: len(watched.ready) == 200)
    (watched.top / "2026").rename(watched.top / "archive")
    archive = watched.top / "archive"
    watched.until(lambda: watched.seen.in_folder(watched.root.id, archive / "day 7"))
    watched.write("archive/day 7/b.dng")
    watched.until(lambda: len(watched.ready) == 201)
    watched.until_quiet()
    assert len(watched.ready) == 201
    assert watched.seen.count(watched.root.id) == 201


@linux
def test_w9_an_idle_watcher_sleeps(watched: Any) -> None:
    for number in range(50):
        watched.write(f"day {number}/a.dng", f"II* {number}".encode())
    watched.start(replace(WatchTiming(), settle_s=0.1))
    watched.until(lambda: len(watched.ready) == 50)
    watched.until_quiet(1.0)
    before, began = _switches(), time.monotonic()
    time.sleep(8)
    assert (_switches() - before) / (time.monotonic() - began) < 1


def _switches() -> int:
    """How often the threads beside this one gave up the processor."""
    count = 0
    for task in Path("/proc/self/task").iterdir():
        if int(task.name) != threading.get_native_id():
            lines = (task / "status").read_text().splitlines()
            count += sum(int(line.split()[1]) for line in lines if line.startswith("voluntary"))
    return count


def test_w10_a_raw_file_after_its_jpeg(watched: Any) -> None:
    watched.start()
    watched.until_scanned()
    watched.write("a.jpg", b"\xff\xd8\xff jpeg")
    time.sleep(0.3)
    watched.write("a.dng")
    watched.until(lambda: watched.names)
    time.sleep(1.0)
    watched.until_quiet()
    assert watched.names == ["a.dng"]
    (watched.top / "a.dng").unlink()
    watched.watcher.rescan()
    watched.until_quiet(1.0)
    assert watched.names == ["a.dng"]


def test_w10_a_jpeg_that_stays_alone(watched: Any) -> None:
    watched.start()
    began = time.monotonic()
    watched.write("a.jpg", b"\xff\xd8\xff jpeg")
    watched.until(lambda: watched.names == ["a.jpg"])
    assert time.monotonic() - began >= 5 * 0.15


def test_w10_a_sidecar_before_its_raw_file(watched: Any) -> None:
    watched.start()
    watched.until_scanned()
    sidecar = watched.write("a.xmp", b"<early/>")
    time.sleep(0.2)
    watched.write("a.dng")
    watched.until(lambda: watched.names)
    assert watched.names == ["a.dng"]
    assert sidecar.read_bytes() == b"<early/>"


def test_photos_of_a_catalog_are_taken_in_once(watched: Any, tmp_path: Path) -> None:
    catalog = watched.roots.add(tmp_path / "a.lrcat", "lightroom", editors=["lightroom"])
    elsewhere = tmp_path / "elsewhere.dng"
    elsewhere.write_bytes(b"II* elsewhere")
    inside = watched.write("a.dng")
    polls: list[float] = []

    class Catalogs:
        def poll(self) -> float:
            polls.append(time.monotonic())
            return 0.05

    watcher = watched.start(catalogs=Catalogs())
    watched.until(lambda: watched.names == ["a.dng"])
    for _ in range(2):
        watcher.take_in(catalog, [elsewhere, inside, tmp_path / "gone.dng"])
    assert watched.names == ["a.dng", "elsewhere.dng"]
    watched.until(lambda: len(polls) > 3)


@pytest.mark.parametrize("name", ["new\nline.dng", "bad\udcff.dng", "🙂.dng", "-rf $(x).dng"])
def test_odd_names_are_names(watched: Any, name: str) -> None:
    watched.start()
    watched.until_scanned()
    watched.write(f"day\udcfe/{name}")
    watched.until(lambda: watched.names == [name])
    watched.until_quiet()
    assert watched.ready[0].path in watched.seen.known(watched.root.id)
