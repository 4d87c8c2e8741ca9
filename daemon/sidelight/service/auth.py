"""Who may ask: a secret token, a proof that one knows it, and a brake on guessing."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import deque
from collections.abc import Callable

TOKEN_BYTES = 32

FAILURES = 50
WINDOW_S = 10.0
PENALTY_S = 10.0
"""So many wrong tokens within the window, and wrong ones are refused unread for a while."""

_SCHEME = "bearer "


class Token:
    """The secret that clients send; URL-safe text of 32 random bytes."""

    def __init__(self, text: str | None = None) -> None:
        self.text = text or new_token()

    def __repr__(self) -> str:
        return "Token(…)"

    def rotate(self) -> str:
        """Replace it; whoever holds the old one is locked out. Returns the new one."""
        self.text = new_token()
        return self.text

    def proof(self, nonce: str) -> str:
        """Return the HMAC-SHA256 of a nonce in hexadecimal: proof of knowing the token."""
        return make_proof(self.text, nonce)

    def opens(self, authorization: str | None) -> bool:
        """Whether an Authorization header carries the token; takes as long whatever it holds."""
        given = authorization or ""
        is_bearer = given[: len(_SCHEME)].lower() == _SCHEME
        value = given[len(_SCHEME) :].strip(" ").encode("utf-8", "surrogateescape")
        return hmac.compare_digest(value, self.text.encode("ascii")) and is_bearer


def new_token() -> str:
    """Return a fresh secret."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def make_proof(token: str, nonce: str) -> str:
    """Return the HMAC-SHA256 of `nonce` under `token`, in hexadecimal."""
    return hmac.new(token.encode("ascii"), nonce.encode("utf-8"), hashlib.sha256).hexdigest()


class Throttle:
    """Counts wrong tokens; too many in a short time, and further ones are not even answered 401.

    Args:
        failures: Wrong tokens that are too many.
        window_s: Within this time.
        penalty_s: How long the brake stays on.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        failures: int = FAILURES,
        window_s: float = WINDOW_S,
        penalty_s: float = PENALTY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._window_s = window_s
        self._penalty_s = penalty_s
        self._clock = clock
        self._until = float("-inf")
        self._recent: deque[float] = deque(maxlen=failures)

    def failed(self) -> float:
        """Note a wrong token; return the seconds for which wrong ones are refused, or 0."""
        now = self._clock()
        if now < self._until:
            return self._until - now
        self._recent.append(now)
        full = len(self._recent) == self._recent.maxlen
        if full and now - self._recent[0] <= self._window_s:
            self._until = now + self._penalty_s
            self._recent.clear()
        return 0.0
