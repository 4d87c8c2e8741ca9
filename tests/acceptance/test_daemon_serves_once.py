"""One daemon for each user, whatever an earlier one left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SERVE = [sys.executable, "-m", "sidelight", "serve", "--port", "0"]


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "SIDELIGHT_HOME": str(home)}


def test_q4_of_two_that_start_at_once_one_serves(tmp_path: Path) -> None:
    home = tmp_path / "home"
    both = [
        subprocess.Popen(
            SERVE, env=_environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    try:
        lines = [process.stdout.readline() for process in both]
        addresses = {line.split()[-1] for line in lines}
        assert len(addresses) == 1
        assert sorted(" ".join(line.split()[1:3]) for line in lines) == [
            "another one",
            "serving at",
        ]
        second = both["another" in lines[1]]
        assert second.wait(15) == 0
        (first,) = (process for process in both if process is not second)
        assert first.poll() is None
    finally:
        for process in both:
            process.terminate()
            process.communicate(timeout=15)
    assert not (home / "state" / "endpoint.json").exists()


def test_q4_a_killed_daemon_is_followed_by_another(daemon) -> None:
    one = daemon()
    one.kill()
    assert (one.home / "state" / "endpoint.json").exists()
    again = daemon()
    assert again.endpoint["pid"] == again.process.pid != one.process.pid
    assert again.client.request("GET", "/v1/status")


def test_q4_a_number_that_another_process_got_means_nothing(daemon, tmp_path: Path) -> None:
    from sidelight.service.client import find_daemon

    one = daemon()
    one.kill()
    file = one.home / "state" / "endpoint.json"
    endpoint = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**endpoint, "pid": os.getpid()}), encoding="utf-8")
    assert find_daemon(endpoint_file=file) is None
    assert daemon().client.request("GET", "/v1/status")
