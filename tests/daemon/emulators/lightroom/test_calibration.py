"""The user's constants: found, absent, damaged."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from sidelight.emulators import load_emulator
from sidelight.emulators.lightroom import LightroomConstants, is_calibrated, load_calibration
from sidelight.emulators.lightroom.calibration import Calibration
from sidelight.paths import HOME_VARIABLE, lightroom_calibration_file

FOUND = Calibration(LightroomConstants(shadows_ev=2.2), ("shadows",), {"before": 4.0, "after": 1.0})


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    path = lightroom_calibration_file()
    path.parent.mkdir(parents=True)
    return path


def test_without_a_file_the_defaults_count() -> None:
    assert load_calibration() == Calibration()
    assert not is_calibrated() and not is_calibrated(hdr=True)
    assert load_emulator("lightroom").constants == LightroomConstants()  # type: ignore[attr-defined]


def test_a_saved_calibration_is_used(file: Path) -> None:
    file.write_text(json.dumps(FOUND.to_json()))
    assert load_calibration() == FOUND
    assert is_calibrated() and not is_calibrated(hdr=True)
    assert load_emulator("lightroom").constants.shadows_ev == 2.2  # type: ignore[attr-defined]
    file.write_text(json.dumps(Calibration(groups=("hdr",)).to_json()))
    assert is_calibrated(hdr=True) and not is_calibrated()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"[1]",
        b'{"schema": 2}',
        b'{"schema": 1, "constants": {"shadows_ev": 1e400}, "groups": []}',
        b'{"schema": 1, "constants": {}, "groups": ["everything"]}',
        b'{"schema": 1, "constants": 3, "groups": []}',
        b"9" * 200_000,
    ],
)
def test_a_damaged_file_is_named_once_and_the_defaults_count(
    file: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert load_calibration() == Calibration() == load_calibration()
    (record,) = caplog.records
    assert str(file) in record.getMessage() and "--reset" in record.getMessage()
    assert file.read_bytes() == content
