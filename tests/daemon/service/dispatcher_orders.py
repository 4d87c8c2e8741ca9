"""What a worker process does in tests of the dispatcher: whatever the photo says."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from sidelight.errors import UnreadableError


def obey(photo: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Do what the photo's content says; runs in a worker process."""
    order = photo.read_bytes().split()[0].decode()
    if order == "abort":
        os.abort()
    if order == "hang":
        while True:
            pass
    if order == "sleep":
        time.sleep(0.3)
    if order == "bomb":
        return {"bytes": [bytes(1 << 26) for _ in range(1000)]}
    if order == "unreadable":
        raise UnreadableError("this file cannot be read")
    if order == "foreign":
        raise KeyError("no such thing")
    return {"order": order, "pid": os.getpid(), "nice": os.nice(0) if hasattr(os, "nice") else 0}


def join(name: str, answer: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    """Do what the others say; runs in a worker process."""
    if "abort" in others:
        os.abort()
    return {**answer, "joined": sorted(others), "name": name}
