"""Text that came from outside, made safe to show on a terminal."""

from __future__ import annotations

from sidelight.workflows.printable import printable

__all__ = ["printable"]
