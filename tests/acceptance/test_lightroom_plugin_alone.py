"""The plug-in for Lightroom where Sidelight does not answer as it should.

A daemon of ours does not answer late, with nonsense or in another version when a test wants it,
so a server of the test does; whatever a real daemon can do is done by one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.slow

UNREACHABLE = "Sidelight is not running. Start it with: sidelight serve"
STRANGER = "another program answers in Sidelight's place, or endpoint.json holds a wrong token"


@pytest.fixture
def fake(load_helper: Callable[[str], ModuleType], lonely) -> Iterator[Any]:
    with load_helper("lua_plugins/lightroom/fake_daemon.py").running() as running:
        running.publish(lonely.endpoint)
        yield running


@pytest.fixture
def photos(tiny_raw, tmp_path: Path) -> list[Path]:
    return [tiny_raw(tmp_path / f"photo_{number}.dng") for number in range(2)]


def test_without_the_daemon_it_is_said_at_once(lonely, photos: list[Path]) -> None:
    started = time.monotonic()
    result = lonely.run(photos)
    assert time.monotonic() - started < 2
    assert result.said == f"Sidelight: Auto HDR\n{UNREACHABLE}"
    assert not result.happened("http") and not result.steps


def test_a_wrong_token_is_said_at_once_and_is_not_sent(
    lonely, photos: list[Path], lasting_daemon
) -> None:
    wrong = {**lasting_daemon.endpoint, "token": "not-the-token"}
    lonely.endpoint.parent.mkdir(parents=True)
    lonely.endpoint.write_text(json.dumps(wrong), encoding="utf-8")
    started = time.monotonic()
    result = lonely.run(photos)
    assert time.monotonic() - started < 2
    assert result.said == (
        f"Sidelight: Auto HDR\n{STRANGER}; nothing was sent to it. Restart Sidelight"
    )
    (asked,) = result.happened("http")
    assert asked["status"] == 200 and "Authorization" not in asked["headers"]
    assert not result.steps and not result.happened("apply")


def test_whoever_took_the_port_learns_nothing(lonely, photos, fake) -> None:
    fake.key = "another"
    assert STRANGER in lonely.run(photos).said
    assert len(fake.heard) == 1 and fake.heard[0].startswith("GET /v1/hello?nonce=")
    assert "token-of-the-fake" not in "".join(fake.heard)
    assert "authorization" not in fake.heard[0].lower()


def test_another_version_is_named(lonely, photos, fake) -> None:
    fake.api = [2, 3]
    assert "sidelight setup lightroom" in lonely.run(photos).said
    fake.api = [1, 2]
    fake.status = 500
    assert "2 failed" in lonely.run(photos).said


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, b'{"code": "internal", "detail": "a bug; see the log"}', "a bug; see the log"),
        (500, b"<html>", "Sidelight answered with an error (500)"),
        (200, b'{"editors": {', "cannot be read"),
        (200, b"[1]", "no edit for Lightroom"),
        (200, b'{"editors": {"lightroom": {"error": "too dark"}}}', "too dark"),
        (200, b'{"editors": {"lightroom": {"terms": [{}, 1]}}}', "no settings"),
    ],
)
def test_wrong_answers_change_nothing(
    status: int, body: bytes, reason: str, lonely, photos, fake
) -> None:
    fake.status, fake.body = status, body
    result = lonely.run(photos)
    assert "2 failed" in result.said and reason in result.said
    assert not result.steps


def test_a_slow_daemon_is_given_up(lonely, photos, fake) -> None:
    fake.delay_s = 30
    result = lonely.run(photos[:1], "w:load('Daemon').ANSWER_S = 1\n" + lonely.press("Auto"))
    assert "Sidelight does not answer" in result.said
    assert not result.steps
