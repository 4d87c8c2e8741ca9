"""The daemon as scripts find it: absent, older, of another kind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sidelight import __version__
from sidelight.errors import ServiceError
from sidelight.service.client import AnswerError
from sidelight.service.plugin import daemon as tested
from sidelight.service.plugin.daemon import grant, reach_daemon

SETTINGS = {"action": "auto", "engine": "auto", "headroom": "0", "strength": "1"}


def test_an_absent_daemon_is_said_with_what_helps(script, tmp_path: Path) -> None:
    talk = script(tmp_path / "home", **SETTINGS)
    assert talk.hear("fatal").fields["text"] == tested.ABSENT
    assert talk.helper.wait(30) == 1


def test_a_killed_daemon_is_absent(daemon, script) -> None:
    running = daemon()
    running.kill()
    talk = script(running.home, **SETTINGS)
    assert talk.hear("fatal").fields["text"] == tested.ABSENT


@pytest.mark.parametrize(("version", "is_older"), [("0.0.9", True), ("99.0.0", False)])
def test_versions_are_compared(daemon, monkeypatch, version: str, is_older: bool) -> None:
    running = daemon()
    endpoint = running.home / "state" / "endpoint.json"
    values = {**running.endpoint, "version": version}
    endpoint.write_text(json.dumps(values), encoding="utf-8")
    monkeypatch.setenv("SIDELIGHT_HOME", str(running.home))
    if not is_older:
        assert reach_daemon().version == version
        return
    with pytest.raises(ServiceError, match=rf"older \({version}\).*{__version__}"):
        reach_daemon()


def test_a_daemon_that_does_not_know_the_request_is_older(tmp_path: Path) -> None:
    class Old:
        version = "0.1.0"

        def request(self, method: str, path: str, body: object) -> dict:
            raise AnswerError(404, "not_found", "there is no such thing")

    with pytest.raises(ServiceError, match="older"):
        grant(Old(), tmp_path / "a.dng")


def test_a_folder_that_is_not_there_is_said(daemon, tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="no such folder"):
        grant(daemon().client, tmp_path / "nowhere" / "a.dng")
