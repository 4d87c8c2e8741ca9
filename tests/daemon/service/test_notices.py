"""One sentence for each folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.service.notices import MOST, Notices

READ_ONLY = "The medium with the folder card is read-only, so no sidecar was written there."


def _waiting(editor: str = "darktable") -> list[dict[str, str]]:
    return [{"editor": editor, "status": "waiting", "reason": READ_ONLY}]


def test_s5_one_sentence_for_a_folder(caplog: pytest.LogCaptureFixture) -> None:
    notices = Notices()
    for number in range(50):
        notices.after_job(Path(f"/card/{number}.nef"), _waiting(), {})
    assert len(notices.all()) == 1
    assert "read-only" in notices.all()[0]
    assert len(caplog.records) == 1


def test_a_folder_that_can_be_written_again_is_forgotten() -> None:
    notices = Notices()
    notices.after_job(Path("/card/1.nef"), _waiting(), {})
    notices.after_job(Path("/card/2.nef"), [{"editor": "cube", "status": "written"}], {})
    assert notices.all() == ()


def test_what_waits_for_a_catalog_is_no_trouble() -> None:
    notices = Notices()
    notices.after_job(Path("/card/1.nef"), _waiting("lightroom"), {"lightroom": "it holds it"})
    assert notices.all() == ()


def test_there_is_an_end_to_it() -> None:
    notices = Notices()
    for number in range(3 * MOST):
        notices.add(number, f"sentence {number}")
    assert len(notices.all()) == MOST
    assert notices.all()[-1] == f"sentence {3 * MOST - 1}"
