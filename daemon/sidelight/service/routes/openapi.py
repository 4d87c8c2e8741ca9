"""This interface as a document that programs read."""

from __future__ import annotations

from typing import Any

from sidelight.service.core import Core
from sidelight.service.openapi import make_document
from sidelight.service.operation import Answer, Call, Operation
from sidelight.service.routes import load_operations


async def openapi(core: Core, call: Call) -> Answer:
    """Show the document."""
    return Answer(make_document(load_operations()))


OPERATIONS = (
    Operation("GET", "/openapi.json", openapi, "Describe this interface", {200: dict[str, Any]}),
)
