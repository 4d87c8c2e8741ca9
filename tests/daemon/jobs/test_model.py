"""The words of the queue."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import get_args

import pytest

from sidelight.jobs.model import OPEN_STATES, Priority, Request, State


def test_who_waits_comes_first() -> None:
    assert sorted(Priority) == [Priority.INTERACTIVE, Priority.BATCH]


def test_open_states_are_states() -> None:
    assert set(OPEN_STATES) < set(get_args(State))


def test_a_request_stays_as_it_was_asked() -> None:
    request = Request(Path("/a.NEF"))
    with pytest.raises(FrozenInstanceError):
        request.kind = "other"  # type: ignore[misc]
    assert request.options is not Request(Path("/a.NEF")).options
