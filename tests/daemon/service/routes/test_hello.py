"""Who answers?"""

from __future__ import annotations

import pytest

from sidelight import __version__
from sidelight.service.auth import make_proof


def test_it_proves_that_it_knows_the_token(service) -> None:
    reply = service.ask("GET", "/v1/hello?nonce=once", headers={"Authorization": None})
    assert reply.status == 200
    proof = make_proof(service.token, "once")
    assert reply.json == {"api": [1], "version": __version__, "proof": proof}
    assert service.token not in reply.data.decode()


@pytest.mark.parametrize(
    "query", ["", "?nonce=", "?nonce=a&nonce=b", "?nonce=a%20b", "?nonce=" + "a" * 129, "?n=a"]
)
def test_a_nonce_is_needed(service, query: str) -> None:
    reply = service.ask("GET", f"/v1/hello{query}", headers={"Authorization": None})
    assert (reply.status, reply.code) == (400, "bad_request")
