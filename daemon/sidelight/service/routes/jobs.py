"""Queued work: ask for it, look at it, cancel it, try it again."""

from __future__ import annotations

from functools import partial
from typing import Any

from msgspec import UNSET

from sidelight.jobs.model import Job, Priority, Request
from sidelight.service.core import Core
from sidelight.service.display import shown
from sidelight.service.named_photos import find_named
from sidelight.service.operation import Answer, Call, Operation
from sidelight.service.routes.predict import wishes
from sidelight.service.schema import (
    Accepted,
    BatchQuery,
    JobAnswer,
    JobList,
    JobsBody,
    JobsQuery,
    Outcome,
)
from sidelight.workflows.develop import new_batch
from sidelight.workflows.develop_job import INSIDE

OUTLINE = ("editor", "status", "reason", "confidence")
"""What a list tells of a result."""


async def enqueue(core: Core, call: Call) -> Answer:
    """Queue photos."""
    body: JobsBody = call.body
    options = {**wishes(core, body), "overwrite": body.overwrite}
    photos = await find_named(core, body.photos)
    batch = new_batch()
    jobs = await core.threads.in_store(
        partial(
            core.jobs.enqueue,
            [Request(photo.path, {**options, INSIDE: str(photo.inside)}) for photo in photos],
            priority=Priority[body.priority.upper()],
            batch=batch,
        )
    )
    core.wake()
    return Answer(Accepted(batch, [_told(job) for job in jobs]), 202)


async def list_jobs(core: Core, call: Call) -> Answer:
    """Show a page of jobs."""
    names = JobsQuery.__struct_fields__
    chosen = {name: value for name in names if (value := getattr(call.query, name)) is not UNSET}
    jobs = await core.threads.in_store(partial(core.jobs.list, **chosen))
    return Answer(JobList([_told(job) for job in jobs]))


async def show(core: Core, call: Call) -> Answer:
    """Show one job with its edits."""
    job = await core.threads.in_store(core.jobs.get, call.id)
    return Answer(_told(job, Outcome.__struct_fields__))


async def cancel(core: Core, call: Call) -> Answer:
    """Cancel one job."""
    await core.threads.in_store(core.jobs.get, call.id)
    jobs = await core.cancel(ids=[call.id])
    return Answer(JobList([_told(job) for job in jobs]))


async def cancel_batch(core: Core, call: Call) -> Answer:
    """Cancel everything that was asked together."""
    jobs = await core.cancel(batch=call.query.batch)
    return Answer(JobList([_told(job) for job in jobs]))


async def retry(core: Core, call: Call) -> Answer:
    """Queue a failed, canceled or quarantined job once more."""
    job = await core.threads.in_store(core.jobs.again, call.id)
    core.wake()
    return Answer(_told(job))


def _told(job: Job, fields: tuple[str, ...] = OUTLINE) -> JobAnswer:
    results: list[dict[str, Any]] = (job.result or {}).get("results") or []
    return JobAnswer(
        id=job.id,
        kind=job.kind,
        photo=shown(job.photo),
        priority="interactive" if job.priority is Priority.INTERACTIVE else "batch",
        state=job.state,
        attempts=job.attempts,
        batch=job.batch,
        root=job.root,
        reason=shown(job.reason),
        created=job.created,
        finished=job.finished,
        results=[Outcome(**{n: each[n] for n in fields if n in each}) for each in results],
    )


_ONE = "/v1/jobs/{id}"

OPERATIONS = (
    Operation(
        "POST",
        "/v1/jobs",
        enqueue,
        "Queue photos",
        {202: Accepted},
        body=JobsBody,
        errors=("photo_path", "no_such_photo"),
    ),
    Operation("GET", "/v1/jobs", list_jobs, "List jobs", {200: JobList}, query=JobsQuery),
    Operation(
        "DELETE",
        "/v1/jobs",
        cancel_batch,
        "Cancel what was asked together",
        {200: JobList},
        query=BatchQuery,
    ),
    Operation("GET", _ONE, show, "Show one job", {200: JobAnswer}, errors=("not_found",)),
    Operation("DELETE", _ONE, cancel, "Cancel one job", {200: JobList}, errors=("not_found",)),
    Operation(
        "POST",
        f"{_ONE}/retry",
        retry,
        "Try a job again",
        {200: JobAnswer},
        errors=("not_found",),
    ),
)
