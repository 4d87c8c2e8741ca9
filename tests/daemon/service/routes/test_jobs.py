"""Queued work over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from sidelight.jobs.model import Priority, Request
from sidelight.recipe import Recipe


@pytest.fixture
def photos(service) -> list[str]:
    paths = [service.photos / f"{name}.nef" for name in "abc"]
    for path in paths:
        path.write_bytes(path.name.encode())
    return [str(path) for path in paths]


def queue(service, *paths: Path, batch: str = "b") -> list[Any]:
    return service.core.jobs.enqueue([Request(path, {}) for path in paths], batch=batch)


def test_photos_are_queued_in_one_batch(service, photos) -> None:
    body = {"photos": photos, "editors": ["darktable"], "overwrite": True, "headroom": 0}
    reply = service.ask("POST", "/v1/jobs", body)
    assert reply.status == 202
    jobs = reply.json["jobs"]
    assert [job["photo"] for job in jobs] == photos
    assert {job["batch"] for job in jobs} == {reply.json["batch"]}
    assert {(job["state"], job["priority"]) for job in jobs} == {("queued", "batch")}
    assert service.awakened == 1
    stored = service.core.jobs.get(jobs[0]["id"])
    assert stored.options == {
        "editors": ["darktable"],
        "engine": "auto",
        "headroom": 0.0,
        "strength": 1.0,
        "overwrite": True,
        "inside": str(service.photos),
    }


def test_who_waits_comes_first(service, photos) -> None:
    body = {"photos": photos[:1], "priority": "interactive"}
    job = service.ask("POST", "/v1/jobs", body).json["jobs"][0]
    assert job["priority"] == "interactive"
    assert service.core.jobs.get(job["id"]).priority is Priority.INTERACTIVE


def test_w4_the_same_work_is_queued_once(service, photos) -> None:
    first, second = (service.ask("POST", "/v1/jobs", {"photos": photos}).json for _ in range(2))
    assert [job["id"] for job in first["jobs"]] == [job["id"] for job in second["jobs"]]


def test_one_bad_photo_and_none_is_queued(service, photos) -> None:
    reply = service.ask("POST", "/v1/jobs", {"photos": [*photos, "/etc/passwd"]})
    assert (reply.status, reply.code) == (404, "no_such_photo")
    assert b"passwd" not in reply.data
    assert service.core.jobs.list() == []


@pytest.mark.parametrize(
    "body", [{}, {"photos": []}, {"photos": ["/a"] * 10_001}, {"photos": "/a"}, {"photos": [None]}]
)
def test_bad_bodies(service, body: dict[str, Any]) -> None:
    assert service.ask("POST", "/v1/jobs", body).status == 400


def test_lists_have_pages_and_filters(service) -> None:
    made = queue(service, *(Path(f"/a/{number}.nef") for number in range(5)))
    other = queue(service, Path("/a/x.nef"), batch="other")
    service.core.jobs.cancel([made[0].id])

    def listed(query: str = "") -> list[int]:
        reply = service.ask("GET", f"/v1/jobs{query}")
        assert reply.status == 200
        return [job["id"] for job in reply.json["jobs"]]

    ids = [job.id for job in made]
    assert listed() == [*ids, other[0].id]
    assert listed("?limit=2") == ids[:2]
    assert listed(f"?limit=2&after={ids[1]}") == ids[2:4]
    assert listed("?state=canceled") == ids[:1]
    assert listed("?batch=other&state=queued") == [other[0].id]
    assert listed("?root=1") == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "after=-1", "state=lost", "sort=id", "root=0"]
)
def test_bad_queries(service, query: str) -> None:
    assert service.ask("GET", f"/v1/jobs?{query}").status == 400


def test_a_done_job_tells_its_results(service) -> None:
    job = queue(service, Path("/a/b.nef"))[0]
    service.core.jobs.claim(0.0, 60.0)
    result = {
        "photo": "/a/b.nef",
        "editor": "lightroom",
        "status": "written",
        "reason": "",
        "sidecar": "/a/b.xmp",
        "recipe": Recipe(exposure_ev=0.5).to_json(),
        "reasons": [{"slider": "exposure_ev", "value": 0.5, "term": "subject", "text": "dark"}],
        "confidence": 0.75,
        "seconds": 0.5,
        "retry": False,
    }
    service.core.jobs.finish(job.id, {"results": [result], "prediction": {"editors": {}}})
    told = service.ask("GET", f"/v1/jobs/{job.id}").json
    del result["photo"], result["retry"]
    assert told["state"] == "done"
    assert told["results"] == [result]
    outline = service.ask("GET", "/v1/jobs").json["jobs"][0]["results"][0]
    assert (outline["editor"], outline["status"], outline["confidence"]) == (
        "lightroom",
        "written",
        0.75,
    )
    assert set(outline) == {"editor", "status", "reason", "confidence"}


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX")
def test_p6_a_name_that_is_no_text_can_be_shown(service) -> None:
    name = os.fsdecode(b"/a/\xff\n\x1b[31m<img src=x onerror=alert()>.nef")
    job = queue(service, Path(name))[0]
    service.core.jobs.fail(
        job.id, f"{name} is cut off", {"results": [{"editor": "", "status": ""}]}
    )
    for path in (f"/v1/jobs/{job.id}", "/v1/jobs"):
        reply = service.ask("GET", path)
        assert reply.status == 200
        told = reply.json["jobs"][0] if path == "/v1/jobs" else reply.json
        assert told["photo"] == "/a/\\xff\n\x1b[31m<img src=x onerror=alert()>.nef"


def test_jobs_are_canceled_alone_or_together(service) -> None:
    one, two, three = queue(service, *(Path(f"/a/{number}.nef") for number in range(3)))
    reply = service.ask("DELETE", f"/v1/jobs/{two.id}")
    assert [job["id"] for job in reply.json["jobs"]] == [two.id]
    assert reply.json["jobs"][0]["state"] == "canceled"
    assert service.ask("DELETE", f"/v1/jobs/{two.id}").json == {"jobs": []}
    reply = service.ask("DELETE", "/v1/jobs?batch=b")
    assert [job["id"] for job in reply.json["jobs"]] == [one.id, three.id]
    assert service.ask("DELETE", "/v1/jobs?batch=nobody").json == {"jobs": []}


def test_all_jobs_are_never_canceled_by_mistake(service) -> None:
    queue(service, Path("/a/b.nef"))
    for path in ("/v1/jobs", "/v1/jobs?batch=", "/v1/jobs?state=queued"):
        assert service.ask("DELETE", path).status == 400
    assert service.core.jobs.counts()["queued"] == 1


def test_a_failed_job_is_tried_again(service) -> None:
    job = queue(service, Path("/a/b.nef"))[0]
    service.core.jobs.fail(job.id, "it is cut off")
    reply = service.ask("POST", f"/v1/jobs/{job.id}/retry")
    assert (reply.status, reply.json["state"]) == (200, "queued")
    assert service.awakened == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/jobs/{}"), ("DELETE", "/v1/jobs/{}"), ("POST", "/v1/jobs/{}/retry")],
)
def test_numbers_of_no_job(service, method: str, path: str) -> None:
    for number in ("99", "0", str(2**63 - 1), str(2**63), "9" * 30, "x", "-1", "1.0", ""):
        reply = service.ask(method, path.format(number))
        assert (reply.status, reply.code) == (404, "not_found"), number
