"""The checks before every handler."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from sidelight.service.protocol import Limits
from sidelight.service.routes import load_operations


@pytest.fixture(scope="module")
def service(shared_service: Any) -> Any:
    return shared_service


def hosted(service: Any, *hosts: str, version: str = "1.1", target: str = "/v1/status") -> bytes:
    lines = [f"GET {target} HTTP/{version}", *(f"Host: {host}" for host in hosts)]
    lines += [f"Authorization: Bearer {service.token}", "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode("utf-8")


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}"])
def test_h1_our_own_names_are_allowed(service, http_service, host: str) -> None:
    answer = service.raw(hosted(service, host.format(port=service.port)))
    assert http_service.status_of(answer) == 200


FOREIGN = [
    "evil.example",
    "evil.example:{port}",
    "127.0.0.1.evil.example",
    "127.0.0.1.evil.example:{port}",
    "localhost.evil.example:{port}",
    "evillocalhost:{port}",
    "127.0.0.1:{other}",
    "127.0.0.1",
    "127.0.0.1:{port}:80",
    "127.0.0.1:0{port}",
    "0.0.0.0:{port}",
    "127.1:{port}",
    "127.0.0.2:{port}",
    "2130706433:{port}",
    "0x7f.1:{port}",
    "[::1]:{port}",
    "[::ffff:127.0.0.1]:{port}",
    "127.0.0.1:{port}@evil",
    "127.0.0.1@evil:{port}",
    "127.0.0.1:{port}, evil",
    "localhost.:{port}",
    "{machine}:{port}",
    "{machine}.local:{port}",
    "192.168.1.17:{port}",
    "a" * 300,
    "ı27.0.0.1:{port}",
    "[::1%lo]:{port}",
    "::1:{port}",
    "127.0.0.1:{port}/",
    "127.0.0.1:{port}#",
    "127.0.0.1 :{port}",
    "127.0.0.1:{port}.",
    "evil@127.0.0.1:{port}",
    "http://127.0.0.1:{port}",
    "127%2e0.0.1:{port}",
    "１27.0.0.1:{port}",
    "",
]


@pytest.mark.parametrize("host", FOREIGN)
def test_h2_other_names_are_misdirected(service, http_service, host: str) -> None:
    handled = service.server.app.handled
    name = host.format(port=service.port, other=service.port + 1, machine=socket.gethostname())
    assert http_service.status_of(service.raw(hosted(service, name))) in (400, 421)
    assert service.server.app.handled == handled


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_h2_no_host_and_two_hosts(service, http_service, version: str) -> None:
    handled = service.server.app.handled
    good = f"127.0.0.1:{service.port}"
    for hosts in ((), (good, good), (good, "evil.example"), ("evil.example", good)):
        answer = service.raw(hosted(service, *hosts, version=version))
        assert http_service.status_of(answer) in (400, 421)
    assert service.server.app.handled == handled


@pytest.mark.parametrize(
    "line",
    [
        "Host:\r\n 127.0.0.1:{port}",
        "Host: evil\r\n .example:{port}",
        "Host : 127.0.0.1:{port}",
        " Host: 127.0.0.1:{port}",
        "Host\t: 127.0.0.1:{port}",
        "X: 1\n Host: 127.0.0.1:{port}",
        "Host: 127.0.0.1:{port}\x00",
        "H\u00f6st: 127.0.0.1:{port}",
    ],
)
def test_h2_folded_and_spaced_names_are_refused(service, http_service, line: str) -> None:
    handled = service.server.app.handled
    good = f"Host: 127.0.0.1:{service.port}"
    data = service.head("Connection: close").decode().replace(good, line.format(port=service.port))
    assert http_service.status_of(service.raw(data.encode("utf-8"))) in (400, 421)
    assert service.server.app.handled == handled


@pytest.mark.parametrize(
    "target",
    [
        "http://evil.example/v1/status",
        "http://127.0.0.1:{port}/v1/status",
        "HTTP://localhost/v1/status",
        "evil.example:443",
        "v1/status",
        "*",
        "//evil.example/v1/status",
    ],
)
def test_h3_a_target_with_an_address_is_misdirected(service, http_service, target: str) -> None:
    handled = service.server.app.handled
    named = hosted(service, f"127.0.0.1:{service.port}", target=target.format(port=service.port))
    assert http_service.status_of(service.raw(named)) in (400, 404, 421)
    assert service.server.app.handled == handled
    if target.lower().startswith("http"):
        assert http_service.status_of(service.raw(named)) == 421


def test_h4_a_rebound_name_is_refused_without_asking_the_resolver(
    service, http_service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that resolved `evil.example` to 127.0.0.1 sends just this."""
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: asked.append(args))
    monkeypatch.setattr(socket, "gethostbyname", lambda *args: asked.append(args))
    client = socket.socket()
    client.settimeout(20)
    client.connect(("127.0.0.1", service.port))
    with client:
        client.sendall(hosted(service, f"evil.example:{service.port}"))
        answer = http_service.read_all(client)
    assert http_service.status_of(answer) == 421
    assert not asked


ORIGINS = [
    "http://evil.example",
    "https://localhost.evil.example",
    "null",
    "file://",
    "http://127.0.0.1:{other}",
    "http://127.0.0.1",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1:{port}.evil.example",
    "chrome-extension://x",
    "",
]


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("path", ["/v1/status", "/v1/hello?nonce=x", "/v1/events"])
def test_h5_pages_of_others_are_forbidden(service, origin: str, path: str) -> None:
    handled = service.server.app.handled
    given = origin.format(port=service.port, other=service.port + 1)
    reply = service.ask("GET", path, headers={"Origin": given})
    assert (reply.status, reply.code) == (403, "forbidden")
    assert service.server.app.handled == handled


def test_h6_programs_name_no_origin(service) -> None:
    assert service.ask("GET", "/v1/status").status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Mode": "navigate"},
        {"Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
    ],
)
def test_h7_what_browsers_send_for_others_is_forbidden(service, headers) -> None:
    for operation in load_operations():
        path = operation.path.replace("{id}", "1")
        reply = service.ask(operation.method, path, headers=headers)
        assert (reply.status, reply.code) == (403, "forbidden"), operation.name


def test_h8_a_browser_that_asks_in_advance_gets_no_permission(service) -> None:
    for origin in ("http://evil.example", f"http://127.0.0.1:{service.port}", "null"):
        for operation in load_operations():
            reply = service.ask(
                "OPTIONS",
                operation.path.replace("{id}", "1"),
                headers={
                    "Authorization": None,
                    "Origin": origin,
                    "Access-Control-Request-Method": operation.method,
                    "Access-Control-Request-Headers": "authorization, content-type",
                    "Access-Control-Request-Private-Network": "true",
                },
            )
            assert reply.status in (403, 405)
            assert not [name for name in reply.headers if name.lower().startswith("access-control")]


def test_h9_without_the_token_the_answer_is_always_the_same(service) -> None:
    good = service.token
    answers = set()
    for header in (
        {"Authorization": None},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {good[:-1]}"},
        {"Authorization": f"Bearer {good}x"},
        {"Authorization": f"Basic {good}"},
        {"Authorization": good},
        {"Authorization": None, "Cookie": f"token={good}"},
        {"Authorization": None, "X-Token": good},
    ):
        for path in ("/v1/status", "/v1/nowhere", "/v1/jobs/1"):
            reply = service.ask("GET", path, headers=header)
            assert reply.status == 401
            answers.add(reply.data)
    reply = service.ask("GET", f"/v1/status?token={good}", headers={"Authorization": None})
    answers.add(reply.data)
    assert len(answers) == 1
    assert good.encode() not in answers.pop()


def test_h9_guessing_is_slowed_down_and_good_clients_are_served(start_service) -> None:
    service = start_service(limits=Limits(failures=50, penalty_s=1.0))
    wrong = {"Authorization": "Bearer wrong"}
    assert {service.ask("GET", "/v1/status", headers=wrong).status for _ in range(50)} == {401}
    reply = service.ask("GET", "/v1/status", headers=wrong)
    assert (reply.status, reply.code) == (429, "too_many_failures")
    assert int(reply.headers["Retry-After"]) >= 1
    assert service.ask("GET", "/v1/status").status == 200
    assert service.ask("GET", "/v1/hello?nonce=x", headers=wrong).status == 200
    service.wait(lambda: service.ask("GET", "/v1/status", headers=wrong).status == 401)


def test_h9_two_tokens_are_none_and_a_long_one_costs_nothing(service, http_service) -> None:
    good = f"Authorization: Bearer {service.token}"
    bare = service.head().decode().replace(f"{good}\r\n", "")
    handled = service.server.app.handled
    for lines in (
        [good, good],
        [good, "Authorization: Bearer wrong"],
        ["Authorization: Bearer wrong", good],
        ["Authorization: Bearer " + "x" * 8000],
        [f"{good}, {good}"],
        [f"{good},"],
        ["Authorization:"],
        ["Proxy-Authorization" + good.removeprefix("Authorization")],
    ):
        data = bare.replace("\r\n\r\n", "\r\n" + "\r\n".join([*lines, "", ""]))
        assert http_service.status_of(service.raw(data.encode())) == 401, lines
    assert service.server.app.handled == handled


def test_whoever_may_not_ask_is_not_heard_twice(service, http_service) -> None:
    """The connection ends with the answer; a good request behind a bad one is not looked at."""
    good = service.head()
    for bad, status in (
        (good.replace(b"Host: 127.0.0.1", b"Host: evil"), 421),
        (service.head("Origin: http://evil.example"), 403),
        (good.replace(service.token.encode(), b"wrong"), 401),
    ):
        handled = service.server.app.handled
        answer = service.raw(bad + good)
        assert http_service.status_of(answer) == status
        assert answer.count(b"HTTP/1.1 ") == 1
        assert service.server.app.handled == handled


@pytest.mark.parametrize(
    "path",
    [
        "/v1/%6aobs",
        "/v1%2fjobs",
        "//v1/jobs",
        "/v1//jobs",
        "/v1/jobs/",
        "/v1/./jobs",
        "/v1/jobs/../status",
        "/v1/jobs/..;/status",
        "/v1/jobs;x=1",
        "/v1/jobs%00",
        "/v1/jobs%3fstate=done",
        "/v1/jobs/%31",
        "/v1/jobs/+1",
        "/v1/jobs/-1",
        "/v1/jobs/1e3",
        "/v1/jobs/0x1",
        "/v1/jobs/9223372036854775808",
        "/v1/jobs/99999999999999999999",
        "/v1/jobs/../../etc/passwd",
        "/v1/catalogs/%2e%2e",
        "/V1/jobs",
        "/v2/jobs",
        "/..",
        "/",
    ],
)
def test_a_path_has_one_spelling(service, http_service, path: str) -> None:
    handled = service.server.app.handled
    answer = service.raw(service.head("Connection: close", path=path))
    assert http_service.status_of(answer) == 404
    assert service.server.app.handled == handled


@pytest.mark.parametrize(
    "method", ["HEAD", "TRACE", "CONNECT", "PRI", "PROPFIND", "M-SEARCH", "get", "FOO", "G\u00cbT"]
)
def test_h11_strange_methods_do_nothing(service, http_service, method: str) -> None:
    handled = service.server.app.handled
    answer = service.raw(service.head("Connection: close", method=method))
    assert http_service.status_of(answer) in (400, 404, 405, 421)
    assert service.server.app.handled == handled


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/json",
        "application/json; charset=utf-16",
        "application/jsonx",
        "image/png",
        "*/*",
        None,
    ],
)
def test_h10_other_content_types_are_refused_unread(service, kind: str | None) -> None:
    for operation in load_operations():
        if operation.method in ("POST", "PATCH", "DELETE"):
            handled = service.server.app.handled
            path = operation.path.replace("{id}", "1")
            reply = service.ask(operation.method, path, b"{}", {"Content-Type": kind})
            assert (reply.status, reply.code) == (415, "content_type"), operation.name
            assert service.server.app.handled == handled


def test_h10_two_content_types_and_compressed_bodies(service, http_service) -> None:
    twice = ("Content-Type: application/json", "Content-Type: text/plain", "Content-Length: 2")
    answer = service.raw(service.head(*twice, method="POST", path="/v1/undo") + b"{}")
    assert http_service.status_of(answer) in (400, 415)
    for coding in ("gzip", "deflate", "br", "x-gzip", "gzip, identity"):
        reply = service.ask("POST", "/v1/undo", {"last": True}, {"Content-Encoding": coding})
        assert reply.status == 415
    hidden = ("Content-Type: application/json", "Content-Encoding: identity", "Content-Length: 2")
    for lines in ((*hidden, "Content-Encoding: gzip"), ("Content-Encoding: gzip", *hidden)):
        answer = service.raw(service.head(*lines, method="POST", path="/v1/undo") + b"{}")
        assert http_service.status_of(answer) == 415


def test_h13_a_compressed_bomb_stays_packed(service, http_service) -> None:
    import gzip

    bomb = gzip.compress(bytes(64 << 20))
    lines = ("Content-Type: image/jpeg", "Content-Encoding: gzip", f"Content-Length: {len(bomb)}")
    handled = service.server.app.handled
    answer = service.raw(service.head(*lines, method="POST", path="/v1/predict") + bomb)
    assert http_service.status_of(answer) == 415
    assert service.server.app.handled == handled


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_usual_spellings_of_json_are_accepted(service, kind: str) -> None:
    assert service.ask("POST", "/v1/undo", b'{"last":true}', {"Content-Type": kind}).status == 200


def test_h11_nothing_changes_by_get_or_by_a_header(service) -> None:
    reads = {each.path for each in load_operations() if each.method == "GET"}
    for operation in load_operations():
        if operation.method == "GET":
            continue
        path = operation.path.replace("{id}", "1")
        for method in ("GET", "HEAD", "PUT", "TRACE"):
            if method == "GET" and operation.path in reads:
                continue
            handled = service.server.app.handled
            headers = {"X-HTTP-Method-Override": operation.method, "X-HTTP-Method": "POST"}
            reply = service.ask(method, path, headers=headers)
            assert reply.status == 405, (method, operation.name)
            assert operation.method in reply.headers["Allow"]
            assert service.server.app.handled == handled


def test_h11_a_get_with_an_override_stays_a_get(service) -> None:
    override = {"X-HTTP-Method-Override": "DELETE"}
    assert service.ask("GET", f"/v1/roots/{service.root.id}", headers=override).status == 200
    assert service.core.roots.get(service.root.id)


def test_h12_streams_and_upgrades_are_checked_like_everything_else(service, http_service) -> None:
    upgrade = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
    foreign = service.head(*upgrade, "Origin: http://evil.example", path="/v1/events")
    assert http_service.status_of(service.raw(foreign)) == 403
    browser = service.head("Sec-Fetch-Mode: cors", "Connection: close", path="/v1/events")
    assert http_service.status_of(service.raw(browser)) == 403
    without = foreign.replace(service.token.encode(), b"x").replace(b"Origin", b"X-Origin")
    assert http_service.status_of(service.raw(without)) == 401
    with service.connect() as client:
        client.sendall(service.head(*upgrade))
        assert http_service.status_of(client.recv(4096)) == 200  # and no protocol is switched


def test_the_order_is_host_origin_token_path_method_type(service, http_service) -> None:
    """Each request below breaks one rule less."""
    body = b"Content-Length: 99999999999\r\nContent-Type: text/plain\r\n\r\n"
    good = f"Host: 127.0.0.1:{service.port}\r\n".encode()
    token = f"Authorization: Bearer {service.token}\r\n".encode()
    page = b"Origin: http://evil.example\r\n"
    for start, status in (
        (b"PUT /v1/nowhere HTTP/1.1\r\nHost: evil\r\n" + page, 421),
        (b"PUT /v1/nowhere HTTP/1.1\r\n" + good + page, 403),
        (b"PUT /v1/nowhere HTTP/1.1\r\n" + good, 401),
        (b"PUT /v1/nowhere HTTP/1.1\r\n" + good + token, 404),
        (b"PUT /v1/undo HTTP/1.1\r\n" + good + token, 405),
        (b"POST /v1/undo HTTP/1.1\r\n" + good + token, 415),
    ):
        assert http_service.status_of(service.raw(start + body)) == status
    large = body.replace(b"text/plain", b"application/json")
    start = b"POST /v1/undo HTTP/1.1\r\n" + good + token
    assert http_service.status_of(service.raw(start + large)) == 413
