"""How the daemon is."""

from __future__ import annotations

from pathlib import Path

from sidelight import __version__
from sidelight.jobs.model import Request


def test_everything_is_told(service) -> None:
    core = service.core
    jobs = core.jobs.enqueue([Request(Path(f"/a/{number}.nef")) for number in range(3)], batch="b")
    core.jobs.cancel([jobs[0].id])
    core.jobs.claim(0.0, 60.0)
    (bad,) = core.jobs.enqueue([Request(Path("/a/bad.nef"))], batch="b")
    core.jobs.fail(bad.id, "it is cut off")
    core.settling = lambda: 4
    core.jobs.quarantine(jobs[1].id, "it ended its process twice")
    core.waiting.put(Path("/a/x.nef"), "lightroom", {}, "the catalog holds it")
    told = service.ask("GET", "/v1/status").json
    assert told["version"] == __version__
    assert told["uptime_s"] >= 0
    assert told["jobs"] == {
        "queued": 1,
        "leased": 0,
        "done": 0,
        "failed": 1,
        "quarantined": 1,
        "canceled": 1,
    }
    assert [root["path"] for root in told["roots"]] == [str(service.photos)]
    assert told["quarantine"] == [
        {"job": jobs[1].id, "photo": "/a/1.nef", "reason": "it ended its process twice"}
    ]
    assert told["failed"] == [{"job": bad.id, "photo": "/a/bad.nef", "reason": "it is cut off"}]
    assert (told["settling"], told["held"]) == (4, 0)
    core.roots.set_state(told["roots"][0]["id"], "paused")
    core.jobs.enqueue([Request(Path("/a/y.nef"))], batch="b", root=told["roots"][0]["id"])
    assert service.ask("GET", "/v1/status").json["held"] == 1
    assert told["workers"] == {"most": 1, "busy": 0}
    assert told["waiting"] == 1
    assert told["warnings"] == ["the disk is nearly full"]
