"""Do the decoders work?"""

from __future__ import annotations

import pytest

from sidelight.workflows.doctor import decoders


def test_a_raw_file_and_a_jpeg_are_decoded() -> None:
    assert decoders.check_decoders().level == "ok"


def test_a_decoder_that_fails_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    make = decoders._make_samples

    def cut_off(folder):
        raw, jpeg = make(folder)
        raw.write_bytes(raw.read_bytes()[:3000])
        return raw, jpeg

    monkeypatch.setattr(decoders, "_make_samples", cut_off)
    check = decoders.check_decoders()
    assert check.level == "failed" and check.text.startswith("sample.dng")
