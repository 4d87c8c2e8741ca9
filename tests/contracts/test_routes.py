"""What every route must do; a new one is tested here by its line in `ROUTES`.

The service really listens; what is walked is the OpenAPI document that it serves.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sidelight.service.routes import load_operations

FAST_EXAMPLES = 8
"""Random requests for each operation in the fast suite; 100 in the slow one."""

OPERATIONS = {operation.name: operation for operation in load_operations()}
MUTATING = [name for name in OPERATIONS if not name.startswith("GET ")]
PAGE_ANYWHERE = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture(scope="module")
def http_service(load_helper: Callable[[str], ModuleType]) -> ModuleType:
    return load_helper("daemon/service/http_service.py")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, http_service: ModuleType) -> Iterator[Any]:
    # Thousands of requests without a token are part of the walk.
    limits = replace(http_service.QUICK, failures=1_000_000)
    one = http_service.Service(tmp_path_factory.mktemp("contract") / "service", limits).start()
    one.root = one.watch()
    (one.photos / "a.nef").write_bytes(b"x")
    for _ in range(3):
        with one.core.database.write() as connection:
            one.core.events.append(connection, "test")
    yield one
    one.stop()


@pytest.fixture(scope="module")
def document(service: Any) -> dict[str, Any]:
    return service.ask("GET", "/openapi.json").json


def path_of(name: str) -> tuple[str, str]:
    method, _, path = name.partition(" ")
    return method, path.replace("{id}", "1")


def refused(service: Any, name: str, status: int, code: str, **more: Any) -> None:
    handled = service.server.app.handled
    reply = service.ask(*path_of(name), **more)
    assert (reply.status, reply.code) == (status, code)
    assert service.server.app.handled == handled
    assert_private(reply)


def assert_private(reply: Any) -> None:
    headers = {header.lower(): value for header, value in reply.headers.items()}
    assert not [header for header in headers if header.startswith("access-control")]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_the_document_lists_every_operation(document: dict[str, Any]) -> None:
    named = {f"{m.upper()} {path}" for path, methods in document["paths"].items() for m in methods}
    assert named == set(OPERATIONS)


@pytest.mark.parametrize("name", [name for name in OPERATIONS if "hello" not in name])
def test_no_token_no_answer(service: Any, name: str) -> None:
    refused(service, name, 401, "unauthorized", headers={"Authorization": None})


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_answer_for_pages_of_others(service: Any, name: str) -> None:
    refused(service, name, 403, "forbidden", headers=PAGE_ANYWHERE)


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_answer_for_other_hosts(service: Any, name: str) -> None:
    refused(service, name, 421, "misdirected", headers={"Host": f"evil.example:{service.port}"})


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("body", [b"[", b"null", b"[1]", b'{"surprise": 1}', b"\xff", b" "])
def test_a_bad_body_is_refused(service: Any, name: str, body: bytes) -> None:
    path = "/v1/hello?nonce=x" if "hello" in name else path_of(name)[1]
    path = "/v1/jobs?batch=b" if name == "DELETE /v1/jobs" else path
    json_type = {"Content-Type": "application/json"}
    reply = service.ask(path_of(name)[0], path, body, json_type)
    assert (reply.status, reply.code) == (400, "bad_request")


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_unknown_query_is_refused(service: Any, name: str) -> None:
    method, path = path_of(name)
    body = {} if OPERATIONS[name].body else None
    reply = service.ask(method, f"{path}?surprise=1", body)
    assert (reply.status, reply.code) == (400, "bad_request")


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_body_of_another_type_is_refused(service: Any, name: str) -> None:
    text = {"Content-Type": "text/plain"}
    refused(service, name, 415, "content_type", body=b"{}", headers=text)


@pytest.mark.parametrize("name", MUTATING)
def test_nothing_changes_by_other_methods(service: Any, name: str) -> None:
    method, path = path_of(name)
    for other in {"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"} - {method}:
        if f"{other} {OPERATIONS[name].path}" in OPERATIONS:
            continue
        reply = service.ask(other, path, headers={"X-HTTP-Method-Override": method})
        assert reply.status == 405


def test_every_answer_of_a_good_request_is_private(service: Any) -> None:
    for name, operation in OPERATIONS.items():
        if operation.method == "GET" and not operation.is_stream:
            path = "/v1/hello?nonce=x" if "hello" in name else path_of(name)[1]
            assert_private(service.ask("GET", path))


@pytest.fixture(scope="module")
def sections(checkout: Path) -> dict[str, str]:
    """Operation → its section in docs/api.md."""
    text = (checkout / "docs" / "api.md").read_text(encoding="utf-8")
    parts = re.split(r"^### (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_route_has_a_section_and_no_other(sections: dict[str, str]) -> None:
    assert set(sections) == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_its_section_has_an_example(sections: dict[str, str], name: str) -> None:
    operation = OPERATIONS[name]
    (example, *_) = re.findall(r"```sh\n(.+?)```", sections[name], re.DOTALL)
    assert example.startswith("curl ")
    assert operation.pattern.search(re.sub(r"[?\"].*", "", example.partition("$URL")[2]))
    assert (f"-X {operation.method}" in example) == (operation.method != "GET")
    assert ("Bearer $TOKEN" in example) != operation.is_open
    assert ("application/json" in example) == (operation.body is not None)


def test_every_code_is_explained(checkout: Path) -> None:
    from sidelight.service.problem import KINDS

    text = (checkout / "docs" / "api.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d{3}) \|", text, re.MULTILINE))
    assert rows == {code: str(kind.status) for code, kind in KINDS.items()}


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_examples_work(service: Any, sections: dict[str, str], tmp_path: Path) -> None:
    """Run as they stand; what they name does not exist, but every request is understood."""
    (tmp_path / "preview.jpg").write_bytes(b"\xff\xd8\xff")
    variables = {"URL": service.server.url, "PATH": "/usr/bin:/bin"}
    for name, section in sections.items():
        if OPERATIONS[name].is_stream or "token" in name:
            continue
        for example in re.findall(r"```sh\n(.+?)```", section, re.DOTALL):
            for command in re.split(r"\n(?=curl)", example.strip()):
                done = subprocess.run(
                    ["sh", "-c", f"{command} -s -o /dev/null -w '%{{http_code}}'"],
                    env={**variables, "TOKEN": service.token},
                    cwd=tmp_path,
                    capture_output=True,
                    text=True,
                    check=True,
                )
                assert int(done.stdout) in (200, 201, 204, 404, 422), (name, command, done.stdout)


CONFIGURATION = """
[checks.positive_data_acceptance]
enabled = false
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "415", "422"]
"""
"""Most paths name no photo, so good requests get 404; a body may be too large before it is bad."""


@pytest.mark.parametrize(
    "examples", [FAST_EXAMPLES, pytest.param(100, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_no_undocumented_answer(service: Any, tmp_path: Path, examples: int) -> None:
    """schemathesis: no 5xx, no status or body that the document does not name."""
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION, encoding="utf-8")
    document = tmp_path / "openapi.json"
    document.write_bytes(service.ask("GET", "/openapi.json").data)
    is_over = threading.Event()

    def end_streams() -> None:
        while not is_over.wait(0.1):
            service.loop.call_soon_threadsafe(service.core.hub.disconnect)

    threading.Thread(target=end_streams, daemon=True).start()
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml"]
    command += ["run", str(document), "--url", service.server.url, "--no-color", "--seed", "3"]
    command += ["--header", f"Authorization: Bearer {service.token}", "--max-examples"]
    command += [str(examples), "--request-timeout", "30", "--phases", "coverage,fuzzing,stateful"]
    command += ["--suppress-health-check", "all", "--exclude-path", "/v1/token"]
    try:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    finally:
        is_over.set()
    shown = "\n".join(line[:400] for line in done.stdout.splitlines())
    assert done.returncode == 0, shown[-8000:] + done.stderr[-2000:]
    assert json.loads(document.read_bytes())["paths"]
    assert service.ask("GET", "/v1/status").status == 200
