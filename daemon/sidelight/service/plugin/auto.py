"""Auto HDR for darktable's script: predictions by the daemon, sidecars when the script says so.

Orders: `photo id path sidecar overwrite` asks for a prediction (with a sidecar, an edit to keep
is found first); `write id sidecar template overwrite is_new [hdr hdr_is_new]` for the sidecars;
`cancel`. Answers: `hello`, then for each photo `predicted`, `kept` or `failed`, and `written` for
each `write`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sidelight import __version__
from sidelight.editors.base import KEPT, Order
from sidelight.editors.darktable.terms import HDR_NAME
from sidelight.errors import ServiceError, SidelightError
from sidelight.service.plugin.conversation import PROTOCOL
from sidelight.service.plugin.daemon import grant, reach_daemon
from sidelight.workflows.printable import printable
from sidelight.workflows.result import sentence

if TYPE_CHECKING:
    from sidelight.service.client import Client
    from sidelight.service.plugin.conversation import Conversation
    from sidelight.service.plugin.message import Message

EDITOR: Final = "darktable"
MOST_AT_ONCE: Final = 4

DUPLICATE_NAME: Final = "Sidelight"
"""What darktable shows beside a duplicate that was made instead of changing the photo's edit."""


def run(talk: Conversation) -> None:
    """Do what the script orders until it says that this was all.

    Raises:
        ServiceError: The daemon is absent or older, or the script says what makes no sense.
    """
    from sidelight.paths import first_versions_folder, make_private, state_folder
    from sidelight.workflows.develop import new_batch
    from sidelight_xmp.first_versions import FirstVersions

    client = reach_daemon()
    talk.tell("hello", protocol=PROTOCOL, version=__version__)
    make_private(state_folder())
    with FirstVersions(first_versions_folder()) as store:
        action = _Auto(talk, client, store, new_batch())
        pool = ThreadPoolExecutor(max(1, min(MOST_AT_ONCE, cpu_count() or 1)))
        try:
            for order in talk.orders():
                if order.word == "cancel":
                    break
                elif order.word == "photo":
                    pool.submit(action.predict, order.fields)
                elif order.word == "write":
                    action.write(order.fields)
                else:
                    raise ServiceError(f"the script orders something unknown: {order.word}")
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


class _Auto:
    def __init__(self, talk: Conversation, client: Client, store: Any, batch: str) -> None:
        self._talk = talk
        self._client = client
        self._store = store
        self._batch = batch
        self._settings = _settings(talk.header)
        self._terms: dict[str, Mapping[str, Any]] = {}
        self._granted: set[Path] = set()
        self._lock = threading.Lock()

    def predict(self, fields: Mapping[str, str]) -> None:
        """Ask the daemon for one photo's edit and tell what came of it."""
        number, photo = fields.get("id", ""), Path(fields.get("path", ""))
        try:
            if self._is_kept(fields):
                self._talk.tell("kept", id=number, text=KEPT)
                return
            entry = self._ask(photo)
        except (SidelightError, OSError) as error:
            self._talk.tell("failed", id=number, text=printable(sentence(error)))
            return
        except Exception as error:  # the script waits for an answer whatever happens
            self._talk.tell("failed", id=number, text=printable(repr(error)))
            return
        self._terms[number] = entry["terms"]
        reasons = "\n".join(printable(reason["text"]) for reason in entry["reasons"])
        hdr = int(entry["terms"].get("hdr") is not None)
        self._talk.tell("predicted", id=number, hdr=hdr, reasons=reasons)

    def write(self, fields: Mapping[str, str]) -> None:
        """Write the sidecars of one photo and tell what came of it."""
        terms = self._terms.pop(fields.get("id", ""), None)
        if terms is None:
            raise ServiceError("the script orders a sidecar before it was predicted")
        own, template = fields.get("sidecar", ""), fields.get("template", "")
        order = Order(self._store, self._batch, overwrite=fields.get("overwrite") == "1")
        name = None if own == template else DUPLICATE_NAME
        _begin_anew(own, template, fields.get("is_new"))
        status, text = _write(own, terms, order, name, template)
        hdr = "none"
        if fields.get("hdr") and status == "written":
            _begin_anew(fields["hdr"], template, fields.get("hdr_is_new"))
            hdr, hdr_text = _write(fields["hdr"], terms["hdr"], order, HDR_NAME, template)
            text = text or hdr_text
        self._talk.tell("written", id=fields["id"], status=status, hdr=hdr, text=text)

    def _is_kept(self, fields: Mapping[str, str]) -> bool:
        from sidelight.editors.darktable.writing import edit_in

        sidecar = fields.get("sidecar")
        if not sidecar or fields.get("overwrite") == "1":
            return False
        return edit_in(Path(sidecar), self._store).state == "theirs"

    def _ask(self, photo: Path) -> Mapping[str, Any]:
        try:
            str(photo).encode("utf-8")
        except UnicodeEncodeError as error:
            raise ServiceError(
                "its name is not text; `sidelight auto` can edit it before darktable imports it"
            ) from error
        with self._lock:
            if photo.parent not in self._granted:
                grant(self._client, photo)
                self._granted.add(photo.parent)
        body = {"photo": str(photo), "editors": [EDITOR], **self._settings}
        entry = self._client.request("POST", "/v1/predict", body)["editors"][EDITOR]
        if "error" in entry:
            raise ServiceError(entry["error"])
        return entry


def _begin_anew(sidecar: str, template: str, is_new: str | None) -> None:
    """Remove what darktable wrote for a duplicate that the script has just had it make.

    darktable 5 does that some time after, and without the photo's own history: what we write
    begins with the photo's own sidecar instead.
    """
    if is_new == "1" and sidecar != template:
        Path(sidecar).unlink(missing_ok=True)


def _write(
    sidecar: str, terms: Mapping[str, Any], order: Order, name: str | None, template: str
) -> tuple[str, str]:
    from sidelight.editors.darktable.writing import write_terms

    try:
        outcome = write_terms(Path(sidecar), terms, order, name, template=Path(template))
    except (SidelightError, OSError) as error:
        return "error", printable(sentence(error))
    return outcome.status, outcome.reason


def _settings(header: Message) -> dict[str, Any]:
    fields = header.fields
    try:
        return {
            "engine": fields["engine"],
            "headroom": float(fields["headroom"]),
            "strength": float(fields["strength"]),
        }
    except (KeyError, ValueError) as error:
        raise ServiceError("the script says no settings that make sense") from error
