"""The table from which routing, validation and OpenAPI follow."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from sidelight.service.operation import LARGEST_ID, Answer, Operation
from sidelight.service.routes import ROUTES, load_operations


async def nothing(core, call):
    return Answer()


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("/v1/jobs/7", 7),
        ("/v1/jobs/0", 0),
        (f"/v1/jobs/{LARGEST_ID}", LARGEST_ID),
        (f"/v1/jobs/{LARGEST_ID + 1}", None),
        ("/v1/jobs/", None),
        ("/v1/jobs/7/", None),
        ("/v1/jobs/٣", None),
        ("/v1/jobs/-1", None),
        ("/v1/jobs/%37", None),
        ("/v1/jobs/7/../8", None),
        ("/v1/jobs/7\n", None),
        ("/v1/jobs/" + "9" * 10_000, None),
    ],
)
def test_paths_with_numbers(path: str, number: int | None) -> None:
    assert Operation("GET", "/v1/jobs/{id}", nothing, "", {}).match(path) == number


def test_paths_without_numbers() -> None:
    operation = Operation("GET", "/openapi.json", nothing, "", {})
    assert operation.match("/openapi.json") == 0
    assert operation.match("/openapixjson") is None


def test_an_answer_may_quote_any_name() -> None:
    class Named(msgspec.Struct):
        name: str

    assert json.loads(Answer(Named("a\udcff")).encoded()) == {"name": "a\\xff"}
    assert Answer().encoded() == b""


def test_every_route_is_one_file_with_one_line() -> None:
    import sidelight.service.routes as package

    files = {path.stem for path in Path(package.__file__).parent.glob("*.py")}
    assert set(ROUTES) == files - {"__init__"}
    names = [operation.name for operation in load_operations()]
    assert len(names) == len(set(names))


def test_only_hello_needs_no_token() -> None:
    assert [each.path for each in load_operations() if each.is_open] == ["/v1/hello"]
