"""How the daemon is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sidelight import __version__
from sidelight.jobs.model import Job
from sidelight.service.core import Core
from sidelight.service.display import shown
from sidelight.service.operation import Answer, Call, Operation
from sidelight.service.routes.roots import to_answer
from sidelight.service.schema import Status, Trouble, Workers

FAILED_SHOWN = 10


async def status(core: Core, call: Call) -> Answer:
    """Show jobs, roots, what waits and what is wrong."""
    # Asked first: what settles meanwhile is then counted twice rather than not at all.
    settling = core.settling()
    found = await core.threads.in_store(_read, core)
    workers: Mapping[str, int] = core.workers()
    return Answer(
        Status(
            version=__version__,
            uptime_s=round(time.monotonic() - core.started_s, 1),
            settling=settling,
            workers=Workers(most=workers.get("most", 0), busy=workers.get("busy", 0)),
            warnings=[shown(text) for text in core.warnings()],
            **found,
        )
    )


def _read(core: Core) -> dict[str, Any]:
    return {
        "jobs": core.jobs.counts(),
        "held": core.jobs.held(),
        "roots": [to_answer(root) for root in core.roots.list()],
        "failed": [_trouble(job) for job in core.jobs.failed(FAILED_SHOWN)],
        "quarantine": [_trouble(job) for job in core.jobs.quarantined()],
        "waiting": core.waiting.count(),
    }


def _trouble(job: Job) -> Trouble:
    return Trouble(job.id, shown(job.photo), shown(job.reason))


OPERATIONS = (Operation("GET", "/v1/status", status, "Show how the daemon is", {200: Status}),)
