"""The document that programs read, and the copy of it in docs/."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sidelight.service.openapi import make_document
from sidelight.service.problem import KINDS
from sidelight.service.routes import load_operations


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return make_document(load_operations())


def test_the_copy_in_docs_is_current(checkout: Path, document: dict[str, Any]) -> None:
    copy = json.loads((checkout / "docs" / "openapi.json").read_text(encoding="utf-8"))
    assert copy == document, "run: python -m sidelight.service.openapi > docs/openapi.json"


def test_the_command_prints_it(document: dict[str, Any]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sidelight.service.openapi"], capture_output=True, check=True
    )
    assert json.loads(done.stdout) == document


def test_every_operation_is_in_it(document: dict[str, Any]) -> None:
    named = {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
    }
    assert named == {operation.name for operation in load_operations()}
    ids = [each["operationId"] for path in document["paths"].values() for each in path.values()]
    assert len(ids) == len(set(ids))


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for name in document["components"]["schemas"]:
        assert f"#/components/schemas/{name}" in text
    for part in text.split('"$ref": "')[1:]:
        name = part.partition('"')[0].rpartition("/")[2]
        assert name in document["components"]["schemas"]


def test_every_problem_can_be_told_by_some_operation(document: dict[str, Any]) -> None:
    told = {
        code
        for path in document["paths"].values()
        for operation in path.values()
        for status, answer in operation["responses"].items()
        if int(status) >= 400
        for code in answer["description"].split(", ")
    }
    assert told == set(KINDS)


def test_only_hello_is_open(document: dict[str, Any]) -> None:
    assert document["security"] == [{"token": []}]
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation.get("security") == ([] if path == "/v1/hello" else None)
            assert ("401" in operation["responses"]) == (path != "/v1/hello")
