"""From a settled photo to a queued one."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sidelight.errors import StateError
from sidelight.service.intake import Intake, take_in
from sidelight.service.scan import read_stamp
from sidelight.service.settle import WatchTiming
from sidelight.state.roots import RootNotFoundError

SHORT = WatchTiming(settle_s=0.1, retry_s=0.05, poll_s=0.3, slice_s=0.05)


@pytest.fixture
def intake(watched: Any) -> Intake:
    return Intake(watched.root.id, watched.store, SHORT, knows_writers=True)


def note(intake: Intake, path: Path) -> None:
    stamp = read_stamp(path)
    assert stamp is not None
    intake.settling.note(str(path.parent), path.name, stamp, time.monotonic())


def run(intake: Intake, done: Callable[[], object], timeout_s: float = 20.0) -> None:
    ends = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < ends
        intake.deliver(time.monotonic())
        time.sleep(0.005)


def run_for(intake: Intake, seconds: float) -> None:
    ends = time.monotonic() + seconds
    run(intake, lambda: time.monotonic() > ends)


def test_a_photo_is_queued_and_remembered(watched: Any, intake: Intake) -> None:
    path = watched.write("a.dng")
    note(intake, path)
    intake.deliver(time.monotonic())
    assert watched.ready == []
    run(intake, lambda: watched.names == ["a.dng"])
    assert watched.seen.known(watched.root.id)[path] == watched.ready[0].seen
    assert len(intake.settling) == 0


def test_w3_a_slow_copy(watched: Any, intake: Intake) -> None:
    path = watched.write("a.dng", b"")
    portion = b"II* " + os.urandom(150_000)

    def copy() -> None:
        with path.open("ab", buffering=0) as file:
            for _ in range(20):
                time.sleep(0.04)
                file.write(portion)
        os.utime(path, (1e9, 1e9))  # the time it was taken

    thread = threading.Thread(target=copy)
    thread.start()
    note(intake, path)
    run(intake, lambda: watched.ready)
    assert not thread.is_alive()
    assert watched.ready[0].seen.size == 20 * len(portion)
    thread.join()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who writes a file")
def test_w3_a_copy_that_stalls(watched: Any, intake: Intake) -> None:
    path = watched.write("a.dng", b"")
    with path.open("ab", buffering=0) as file:
        file.write(b"II* the first half")
        note(intake, path)
        run_for(intake, 1.0)
        assert watched.ready == []
        file.write(b"and the second one")
    run(intake, lambda: watched.ready)
    assert watched.ready[0].seen.size == 36


def test_w3_a_copy_that_died_and_is_made_again(watched: Any, intake: Intake) -> None:
    path = watched.write("a.dng", b"II* half of a pho")
    note(intake, path)
    run(intake, lambda: len(watched.ready) == 1)  # and its job says that it is cut off
    path.write_bytes(b"II* half of a photo and the other half")
    note(intake, path)
    run(intake, lambda: len(watched.ready) == 2)


def test_w3_a_file_allocated_first_and_filled_later(watched: Any, intake: Intake) -> None:
    path = watched.write("a.dng", bytes(100_000))
    note(intake, path)
    run_for(intake, 0.5)
    assert watched.ready == []
    with path.open("r+b") as file:
        file.write(b"II* ")
    run_for(intake, 0.5)
    assert watched.ready == []
    with path.open("r+b") as file:
        file.write(b"II* " + b"x" * 99_996)
    os.utime(path, (1e9, 1e9))
    run(intake, lambda: watched.ready)
    assert watched.ready[0].seen.size == 100_000
    assert watched.ready[0].seen.mtime_ns == 10**18


def test_w3_an_end_of_zeros_is_believed_in_the_end(watched: Any, intake: Intake) -> None:
    note(intake, watched.write("a.dng", b"II* dark corner" + bytes(1000)))
    began = time.monotonic()
    run(intake, lambda: watched.ready)
    assert time.monotonic() - began >= SHORT.doubt_s


def test_what_is_unreadable_for_a_while_is_not_given_up(
    watched: Any, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sidelight.service import intake as module
    from sidelight.service.readiness import Readiness

    note(intake, watched.write("a.dng"))
    with monkeypatch.context() as patch:
        patch.setattr(module, "look", lambda *args, **more: Readiness("unreadable"))
        run_for(intake, 1.0)
    assert len(intake.settling) == 1
    run(intake, lambda: watched.ready)


def test_a_photo_that_is_gone_is_forgotten(watched: Any, intake: Intake) -> None:
    path = watched.write("a.dng")
    note(intake, path)
    path.unlink()
    run(intake, lambda: len(intake.settling) == 0)
    assert watched.ready == []


def test_w4_known_content_is_no_work(watched: Any, intake: Intake) -> None:
    path = watched.write("a.dng")
    note(intake, path)
    run(intake, lambda: watched.ready)
    path.touch()
    note(intake, path)
    run(intake, lambda: len(intake.settling) == 0)
    stamp = read_stamp(path)
    assert stamp is not None
    assert watched.seen.known(watched.root.id)[path].mtime_ns == stamp.mtime_ns
    assert len(watched.ready) == 1


def test_w4_of_two_heirs_one_is_a_copy(watched: Any, intake: Intake) -> None:
    path = watched.write("a.dng")
    note(intake, path)
    run(intake, lambda: watched.ready)
    for name in ("b.dng", "c.dng"):
        note(intake, Path(shutil.copy(path, watched.top / name)))
    path.unlink()
    run(intake, lambda: len(intake.settling) == 0)
    assert len(watched.ready) == 2
    assert watched.seen.count(watched.root.id) == 2


def test_w10_a_jpeg_whose_raw_file_came_is_only_remembered(watched: Any, intake: Intake) -> None:
    path = watched.write("a.jpg")
    note(intake, path)
    watched.write("a.dng")
    run(intake, lambda: watched.seen.count(watched.root.id) == 1)
    assert watched.ready == []


@pytest.mark.parametrize("error", [StateError("the disk is full"), ZeroDivisionError()])
def test_what_was_refused_is_handed_over_again(
    watched: Any, intake: Intake, error: Exception
) -> None:
    watched.refuse = error
    for name in ("a.dng", "b.dng"):
        note(intake, watched.write(name))
    with pytest.raises(type(error)):
        run(intake, lambda: watched.ready)
    assert watched.seen.count(watched.root.id) == watched.jobs.counts()["queued"] == 0
    assert len(intake.settling) == 2
    run(intake, lambda: len(watched.ready) == 2)


def test_a_root_removed_meanwhile(watched: Any, intake: Intake) -> None:
    note(intake, watched.write("a.dng"))
    watched.roots.remove(watched.root.id)
    with pytest.raises(RootNotFoundError):
        run(intake, lambda: watched.ready)
    assert watched.jobs.counts()["queued"] == 0


def test_writers_on_a_network_drive_are_not_asked_for(watched: Any) -> None:
    intake = Intake(watched.root.id, watched.store, SHORT, knows_writers=False)
    path = watched.write("a.dng")
    with path.open("ab"):
        note(intake, path)
        run(intake, lambda: watched.ready)


def test_photos_of_a_catalog_need_not_settle(watched: Any, tmp_path: Path) -> None:
    known = watched.write("known.dng")
    watched.remember(known)
    fresh = tmp_path / "fresh.dng"
    fresh.write_bytes(b"II* fresh")
    root = watched.roots.add(tmp_path / "library.db", "darktable", editors=["darktable"])
    for _ in range(2):
        take_in(watched.store, root.id, [known, fresh, tmp_path / "gone.dng", tmp_path])
    assert watched.names == ["fresh.dng"]
    assert watched.seen.count(root.id) == 1
    with pytest.raises(RootNotFoundError):
        take_in(watched.store, 99, [Path(shutil.copy(known, tmp_path / "other.dng"))])


def test_the_delays_follow_the_drive() -> None:
    assert replace(SHORT, network_settle_s=0.5).on(network=True).doubt_s == 7.5
