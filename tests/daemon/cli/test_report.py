"""What people see: table, progress bar, colours only where they belong."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sidelight.cli.report import Report
from sidelight.workflows.result import Result


def reason(number: int) -> dict[str, object]:
    return {"slider": "s", "value": 1.0, "term": "t", "text": f"reason {number}"}


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    many = tuple(reason(number) for number in range(5))
    with Report(2, as_json=False) as report:
        report.add(Result(Path("a"), "darktable", "written", reasons=many, confidence=0.625))
        report.add(Result(Path("[red]b\x1b"), "lightroom", "error", "it is cut off"))
    out = capsys.readouterr().out
    assert report.failed
    assert "reason 2" in out and "reason 3" not in out and "and 2 more" in out
    assert "62%" in out
    assert "[red]b\\x1b" in out and "\x1b" not in out
    assert out.rstrip().endswith("1 written, 1 failed")


def on_a_terminal(arguments: list[str], **environment: str) -> str:
    """Return what a command shows on a terminal of 100 columns."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "sidelight", *arguments],
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100", **environment},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait() == 0
    return shown.decode("utf-8", "replace")


def test_progress_on_a_terminal_for_more_than_one_photo(raw: Path) -> None:
    arguments = ["auto", "--editor", "darktable", "--workers", "1"]
    assert "developing" not in on_a_terminal([*arguments, str(raw)])
    shutil.copy(raw, raw.with_name("second.dng"))
    shown = on_a_terminal([*arguments, str(raw.parent)])
    assert "developing" in shown
    assert "2 written" in shown
    plain = on_a_terminal([*arguments, str(raw)], NO_COLOR="1")
    assert "\x1b[3" not in plain and "written" in plain


def test_json_shows_no_progress(raw: Path) -> None:
    shutil.copy(raw, raw.with_name("second.dng"))
    shown = on_a_terminal(["auto", "--json", "--editor", "darktable", str(raw.parent)])
    assert [line[:9] for line in shown.splitlines()] == ['{"photo":'] * 2
