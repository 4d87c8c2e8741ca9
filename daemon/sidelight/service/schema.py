"""Everything that is sent either way, as structs: they validate and they are the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from sidelight.emulators import EMULATORS
from sidelight.engines import ENGINES
from sidelight.recipe.fields import FIELDS
from sidelight.service.operation import LARGEST_ID

if TYPE_CHECKING:
    EditorName = str
    EngineName = str
else:
    EditorName = Literal[tuple(EMULATORS)]
    EngineName = Literal[tuple(ENGINES)]

MOST_PHOTOS = 10_000
MOST_FOLDERS = 1_000
PathText = Annotated[str, Meta(min_length=1, max_length=4096)]
Id = Annotated[int, Meta(ge=1, le=LARGEST_ID)]
After = Annotated[int, Meta(ge=0, le=LARGEST_ID)]
Limit = Annotated[int, Meta(ge=1, le=1000)]
Editors = Annotated[list[EditorName], Meta(min_length=1, max_length=len(EMULATORS))]
Headroom = Annotated[float, Meta(ge=0.0, le=4.0)]
Strength = Annotated[float, Meta(ge=0.0, le=1.0)]
Batch = Annotated[str, Meta(min_length=1, max_length=200)]
JobState = Literal["queued", "leased", "done", "failed", "quarantined", "canceled"]
PriorityName = Literal["interactive", "batch"]
Nonce = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,128}$")]


class Wish(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is predicted; what is left out comes from the configuration."""

    editors: Editors | UnsetType = UNSET
    engine: EngineName | UnsetType = UNSET
    headroom: Headroom | UnsetType = UNSET
    strength: Strength | UnsetType = UNSET

    def chosen(self) -> dict[str, Any]:
        """Return what was given."""
        values = {name: getattr(self, name) for name in Wish.__struct_fields__}
        return {name: value for name, value in values.items() if value is not UNSET}


# What clients send


class HelloQuery(Struct, forbid_unknown_fields=True):
    """A text of the client's own, used once."""

    nonce: Nonce


class AccessBody(Struct, forbid_unknown_fields=True):
    """Folders whose photos, at any depth, may be named."""

    folders: Annotated[list[PathText], Meta(min_length=1, max_length=MOST_FOLDERS)]


class PredictQuery(Wish, forbid_unknown_fields=True):
    """How a JPEG in the body is predicted."""


class PredictBody(Wish, forbid_unknown_fields=True, kw_only=True):
    """One photo, and how."""

    photo: PathText


class JobsBody(Wish, forbid_unknown_fields=True, kw_only=True):
    """Photos, and how."""

    photos: Annotated[list[PathText], Meta(min_length=1, max_length=MOST_PHOTOS)]
    overwrite: bool = False
    priority: PriorityName = "batch"


class JobsQuery(Struct, forbid_unknown_fields=True):
    """Which jobs, and which page of them."""

    state: JobState | UnsetType = UNSET
    batch: Batch | UnsetType = UNSET
    root: Id | UnsetType = UNSET
    after: After = 0
    limit: Limit = 100


class BatchQuery(Struct, forbid_unknown_fields=True):
    """Everything that was asked together."""

    batch: Batch


class EventsQuery(Struct, forbid_unknown_fields=True):
    """The last event that the client saw; the header `Last-Event-ID` says the same."""

    after: After | UnsetType = UNSET


class RootBody(Wish, forbid_unknown_fields=True, kw_only=True):
    """A place to watch, and what its photos get."""

    path: PathText
    existing: bool = False


class RootPatch(Wish, forbid_unknown_fields=True, kw_only=True):
    """What changes."""

    paused: bool | UnsetType = UNSET


class UndoBody(Struct, forbid_unknown_fields=True):
    """Exactly one of the three."""

    photos: Annotated[list[PathText], Meta(min_length=1, max_length=MOST_PHOTOS)] | UnsetType = (
        UNSET
    )
    batch: Batch | UnsetType = UNSET
    last: bool = False


class RecipesQuery(Struct, forbid_unknown_fields=True):
    """Which recipes, and which page of them."""

    editor: EditorName | UnsetType = UNSET
    photo: PathText | UnsetType = UNSET
    after: After = 0
    limit: Limit = 100


# What the service answers


class Hello(Struct):
    """Who answers: `proof` is the HMAC-SHA256 of the nonce under the token, in hexadecimal."""

    api: list[int]
    version: str
    proof: str


class Reason(Struct):
    """Why one slider stands where it stands."""

    slider: str
    value: float | None
    term: str
    text: str


class Hdr(Struct):
    """Whether and how far the rendition goes above SDR white; sliders of the SDR rendition."""

    enabled: bool
    headroom: Headroom
    sdr_brightness: float
    sdr_contrast: float
    sdr_clarity: float
    sdr_highlights: float
    sdr_shadows: float
    sdr_whites: float
    sdr_blend: float


Recipe = msgspec.defstruct(
    "Recipe",
    [
        ("schema", int),
        *((f.name, Annotated[float, Meta(ge=f.minimum, le=f.maximum)]) for f in FIELDS),
        ("curve", list[float]),
        ("lut", str | None),
        ("lut_amount", float),
        ("hdr", Hdr),
    ],
    namespace={"__doc__": "Settings of one photo for one editor; zero is its default rendering."},
    module=__name__,
)


class EditorAnswer(Struct, kw_only=True):
    """One editor's edit, or the `error` that stands in its way.

    `terms` are the editor's own: for Lightroom what `applyDevelopSettings` takes.
    """

    recipe: Recipe | UnsetType = UNSET  # type: ignore[valid-type]
    terms: dict[str, Any] | UnsetType = UNSET
    reasons: list[Reason] | UnsetType = UNSET
    confidence: float | UnsetType | None = UNSET
    notes: list[str] | UnsetType = UNSET
    seconds: float | UnsetType = UNSET
    error: str | UnsetType = UNSET


class Prediction(Struct):
    """A photo's edits; `photo` is null for a JPEG that was sent."""

    photo: str | None
    editors: dict[str, EditorAnswer]


class Outcome(Struct):
    """What became of one photo in one editor."""

    editor: str
    status: str
    reason: str = ""
    confidence: float | None = None
    sidecar: str | UnsetType | None = UNSET
    seconds: float | UnsetType = UNSET
    recipe: Recipe | UnsetType | None = UNSET  # type: ignore[valid-type]
    reasons: list[Reason] | UnsetType = UNSET


class JobAnswer(Struct):
    """One job. In lists, `results` are in outline: they end with `confidence`."""

    id: int
    kind: str
    photo: str
    priority: PriorityName
    state: JobState
    attempts: int
    batch: str
    root: int | None
    reason: str
    created: str
    finished: str | None
    results: list[Outcome]


class JobList(Struct):
    """One page; the next one begins `after` the last job's id."""

    jobs: list[JobAnswer]


class Accepted(Struct):
    """What was queued, under one name for `undo` and `DELETE`."""

    batch: str
    jobs: list[JobAnswer]


class StreamEvent(Struct):
    """One thing that happened: the `data` of a server-sent event.

    `type` is `job.` and the job's new state, `ready` at the beginning of a stream, or `reset` when
    events were missed that are no longer kept.
    """

    id: int
    type: str
    job: int | None
    data: dict[str, Any]


class RootAnswer(Struct):
    """A watched folder or catalog; `photos` are those that were there when it was added."""

    id: int
    path: str
    kind: Literal["folder", "lightroom", "darktable"]
    editors: list[str]
    engine: str
    headroom: float
    strength: float
    state: Literal["watching", "paused", "missing"]
    reason: str
    added: str
    photos: int | UnsetType = UNSET


class RootList(Struct):
    """All watched places."""

    roots: list[RootAnswer]


class UndoneAnswer(Struct):
    """What became of one sidecar."""

    sidecar: str
    status: Literal["restored", "removed", "unchanged", "skipped", "error"]
    reason: str


class UndoneList(Struct):
    """Every sidecar that was looked at."""

    results: list[UndoneAnswer]


class CatalogAnswer(Struct):
    """A watched catalog; `examples` are its edits that were noted for learning."""

    id: int
    path: str
    kind: Literal["lightroom", "darktable"]
    state: Literal["watching", "paused", "missing"]
    reason: str
    photos: int
    edited: int
    examples: int


class CatalogList(Struct):
    """All watched catalogs."""

    catalogs: list[CatalogAnswer]


class WaitingAnswer(Struct, kw_only=True):
    """An edit that waits for its editor's plug-in to apply it."""

    id: int
    photo: str
    editor: str
    why: str
    created: str
    batch: str
    recipe: Recipe | UnsetType = UNSET  # type: ignore[valid-type]
    terms: dict[str, Any] | UnsetType = UNSET
    reasons: list[Reason] | UnsetType = UNSET
    confidence: float | UnsetType | None = UNSET
    notes: list[str] | UnsetType = UNSET


class WaitingList(Struct):
    """One page; the next one begins `after` the last recipe's id."""

    recipes: list[WaitingAnswer]


class Trouble(Struct):
    """A photo that failed, or was given up because it ended its worker process twice."""

    job: int
    photo: str
    reason: str


class Workers(Struct):
    """Processes that decode and predict: at most, and busy now."""

    most: int
    busy: int


class Status(Struct):
    """How the daemon is.

    `settling` are new photos that are not complete yet, `held` open jobs of places that are paused
    or missing, `failed` the last failures, the newest first.
    """

    version: str
    uptime_s: float
    settling: int
    jobs: dict[JobState, int]
    held: int
    roots: list[RootAnswer]
    failed: list[Trouble]
    quarantine: list[Trouble]
    workers: Workers
    waiting: int
    warnings: list[str]
