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


def read_status(database: Database) -> dict[str, Any]:
    """Return jobs by state, roots, the quarantine and how many recipes wait."""
    jobs = JobStore(database, EventLog(database))
    return {
        "jobs": dict(jobs.counts()),
        "roots": [root_to_json(root) for root in RootStore(database).list()],
        "quarantine": [quarantined_to_json(job) for job in jobs.quarantined()],
        "waiting": WaitingRecipes(database).count(),
    }


def quarantined_to_json(job: Job) -> dict[str, Any]:
    """Return plain JSON values of a photo that is left alone; the path as it may be shown."""
    return {"job": job.id, "photo": path_to_text(job.photo), "reason": job.reason}
