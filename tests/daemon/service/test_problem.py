"""Errors as clients get them."""

from __future__ import annotations

import json

import pytest

from sidelight import errors
from sidelight.errors import PhotoPathError, SidelightError
from sidelight.jobs.store import JobNotFoundError
from sidelight.service.problem import KINDS, ProblemError, as_problem
from sidelight.state.roots import RootNotFoundError


@pytest.mark.parametrize("code", KINDS)
def test_every_code_has_a_status_a_title_and_a_sentence(code: str) -> None:
    body = json.loads(ProblemError(code).body())
    assert body == {
        "type": f"urn:sidelight:{code}",
        "title": KINDS[code].title,
        "detail": KINDS[code].detail,
        "code": code,
    }
    assert 400 <= KINDS[code].status < 600


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PhotoPathError(), "no_such_photo"),
        (errors.UnreadableError("cut off"), "unusable_photo"),
        (errors.WorkerTimeoutError("slow"), "worker_timeout"),
        (errors.WorkerDiedError("dead"), "worker_failed"),
        (RootNotFoundError("none"), "not_found"),
        (JobNotFoundError("none"), "not_found"),
        (errors.RootError("twice"), "conflict"),
        (errors.CatalogError("torn"), "unusable_place"),
        (errors.BusyStateError("busy"), "unavailable"),
        (errors.ServiceError("no"), "unavailable"),
        (SidelightError("odd"), "bad_request"),
        (ProblemError("forbidden"), "forbidden"),
    ],
)
def test_our_own_errors_have_codes(error: SidelightError, code: str) -> None:
    problem = as_problem(error)
    assert problem.code == code
    assert problem.detail == str(error)


def test_any_sentence_can_be_sent_and_none_is_endless() -> None:
    assert json.loads(ProblemError("conflict", "\udcff" + "x" * 10_000).body())["detail"][:5] == (
        "\\xffx"
    )
    assert len(ProblemError("conflict", "x" * 10_000).body()) < 1000
