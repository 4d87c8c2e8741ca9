"""How things stand, as the database has it: for commands without a daemon."""

from __future__ import annotations

from typing import Any

from sidelight.jobs.model import Job
from sidelight.jobs.store import JobStore
from sidelight.state.database import Database
from sidelight.state.events import EventLog
from sidelight.state.roots import RootStore
from sidelight.state.values import path_to_text
from sidelight.state.waiting import WaitingRecipes
from sidelight.workflows.watch import root_to_json

FAILED_SHOWN = 10


def read_status(database: Database) -> dict[str, Any]:
    """Return jobs by state, roots, what failed or was given up, and how many recipes wait."""
    jobs = JobStore(database, EventLog(database))
    return {
        "jobs": dict(jobs.counts()),
        "held": jobs.held(),
        "roots": [root_to_json(root) for root in RootStore(database).list()],
        "failed": [_trouble(job) for job in jobs.failed(FAILED_SHOWN)],
        "quarantine": [_trouble(job) for job in jobs.quarantined()],
        "waiting": WaitingRecipes(database).count(),
    }


def _trouble(job: Job) -> dict[str, Any]:
    return {"job": job.id, "photo": path_to_text(job.photo), "reason": job.reason}
