"""What routes may use: an outline, which the daemon fills in."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields

from sidelight.service.core import Core


def test_it_loads_nothing() -> None:
    code = "import sys, sidelight.service.core; print('aiohttp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_part_is_described() -> None:
    assert Core.__doc__
    for field in fields(Core):
        assert field.name in Core.__doc__


def test_the_real_parts_have_what_it_asks_for() -> None:
    from sidelight.service import core
    from sidelight.service.dispatcher import Dispatcher
    from sidelight.service.holders import Holders

    for name in ("holders", "content"):
        wanted = getattr(core.Holders, name)
        real = getattr(Holders, name)
        assert list(wanted.__annotations__) == list(real.__annotations__), name
    assert set(core.Cancel.__call__.__annotations__) == set(Dispatcher.cancel.__annotations__)
