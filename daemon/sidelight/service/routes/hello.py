"""Who answers here: the only route without a token."""

from __future__ import annotations

from sidelight import __version__
from sidelight.service.core import Core
from sidelight.service.instance import API
from sidelight.service.operation import Answer, Call, Operation
from sidelight.service.schema import Hello, HelloQuery


async def hello(core: Core, call: Call) -> Answer:
    """Prove to a client that this is the service whose token it read."""
    return Answer(Hello(API, __version__, core.token.proof(call.query.nonce)))


OPERATIONS = (
    Operation(
        "GET",
        "/v1/hello",
        hello,
        "Let the service prove who it is",
        {200: Hello},
        query=HelloQuery,
        is_open=True,
    ),
)
