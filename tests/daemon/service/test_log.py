"""The log keeps secrets, stays private and stays small."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidelight.service.log import FILES, MAX_BYTES, NAME, start_log, stop_log

TOKEN = "canary-token-0123456789abcdef"

LINES = [
    "reading /home/anna/Pictures/2025/IMG_1.CR3",
    "[Errno 2] No such file or directory: '/home/anna/My Pictures/Wed ding/IMG_1.CR3'",
    "reading C:\\Users\\anna\\Pictures\\IMG_1.CR3",
    "reading \\\\server\\anna\\IMG_1.CR3",
    "two: /home/anna/a.NEF and /home/anna/b.NEF",
    "My Photos: /media/anna o'neil/My card/DCIM/IMG_1.CR3 is unreadable",
]


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    yield logging.getLogger("sidelight.test")
    stop_log()


def _text(folder: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())


@pytest.mark.parametrize("line", LINES)
def test_v2_a_path_is_logged_by_name_only(tmp_path: Path, log: logging.Logger, line: str) -> None:
    hide = start_log(tmp_path / "log")
    hide.hide_folder(Path("/media/anna o'neil/My card"))
    log.warning("%s", line)
    text = _text(tmp_path / "log")
    assert "anna" not in text
    assert any(name in text for name in ("IMG_1.CR3", "b.NEF"))


def test_v2_a_traceback_names_no_folder(tmp_path: Path, log: logging.Logger) -> None:
    start_log(tmp_path / "log")
    try:
        Path("/home/anna/none.NEF").read_bytes()
    except OSError:
        log.exception("a job failed")
    text = _text(tmp_path / "log")
    assert "none.NEF" in text
    assert "anna" not in text
    assert str(Path(__file__).parent) not in text


def test_v2_verbose_names_folders_but_never_the_token(tmp_path: Path, log: logging.Logger) -> None:
    hide = start_log(tmp_path / "log", verbose=True)
    hide.hide_secret(TOKEN)
    log.warning("/home/anna/a.NEF Bearer %s GPSLatitude=52.5163 N", TOKEN)
    text = _text(tmp_path / "log")
    assert "/home/anna/a.NEF" in text
    assert TOKEN not in text
    assert "52.5163" not in text


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_v3_the_log_is_private_under_umask_0(tmp_path: Path, log: logging.Logger) -> None:
    before = os.umask(0)
    try:
        start_log(tmp_path / "log")
        log.warning("hello")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "log" / NAME).stat().st_mode) == 0o600


def test_the_log_stays_small_and_private(tmp_path: Path, log: logging.Logger) -> None:
    start_log(tmp_path / "log")
    for _ in range(130):
        log.info("%s", "x" * 100_000)
    files = list((tmp_path / "log").iterdir())
    assert len(files) == FILES
    assert sum(path.stat().st_size for path in files) <= FILES * MAX_BYTES
    if os.name == "posix":
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_undecodable_names_are_logged(tmp_path: Path, log: logging.Logger) -> None:
    start_log(tmp_path / "log")
    log.warning("photo %s", os.fsdecode(b"bad\xff.NEF"))
    assert "bad" in _text(tmp_path / "log")
