"""What is said of a plug-in is plain JSON."""

from __future__ import annotations

import json
from pathlib import Path

from sidelight.workflows.setup.plug_in import Outcome


def test_json_has_every_field() -> None:
    outcome = Outcome("darktable", Path("/c"), "damaged", "1.0", "why", ("first", "second"))
    assert json.loads(json.dumps(outcome.to_json())) == {
        "editor": "darktable",
        "folder": "/c",
        "status": "damaged",
        "version": "1.0",
        "reason": "why",
        "notes": ["first", "second"],
    }
    assert Outcome("darktable", None, "absent").to_json()["folder"] is None
