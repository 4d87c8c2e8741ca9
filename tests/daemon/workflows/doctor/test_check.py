"""How a check that breaks becomes a finding."""

from __future__ import annotations

from sidelight.errors import ToolError
from sidelight.workflows.doctor.check import Check, guarded


def test_one_broken_check_does_not_hide_the_others() -> None:
    def broken() -> Check:
        raise ToolError("it is on fire")

    good = Check("good", "ok", "fine")
    found = list(guarded((("bad", broken), ("good", lambda: good))))
    assert found == [Check("bad", "failed", "it is on fire"), good]


def test_a_check_may_find_several_things() -> None:
    two = [Check("a", "ok", "1"), Check("a", "warning", "2")]
    assert list(guarded((("a", lambda: iter(two)),))) == two
