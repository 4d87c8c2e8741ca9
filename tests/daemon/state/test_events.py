"""Events are numbered without gaps; who knows the last one can ask for the rest."""

from __future__ import annotations

import pytest

from sidelight.state.database import Database
from sidelight.state.events import Event, EventLog


@pytest.fixture
def events(database: Database) -> EventLog:
    return EventLog(database)


def append(database: Database, events: EventLog, count: int = 1) -> None:
    with database.write() as connection:
        for number in range(count):
            events.append(connection, "job.queued", number, {"state": "queued"})


def test_events_come_back_in_order(database: Database, events: EventLog) -> None:
    with database.write() as connection:
        assert events.append(connection, "job.queued", 4, {"photo": "é"}) == 1
        assert events.append(connection, "root.paused") == 2
    assert events.since(0) == [
        Event(1, "job.queued", 4, {"photo": "é"}),
        Event(2, "root.paused", None, {}),
    ]
    assert events.since(1) == [Event(2, "root.paused", None, {})]
    assert events.since(2) == []


def test_pages(database: Database, events: EventLog) -> None:
    append(database, events, 10)
    assert [event.id for event in events.since(3, limit=4)] == [4, 5, 6, 7]


def test_an_event_taken_back_leaves_no_gap(database: Database, events: EventLog) -> None:
    append(database, events)
    with pytest.raises(KeyError), database.write() as connection:
        events.append(connection, "lost")
        raise KeyError
    append(database, events)
    assert [event.id for event in events.since(0)] == [1, 2]


def test_q7_the_ends_tell_whether_anything_was_missed(database: Database, events: EventLog) -> None:
    assert (events.oldest_id(), events.last_id()) == (1, 0)
    append(database, events, 30)
    assert (events.oldest_id(), events.last_id()) == (1, 30)
    assert events.prune(keep=10) == 20
    assert (events.oldest_id(), events.last_id()) == (21, 30)
    assert events.prune(keep=10) == 0
    assert events.prune(keep=0) == 10
    assert (events.oldest_id(), events.last_id()) == (31, 30)
    append(database, events)
    assert events.since(30)[0].id == 31
