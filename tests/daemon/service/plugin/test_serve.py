"""The helper program as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.service.plugin import ACTIONS, load_action
from sidelight.service.plugin.serve import OTHER_VERSION, serve


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_is_there(name: str) -> None:
    assert callable(load_action(name))


@pytest.mark.parametrize("header", [{"action": "dance"}, {"action": "undo", "protocol": 2}, {}])
def test_other_versions_of_the_script_are_told_what_helps(
    script, tmp_path: Path, header: dict
) -> None:
    talk = script(tmp_path / "home", **header)
    assert talk.hear("fatal").fields["text"] == OTHER_VERSION
    assert talk.helper.wait(30) == 1


def test_a_surprise_is_told_before_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def surprised(talk: object) -> None:
        raise RuntimeError("what is this")

    monkeypatch.setattr("sidelight.service.plugin.undo.run", surprised)
    orders = tmp_path / "1.orders"
    orders.write_bytes(b"sidelight action=undo protocol=1\n")
    with pytest.raises(RuntimeError):
        serve(orders)
    assert b"fatal" in orders.with_name("1.orders.answers").read_bytes()
