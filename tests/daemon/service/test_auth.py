"""The token, the proof of knowing it, and the brake on guessing."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode

import pytest

from sidelight.service.auth import Throttle, Token, make_proof


def test_a_token_is_32_random_bytes() -> None:
    one, other = Token().text, Token().text
    assert one != other
    assert len(urlsafe_b64decode(one + "=" * (-len(one) % 4))) == 32


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  "])
def test_the_scheme_is_read_without_case(scheme: str) -> None:
    assert Token("secret").opens(f"{scheme}secret")


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "secret",
        "Basic secret",
        "Bearer secre",
        "Bearer secrets",
        "Bearer secret secret",
        "Bearer Secret",
        "Bearer secret\udcff",
        "Bearer sécret",
    ],
)
def test_nothing_else_opens(given: str | None) -> None:
    assert not Token("secret").opens(given)


def test_rotation_locks_the_old_one_out() -> None:
    token = Token()
    old = token.text
    assert token.rotate() == token.text != old
    assert not token.opens(f"Bearer {old}")


def test_the_proof_is_an_hmac_of_the_nonce() -> None:
    wanted = hmac.new(b"secret", b"nonce", hashlib.sha256).hexdigest()
    assert Token("secret").proof("nonce") == make_proof("secret", "nonce") == wanted


def test_a_token_does_not_show_itself() -> None:
    token = Token()
    assert token.text not in repr(token)


def test_the_brake_comes_on_and_goes_off() -> None:
    now = 100.0
    throttle = Throttle(failures=3, window_s=10, penalty_s=5, clock=lambda: now)
    assert [throttle.failed() for _ in range(3)] == [0.0, 0.0, 0.0]
    now = 102.0
    assert throttle.failed() == pytest.approx(3.0)
    now = 105.0
    assert throttle.failed() == 0.0


def test_failures_far_apart_do_not_count_together() -> None:
    now = 0.0
    throttle = Throttle(failures=3, window_s=10, penalty_s=5, clock=lambda: now)
    for _ in range(20):
        now += 6.0
        assert throttle.failed() == 0.0
