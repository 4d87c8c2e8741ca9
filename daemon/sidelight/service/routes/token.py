"""A new token when the old one may be known to somebody."""

from __future__ import annotations

from sidelight.service.core import Core
from sidelight.service.operation import Answer, Call, Operation


async def rotate(core: Core, call: Call) -> Answer:
    """Replace the token; clients read the new one from endpoint.json."""
    await core.threads.in_files(core.rotate)
    core.hub.disconnect()
    return Answer()


OPERATIONS = (Operation("POST", "/v1/token", rotate, "Replace the token", {204: None}),)
