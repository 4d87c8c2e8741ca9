"""Talks with a script, through files that grow."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from sidelight.errors import ServiceError
from sidelight.service.plugin.conversation import Conversation


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "1.orders"
    path.write_bytes(b"sidelight action=auto protocol=1\n")
    return path


def add(path: Path, text: bytes) -> None:
    with path.open("ab") as file:
        file.write(text)


def words(talk: Conversation) -> list[str]:
    return [order.word for order in talk.orders()]


def test_the_first_line_says_what_is_wanted(orders: Path) -> None:
    with Conversation(orders) as talk:
        assert talk.header.fields == {"action": "auto", "protocol": "1"}


@pytest.mark.parametrize("text", [b"", b"photo id=1\n", b"sidelight action=auto", b"\xff\n"])
def test_a_file_without_orders_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "1.orders"
    path.write_bytes(text)
    with pytest.raises(ServiceError, match="orders"):
        Conversation(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="orders"):
        Conversation(tmp_path / "1.orders")


def test_answers_are_not_written_over_somebody_elses_file(orders: Path) -> None:
    target = orders.with_name("precious")
    target.write_bytes(b"x")
    orders.with_name("1.orders.answers").symlink_to(target)
    with pytest.raises(FileExistsError):
        Conversation(orders)
    assert target.read_bytes() == b"x"


def test_orders_end_with_the_last_one(orders: Path) -> None:
    add(orders, b"photo id=1\nphoto id=2\nend\nphoto id=3\n")
    with Conversation(orders) as talk:
        assert words(talk) == ["photo", "photo"]


def test_half_a_line_is_waited_for(orders: Path) -> None:
    with Conversation(orders) as talk:
        add(orders, b"photo id=1\npho")
        found = talk.orders()
        assert next(found).fields == {"id": "1"}
        rest = threading.Timer(0.2, add, (orders, b"to id=2\nend\n"))
        rest.start()
        assert [order.fields for order in found] == [{"id": "2"}]


def test_a_script_that_went_is_not_waited_for(orders: Path) -> None:
    with Conversation(orders) as talk:
        orders.unlink()
        assert words(talk) == []


def test_a_silent_script_is_given_up(orders: Path) -> None:
    with Conversation(orders, silence_s=0.1) as talk:
        assert words(talk) == []


def test_a_script_whose_process_ended_is_given_up(
    orders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Conversation(orders) as talk:
        monkeypatch.setattr("os.getppid", lambda: -1)
        assert words(talk) == []


def test_answers_are_there_at_once(orders: Path) -> None:
    with Conversation(orders) as talk:
        talk.tell("written", id=1, text="as it was\nbefore", status="kept")
        assert talk.answers.read_bytes() == (
            b"written id=1 status=kept text=as%20it%20was%0Abefore\n"
        )


def test_threads_answer_line_by_line(orders: Path) -> None:
    with Conversation(orders) as talk:
        threads = [
            threading.Thread(target=lambda n=n: [talk.tell("a", id=n) for _ in range(50)])
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lines = talk.answers.read_text(encoding="ascii").splitlines()
        assert sorted(lines) == sorted(f"a id={n}" for n in range(4) for _ in range(50))
