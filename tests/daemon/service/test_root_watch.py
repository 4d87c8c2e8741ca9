"""One watched folder, step by step."""

from __future__ import annotations

import json
import math
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from _pytest.logging import LogCaptureFixture

from sidelight.service.observers import Inotify, Refused
from sidelight.service.settle import WatchTiming
from sidelight.state.mounts import Mount

linux = pytest.mark.skipif(sys.platform != "linux", reason="namespaces and inotify are Linux's")


def scanned(watch: Any) -> Any:
    return lambda: watch.last_scan


def test_a_step_says_when_the_next_is_due(watched: Any) -> None:
    watch = watched.watch()
    watched.drive(watch, scanned(watch))
    now = time.monotonic()
    assert now < watch.step(now) <= now + 0.2
    watch.pause()
    assert watch.step(now) == math.inf


def test_w7_a_root_that_is_deleted_and_comes_back(watched: Any) -> None:
    watched.write("day/a.dng")
    watch = watched.watch()
    watched.drive(watch, lambda: watched.names == ["a.dng"])
    shutil.move(watched.top, f"{watched.top} elsewhere")
    watched.drive(watch, lambda: watched.state[0] == "missing")
    assert "not there" in watched.state[1]
    assert watched.seen.count(watched.root.id) == 1
    shutil.move(f"{watched.top} elsewhere", watched.top)
    watched.write("day/b.dng")
    watched.drive(watch, lambda: watched.names == ["a.dng", "b.dng"])
    assert watched.state == ("watching", "")
    watched.drive_for(watch, 0.5)
    assert len(watched.ready) == 2


def test_w7_a_file_in_place_of_the_root(watched: Any) -> None:
    watch = watched.watch()
    watched.drive(watch, scanned(watch))
    watched.top.rmdir()
    watched.top.write_bytes(b"")
    watched.drive(watch, lambda: "a file" in watched.state[1])
    watched.top.unlink()
    watched.top.mkdir()
    watched.write("a.dng")
    watched.drive(watch, lambda: watched.names == ["a.dng"])


LOCKED = """
import json, sys
from pathlib import Path
from watched_folder import Watched
watched = Watched(Path(sys.argv[1]))
watched.write("a.dng")
watch = watched.watch()
watched.drive(watch, lambda: watched.names == ["a.dng"])
inner = watched.write("locked/c.dng").parent
inner.chmod(0)
watched.drive(watch, watch.warnings)
(warning,) = watch.warnings()
watched.top.chmod(0)
watched.drive(watch, lambda: watched.state[0] == "missing")
states = [watched.state]
watched.top.chmod(0o700)
inner.chmod(0o700)
watched.write("b.dng")
watched.drive(watch, lambda: len(watched.ready) == 3)
watched.drive_for(watch, 0.5)
print(json.dumps([*states, watched.state, watched.names, warning]))
"""


@linux
def test_w7_permission_that_is_lost(in_namespace, tmp_path: Path) -> None:
    answer = in_namespace(LOCKED, str(tmp_path), user=1000)  # root would be refused nothing
    assert answer.returncode == 0, answer.stderr
    lost, found, names, warning = json.loads(answer.stdout)
    assert "locked cannot be listed" in warning
    assert lost[0] == "missing" and "may not look" in lost[1]
    assert found == ["watching", ""]
    assert names == ["a.dng", "b.dng", "c.dng"]


def test_w7_an_empty_folder_at_the_start_where_a_drive_belongs(watched: Any) -> None:
    photo = watched.remember(watched.write("a.dng"))
    watched.seen.remember([replace(photo, device=photo.device + 1)])
    photo.path.unlink()
    watch = watched.watch()
    watched.drive(watch, lambda: watched.state[0] == "missing")
    watched.write("b.dng")
    watched.drive(watch, lambda: watched.names == ["b.dng"])
    assert watched.state == ("watching", "")
    assert watched.seen.count(watched.root.id) == 2


MOUNTED = """
import json, subprocess, sys, time
from pathlib import Path
from watched_folder import Watched
tmp = Path(sys.argv[1])
watched = Watched(tmp)
states = []
def mount():
    subprocess.run(["mount", "-t", "tmpfs", "none", watched.top], check=True)
mount()
watched.write("a.dng")
watched.write("old/b.dng")
watch = watched.watch()
watched.drive(watch, lambda: len(watched.ready) == 2)
subprocess.run(["umount", watched.top], check=True)
watched.drive(watch, lambda: watched.state[0] == "missing")
states.append(watched.state)
known = watched.seen.count(watched.root.id)
mount()
for name in ("a.dng", "old/b.dng", "c.dng"):
    watched.write(name)
watched.drive(watch, lambda: len(watched.ready) >= 3)
states.append(watched.state)
watched.write("late/d.dng")
watched.drive(watch, lambda: len(watched.ready) >= 4)
watched.drive_for(watch, 1.0)
print(json.dumps([states, known, watched.names]))
"""


@linux
def test_w7_a_drive_that_is_taken_away_and_connected_again(in_namespace, tmp_path: Path) -> None:
    answer = in_namespace(MOUNTED, str(tmp_path), mounts=True)
    assert answer.returncode == 0, answer.stderr
    states, known, names = json.loads(answer.stdout)
    assert states[0][0] == "missing" and "drive" in states[0][1]
    assert states[1] == ["watching", ""]
    assert known == 2
    assert names == ["a.dng", "b.dng", "c.dng", "d.dng"]


EXHAUSTED = """
import json, logging, sys
from pathlib import Path
logging.basicConfig()
Path("/proc/sys/user/max_inotify_watches").write_text("3")
from watched_folder import Watched
watched = Watched(Path(sys.argv[1]))
for number in range(10):
    watched.write(f"day {number}/a.dng", b"II* %d" % number)
watch = watched.watch()
watched.drive(watch, lambda: len(watched.ready) == 10)
watched.write("day 7/b.dng")
watched.drive(watch, lambda: len(watched.ready) == 11)
watched.drive_for(watch, 1.0)
print(json.dumps([watch.is_polled, watch.warnings(), len(watched.hints[0]), watched.names]))
"""


@linux
def test_w8_without_watches_left_a_root_is_polled(in_namespace, tmp_path: Path) -> None:
    answer = in_namespace(EXHAUSTED, str(tmp_path))
    assert answer.returncode == 0, answer.stderr
    is_polled, warnings, watches, names = json.loads(answer.stdout)
    assert is_polled
    assert watches == 0
    assert len(warnings) == 1 and "fs.inotify.max_user_watches" in warnings[0]
    assert answer.stderr.count("max_user_watches") == 1
    assert names == ["a.dng"] * 10 + ["b.dng"]


def test_w8_one_warning_however_many_roots(
    watched: Any, tmp_path: Path, caplog: LogCaptureFixture
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    watched.add_root(other)
    watcher = watched.start(make_hints=Refused)
    watched.until_scanned()
    (other / "a.dng").write_bytes(b"II* a")
    watched.until(lambda: watched.names == ["a.dng"])
    states = watcher.state().values()
    assert all(state["polled"] and len(state["warnings"]) == 1 for state in states)
    assert sum("no more folders" in record.message for record in caplog.records) == 1


def test_a_network_drive_is_polled_and_settles_longer(
    watched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sidelight.service import root_watch, watcher

    network = Mount("nfs4", is_network=True)
    for module in (root_watch, watcher):
        monkeypatch.setattr(module, "mount_of", lambda path: network)
    running = watched.start(make_hints=Refused)
    watched.until_scanned()
    began = time.monotonic()
    watched.write("a.dng")
    watched.until(lambda: watched.names == ["a.dng"])
    assert time.monotonic() - began >= 0.3
    state = running.state()[watched.root.id]
    assert state["polled"] and state["network"]
    assert state["warnings"] == []  # as it should be


def test_a_whole_scan_finds_what_no_event_told(watched: Any) -> None:
    class Silent(Refused):
        def watch(self, folder: str, sink: Any, *, is_root: bool = False) -> None:
            """Watch nothing, and say nothing."""

    watch = watched.watch(replace(WatchTiming(), settle_s=0.1, rescan_s=0.4), Silent())
    watched.drive(watch, scanned(watch))
    watched.write("day/a.dng")
    watched.drive(watch, lambda: watched.names == ["a.dng"])


def test_photos_long_gone_are_forgotten_in_the_end(
    watched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sidelight.service import known_photos

    for number in range(30):
        watched.remember(watched.write(f"{number}.dng"))
        (watched.top / f"{number}.dng").unlink()
    watched.remember(watched.write("a.dng"))
    watch = watched.watch()
    watched.drive(watch, scanned(watch))
    assert watched.seen.count(watched.root.id) == 31
    monkeypatch.setattr(known_photos, "KEEP_GONE", 20)
    watch.rescan()
    watched.drive(watch, lambda: watched.seen.count(watched.root.id) == 1)


def test_a_folder_that_cannot_be_listed_is_said(
    watched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sidelight.service import census

    list_folder = census.list_folder

    def refuse(folder: str) -> Any:
        if folder.endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return list_folder(folder)

    watched.write("locked/a.dng")
    watched.write("open/b.dng")
    watch = watched.watch()
    with monkeypatch.context() as patch:
        patch.setattr(census, "list_folder", refuse)
        watched.drive(watch, lambda: watched.names == ["b.dng"])
        (warning,) = watch.warnings()
    assert "locked cannot be listed" in warning
    watch.rescan()
    watched.drive(watch, lambda: watched.names == ["a.dng", "b.dng"])
    assert watch.warnings() == []


@linux
def test_a_folder_moved_in_with_all_its_content(watched: Any, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "deep" / "a.dng").write_bytes(b"II* a")
    watch = watched.watch()
    watched.drive(watch, scanned(watch))
    outside.rename(watched.top / "inside")
    watched.drive(watch, lambda: watched.names == ["a.dng"])
    (hints,) = watched.hints
    assert isinstance(hints, Inotify) and len(hints) == 3
    (watched.top / "inside").rename(outside)
    watched.drive(watch, lambda: len(hints) == 1)


def test_a_root_that_is_a_link(watched: Any, tmp_path: Path) -> None:
    real = tmp_path / "real"
    watched.top.rename(real)
    watched.top.symlink_to(real)
    watch = watched.watch()
    watched.drive(watch, scanned(watch))
    watched.write("a.dng")
    watched.drive(watch, lambda: watched.names == ["a.dng"])
    assert watched.ready[0].path == watched.top / "a.dng"
