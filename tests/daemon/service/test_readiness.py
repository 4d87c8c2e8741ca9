"""Whether a photo is complete."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sidelight.service.readiness import Readiness, is_open_for_writing, look
from sidelight.service.scan import Stamp, read_stamp

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who writes a file")


def stamp_of(path: Path) -> Stamp:
    stamp = read_stamp(path)
    assert stamp is not None
    return stamp


def check(path: Path, *accept: str) -> Readiness:
    return look(str(path), stamp_of(path), accept=frozenset(accept))  # type: ignore[arg-type]


def test_a_complete_photo_is_named_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    path.write_bytes(b"II* " * 300_000)
    found = check(path)
    assert found.state == "ready"
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.stamp == stamp_of(path)


def test_w3_a_file_that_was_only_allocated(tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    path.write_bytes(bytes(5000))
    assert check(path, "written", "doubtful").state == "empty"
    path.write_bytes(b"")
    assert check(path).state == "empty"
    path.write_bytes(b"II* begun" + bytes(5000))
    assert check(path).state == "doubtful"
    assert check(path, "doubtful").state == "ready"


@linux
def test_w3_a_file_that_somebody_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    path.write_bytes(b"II* begun")
    with path.open("ab"):
        assert check(path).state == "written"
        assert check(path, "written").state == "ready"
    with path.open("rb"):
        assert check(path).state == "ready"


@linux
def test_somebody_who_begins_to_write_meanwhile_harms_nobody(tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    path.write_bytes(b"II* begun")
    code = f"for _ in range(3000): open({str(path)!r}, 'ab').close()"
    writer = subprocess.Popen([sys.executable, "-c", code])
    before = signal.getsignal(signal.SIGURG)
    answers = set()
    while writer.poll() is None:
        with path.open("rb") as file:
            answers.add(is_open_for_writing(file.fileno()))
    assert writer.returncode == 0
    assert False in answers
    assert signal.getsignal(signal.SIGURG) is before


def test_a_file_that_changed_since_it_was_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    path.write_bytes(b"II* one")
    stamp = stamp_of(path)
    time.sleep(0.02)
    path.write_bytes(b"II* two, longer")
    assert look(str(path), stamp).state == "changed"
    assert look(str(path), stamp).stamp == stamp_of(path)


def test_what_took_its_place_is_never_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    path.write_bytes(b"II* one")
    stamp = stamp_of(path)
    path.unlink()
    assert look(str(path), stamp).state == "gone"
    path.symlink_to(tmp_path / "b.dng")
    (tmp_path / "b.dng").write_bytes(b"II* secret")
    assert look(str(path), stamp).state == "gone"
    path.unlink()
    os.mkfifo(path)
    assert look(str(path), stamp).state == "gone"


def test_what_cannot_be_read_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.dng"
    path.write_bytes(b"II* one")

    def refuse(*args: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    found = look(str(path), stamp_of(path))
    assert (found.state, found.reason) == ("unreadable", "Permission denied")
