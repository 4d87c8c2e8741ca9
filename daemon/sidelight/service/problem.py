"""Errors as clients get them: `application/problem+json`, a code, a short text, never a path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from sidelight.errors import (
    CatalogError,
    PhotoError,
    PhotoPathError,
    RootError,
    ServiceError,
    SidelightError,
    StateError,
    WorkerError,
    WorkerTimeoutError,
)
from sidelight.service.display import shown, without_folders
from sidelight.state.faults import NotFoundError

CONTENT_TYPE: Final = "application/problem+json"
_DETAIL_LENGTH = 500


@dataclass(frozen=True)
class Kind:
    """One kind of error.

    Attributes:
        status: Of the HTTP answer.
        title: The same for all errors of the kind.
        detail: What it says when nothing more is known.
    """

    status: int
    title: str
    detail: str


KINDS: Final[dict[str, Kind]] = {
    "bad_request": Kind(400, "Bad request", "the request cannot be understood"),
    "photo_path": Kind(400, "No path of a photo", "name a photo by its full path on this machine"),
    "unauthorized": Kind(401, "Token missing", "send the token of endpoint.json as Bearer"),
    "forbidden": Kind(403, "Forbidden", "web pages may not use this service"),
    "not_found": Kind(404, "Not found", "there is no such thing"),
    "no_such_photo": Kind(404, "No such photo", PhotoPathError.SENTENCE),
    "method_not_allowed": Kind(405, "Method not allowed", "this path takes other methods"),
    "request_timeout": Kind(408, "Too slow", "the request took too long to arrive"),
    "conflict": Kind(409, "Conflict", "this cannot be done as things stand"),
    "too_large": Kind(413, "Too large", "the body is too large"),
    "content_type": Kind(415, "Content type", "the body must be of another content type"),
    "misdirected": Kind(421, "Misdirected", "this service answers for 127.0.0.1 and localhost"),
    "unusable_photo": Kind(422, "Unusable photo", "nothing can be predicted for this photo"),
    "worker_failed": Kind(422, "Unusable photo", "reading this photo ended its process"),
    "worker_timeout": Kind(422, "Unusable photo", "reading this photo took too long"),
    "unusable_place": Kind(422, "Unusable place", "this place cannot be watched"),
    "too_many_failures": Kind(429, "Too many wrong tokens", "wait, and read endpoint.json again"),
    "internal": Kind(500, "Internal error", "something went wrong; the log says more"),
    "unavailable": Kind(503, "Unavailable", "this cannot be done at the moment"),
    "overloaded": Kind(503, "Overloaded", "there are too many connections"),
    "stopping": Kind(503, "Stopping", "the service is about to end"),
}
"""Code → kind. Codes are part of the interface: none changes its meaning."""


class Problem(msgspec.Struct):
    """An error.

    Attributes:
        type: `urn:sidelight:` and the code.
        title: The same for all errors of a kind.
        detail: One sentence for a person.
        code: What programs compare.
    """

    type: str
    title: str
    detail: str
    code: str


class ProblemError(SidelightError):
    """Raised where a request cannot be answered as asked.

    Args:
        code: One of `KINDS`.
        detail: One sentence; that of the kind when empty.
        headers: Of the answer, besides the usual ones.
    """

    def __init__(self, code: str, detail: str = "", headers: dict[str, str] | None = None) -> None:
        self.code = code
        self.kind = KINDS[code]
        self.detail = detail or self.kind.detail
        self.headers = headers or {}
        super().__init__(self.detail)

    def body(self) -> bytes:
        """Return the JSON to send."""
        detail = without_folders(shown(self.detail))[:_DETAIL_LENGTH]
        return msgspec.json.encode(
            Problem(f"urn:sidelight:{self.code}", self.kind.title, detail, self.code)
        )


def as_problem(error: SidelightError) -> ProblemError:
    """Return what clients get for one of our own errors."""
    if isinstance(error, ProblemError):
        return error
    for kind, code in _CODES:
        if isinstance(error, kind):
            return ProblemError(code, str(error))
    return ProblemError("bad_request", str(error))


_CODES: Final[tuple[tuple[type[SidelightError], str], ...]] = (
    (PhotoPathError, "no_such_photo"),
    (PhotoError, "unusable_photo"),
    (WorkerTimeoutError, "worker_timeout"),
    (WorkerError, "worker_failed"),
    (NotFoundError, "not_found"),
    (CatalogError, "unusable_place"),
    (RootError, "conflict"),
    (StateError, "unavailable"),
    (ServiceError, "unavailable"),
)
"""The first that fits counts."""
