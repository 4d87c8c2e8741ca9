"""The OpenAPI 3.1 document, made of the same structs that validate.

`python -m sidelight.service.openapi` prints it; docs/openapi.json is that output.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from sidelight.service.operation import (
    EVENT_STREAM,
    JPEG,
    JSON,
    LARGEST_ID,
    Operation,
)
from sidelight.service.problem import CONTENT_TYPE, KINDS, Problem

_REFERENCE = "#/components/schemas/{name}"

ANYWHERE = (
    "bad_request",
    "forbidden",
    "method_not_allowed",
    "request_timeout",
    "too_large",
    "content_type",
    "misdirected",
    "internal",
    "overloaded",
    "stopping",
    "unavailable",
)
"""Codes that any operation may answer."""

WITH_TOKEN = ("unauthorized", "too_many_failures")
"""Codes of operations that need the token."""

DESCRIPTION = (
    "Edits of photos, predicted on this machine. The service listens on the loopback device only; "
    "its address and token are in endpoint.json in the user's state folder."
)


def make_document(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return the document as plain JSON values."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sidelight", "version": "1", "description": DESCRIPTION},
        "servers": [{"url": "http://127.0.0.1:47311"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(_structs(operations)),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": operation.handler.__module__.rpartition(".")[2]
        + "_"
        + operation.handler.__name__,
        "parameters": _parameters(operation),
        "responses": {**_answers(operation), **_problems(operation)},
    }
    if operation.is_open:
        described["security"] = []
    if operation.body is not None:
        content = {JSON: {"schema": _schema(operation.body)}}
        if operation.takes_jpeg:
            content[JPEG] = {"schema": {"type": "string", "format": "binary"}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if "{id}" in operation.path:
        number = {"type": "integer", "minimum": 0, "maximum": LARGEST_ID}
        found.append({"name": "id", "in": "path", "required": True, "schema": number})
    for name, schema, is_required in _fields(operation.query):
        found.append({"name": name, "in": "query", "required": is_required, "schema": schema})
    if operation.is_stream:
        schema = {"type": "string", "pattern": "^[0-9]{1,18}$"}
        found.append({"name": "Last-Event-ID", "in": "header", "required": False, "schema": schema})
    return found


def _fields(query: type[msgspec.Struct]) -> Iterable[tuple[str, dict[str, Any], bool]]:
    schema = msgspec.json.schema_components([query], ref_template=_REFERENCE)[1][query.__name__]
    for name, described in schema["properties"].items():
        yield name, described, name in schema.get("required", ())


def _answers(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, body in operation.answers.items():
        answer: dict[str, Any] = {"description": HTTPStatus(status).phrase}
        if operation.is_stream:
            answer["content"] = {EVENT_STREAM: {"schema": _event(body)}}
        elif body is not None:
            answer["content"] = {JSON: {"schema": _schema(body)}}
        found[str(status)] = answer
    return found


def _event(body: Any) -> dict[str, Any]:
    """Return the schema of one server-sent event, whose data is JSON."""
    data = {
        "type": "string",
        "contentMediaType": JSON,
        "contentSchema": _schema(body),
    }
    properties = {"id": {"type": "string"}, "event": {"type": "string"}, "data": data}
    return {"type": "object", "properties": properties, "required": ["id", "event", "data"]}


def _problems(operation: Operation) -> dict[str, Any]:
    codes = [*ANYWHERE, *(() if operation.is_open else WITH_TOKEN), *operation.errors]
    statuses = sorted({KINDS[code].status for code in codes})
    return {
        str(status): {
            "description": ", ".join(code for code in codes if KINDS[code].status == status),
            "content": {CONTENT_TYPE: {"schema": _schema(Problem)}},
        }
        for status in statuses
    }


def _schema(kind: Any) -> dict[str, Any]:
    return msgspec.json.schema_components([kind], ref_template=_REFERENCE)[0][0]


def _structs(operations: Iterable[Operation]) -> list[Any]:
    found: list[Any] = [Problem]
    for operation in operations:
        kinds = [*operation.answers.values(), operation.body]
        found += [kind for kind in kinds if isinstance(kind, type(Problem))]
    return list(dict.fromkeys(found))


def _schemas(structs: list[Any]) -> dict[str, Any]:
    return dict(sorted(msgspec.json.schema_components(structs, ref_template=_REFERENCE)[1].items()))


def main() -> None:
    """Print the document."""
    from sidelight.service.routes import load_operations

    json.dump(make_document(load_operations()), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
