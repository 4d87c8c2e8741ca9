"""Private folders that leave nothing behind."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sidelight.imaging.scratch import scratch_folder

KILLED = """
import os, signal
from sidelight.imaging.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "large").write_bytes(bytes(1000))
    print(folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_private_and_goes_with_its_content(temporary: Path) -> None:
    with scratch_folder() as one, scratch_folder() as two:
        assert one != two and one.parent == temporary
        (one / "file").touch()
        if os.name == "posix":
            assert stat.S_IMODE(one.stat().st_mode) == 0o700
    assert list(temporary.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX systems")
def test_what_a_killed_process_left_is_removed(temporary: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True)
    left = Path(done.stdout.strip())
    assert left.parent == temporary and (left / "large").exists()
    (temporary / "sidelight-scratch-notes").mkdir()
    with scratch_folder() as own, scratch_folder():
        assert not left.exists()
        assert own.exists()
    assert [path.name for path in temporary.iterdir()] == ["sidelight-scratch-notes"]
