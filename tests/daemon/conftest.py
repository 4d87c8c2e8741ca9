"""A service that answers over real sockets, for everything that asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="session")
def http_service(load_helper: Callable[[str], ModuleType]) -> ModuleType:
    """The module that starts services and reads raw answers."""
    return load_helper("daemon/service/http_service.py")


@pytest.fixture
def start_service(tmp_path: Path, http_service: ModuleType) -> Iterator[Callable[..., Any]]:
    """Start a service, with `limits=`, `port=` and `folder=` if need be."""
    started: list[Any] = []

    def start(**options: Any) -> Any:
        folder = options.pop("folder", tmp_path / f"service_{len(started)}")
        service = http_service.Service(folder, **options).start()
        started.append(service)
        return service

    yield start
    for service in started:
        service.stop()


@pytest.fixture(scope="module")
def shared_service(
    tmp_path_factory: pytest.TempPathFactory, http_service: ModuleType
) -> Iterator[Any]:
    """One service for all tests of a file, with one watched folder."""
    one = http_service.Service(tmp_path_factory.mktemp("shared") / "service").start()
    one.root = one.watch()
    yield one
    one.stop()


@pytest.fixture
def service(start_service: Callable[..., Any]) -> Any:
    """A service with short deadlines and one watched folder."""
    one = start_service()
    one.root = one.watch()
    return one
