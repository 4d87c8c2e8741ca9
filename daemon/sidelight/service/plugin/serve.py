"""The helper program of an editor's script: one talk, from its first line to its end."""

from __future__ import annotations

from pathlib import Path

from sidelight.errors import ServiceError, SidelightError
from sidelight.service.plugin import load_action
from sidelight.service.plugin.conversation import PROTOCOL, Conversation
from sidelight.workflows.printable import printable
from sidelight.workflows.result import sentence

OTHER_VERSION = "this script is of another version of Sidelight; run: sidelight setup darktable"


def serve(orders: Path) -> bool:
    """Do what a script orders; what stops it is told as `fatal`.

    Args:
        orders: The file that the script writes.

    Returns:
        Whether it was served to the end.

    Raises:
        ServiceError: There is nobody to tell: the file holds no orders.
        OSError: The answers cannot be written.
    """
    with Conversation(orders) as talk:
        try:
            action = _action(talk)
            action(talk)
        except Exception as error:
            known = isinstance(error, SidelightError | OSError)
            talk.tell("fatal", text=printable(sentence(error) if known else repr(error)))
            if not known:
                raise
            return False
        talk.tell("bye")
    return True


def _action(talk: Conversation):
    if talk.header.fields.get("protocol") != str(PROTOCOL):
        raise ServiceError(OTHER_VERSION)
    try:
        return load_action(talk.header.fields.get("action", ""))
    except KeyError as error:
        raise ServiceError(OTHER_VERSION) from error
