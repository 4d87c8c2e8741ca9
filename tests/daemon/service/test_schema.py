"""What is sent either way is described, strict one way and complete the other."""

from __future__ import annotations

import inspect

import msgspec
import pytest

from sidelight.emulators import EMULATORS
from sidelight.engines import ENGINES
from sidelight.jobs.model import State
from sidelight.recipe import Recipe
from sidelight.service import schema
from sidelight.service.operation import Nothing
from sidelight.service.routes import load_operations

STRUCTS = [each for _, each in inspect.getmembers(schema, inspect.isclass)
           if issubclass(each, msgspec.Struct) and each.__module__ == schema.__name__]  # fmt: skip
SENT = {each.query for each in load_operations()} | {each.body for each in load_operations()}
SENT_IN_ORDER = sorted(SENT - {None}, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
def test_every_struct_says_what_it_is(kind: type) -> None:
    assert kind.__doc__
    assert kind.__doc__.strip().endswith(".")


@pytest.mark.parametrize("kind", SENT_IN_ORDER, ids=lambda kind: kind.__name__)
def test_what_clients_send_may_hold_nothing_else(kind: type[msgspec.Struct]) -> None:
    assert kind.__struct_config__.forbid_unknown_fields
    assert kind is Nothing or kind in STRUCTS


def test_names_come_from_the_tables() -> None:
    described = msgspec.json.schema(schema.PredictQuery)["$defs"]["PredictQuery"]["properties"]
    assert set(described["editors"]["items"]["enum"]) == set(EMULATORS)
    assert set(described["engine"]["enum"]) == set(ENGINES)


def test_states_are_those_of_jobs() -> None:
    assert schema.JobState == State


def test_a_recipe_is_described_completely() -> None:
    values = Recipe().to_json()
    assert msgspec.to_builtins(msgspec.convert(values, schema.Recipe)) == values
    assert set(schema.Recipe.__struct_fields__) == set(values)


def test_a_wish_tells_only_what_was_given() -> None:
    wish = msgspec.json.decode(b'{"photo": "/a", "strength": 0.5}', type=schema.PredictBody)
    assert wish.chosen() == {"strength": 0.5}
