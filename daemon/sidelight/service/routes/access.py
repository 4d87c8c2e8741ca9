"""Folders whose photos may be named, for who edits there without having them watched."""

from __future__ import annotations

from pathlib import Path

from sidelight.service.core import Core
from sidelight.service.operation import Answer, Call, Operation
from sidelight.service.photo_paths import is_plain_path
from sidelight.service.problem import ProblemError
from sidelight.service.schema import AccessBody


async def grant(core: Core, call: Call) -> Answer:
    """Let photos in folders be named until the service ends; nothing is watched or kept."""
    body: AccessBody = call.body
    if not all(is_plain_path(text) for text in body.folders):
        raise ProblemError("photo_path", "name a folder by its full path")
    core.granted.add(await core.threads.in_files(_folders, body.folders))
    return Answer()


def _folders(texts: list[str]) -> list[Path]:
    folders = [Path(text) for text in texts]
    if not all(folder.is_dir() for folder in folders):
        raise ProblemError("unusable_place", "there is no such folder")
    return folders


OPERATIONS = (
    Operation(
        "POST",
        "/v1/access",
        grant,
        "Let photos in folders be named",
        {204: None},
        body=AccessBody,
        errors=("photo_path", "unusable_place"),
    ),
)
