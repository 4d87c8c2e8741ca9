"""Is the daemon well? Its address, its database, what it watches, what it had to give up."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sidelight import paths
from sidelight.errors import NewerStateError, StateError
from sidelight.jobs.store import JobStore
from sidelight.service.client import find_daemon
from sidelight.state.database import Database
from sidelight.state.events import EventLog
from sidelight.state.faults import DamagedStateError
from sidelight.state.mounts import mount_of
from sidelight.state.roots import Root, RootStore
from sidelight.state.values import path_to_text
from sidelight.state.waiting import WaitingRecipes
from sidelight.workflows.doctor import Check, guarded
from sidelight.workflows.result import sentence
from sidelight_xmp.files import close, create_temp, remove

_ANSWER_S = 10.0
_FOREIGN_HOST = "rebound.example"
_REFUSED = (400, 403, 421)
_LEVEL = re.compile(r"^(\S+ \S+) (ERROR|CRITICAL) [\w.]+: (.*)$", re.MULTILINE)
_INOTIFY = Path("/proc/sys/fs/inotify")
_ENOUGH_WATCHES = 524_288
_SHOWN = 5


def examine_daemon() -> Iterator[Check]:
    """Look at everything about the daemon, whether or not it runs."""
    yield from guarded(
        (
            ("daemon", check_daemon),
            ("host check", check_host),
            ("endpoint", check_endpoint),
            ("last crash", check_last_crash),
        )
    )
    if not paths.database_file().exists():
        yield Check("database", "ok", "none yet; the daemon makes it")
        return
    try:
        database = Database(paths.database_file())
    except StateError as error:
        yield Check("database", "failed", _cure(error))
        return
    try:
        yield from guarded(
            (
                ("database", lambda: check_database(database)),
                ("watched", lambda: check_roots(RootStore(database).list())),
                ("inotify", lambda: check_inotify(RootStore(database).list())),
                ("quarantine", lambda: check_quarantine(database)),
                ("waiting", lambda: check_waiting(database)),
            )
        )
    finally:
        database.close()


def check_daemon() -> Check:
    """Look for a running daemon and make it prove that it is ours."""
    client = find_daemon()
    if client is None:
        return Check("daemon", "ok", "not running; `sidelight serve` starts it")
    status = client.request("GET", "/v1/status")
    return Check("daemon", "ok", f"version {status['version']} answers at {client.url}")


def check_host() -> Check:
    """Ask as a web page would that pretends to be this machine; it must be turned away."""
    client = find_daemon()
    if client is None:
        return Check("host check", "ok", "nothing listens")
    address = urlsplit(client.url)
    connection = http.client.HTTPConnection(
        address.hostname or "127.0.0.1", address.port, timeout=_ANSWER_S
    )
    try:
        connection.request("GET", "/v1/hello?nonce=0", headers={"Host": _FOREIGN_HOST})
        answer = connection.getresponse().status
    finally:
        connection.close()
    if answer in _REFUSED:
        return Check("host check", "ok", f"foreign names are turned away ({answer})")
    return Check("host check", "failed", f"a request for {_FOREIGN_HOST} was answered ({answer})")


def check_endpoint() -> Check:
    """Look at the file that holds the token: it must be private."""
    file = paths.endpoint_file()
    if not file.exists():
        return Check("endpoint", "ok", "no token is stored; one is made when the daemon starts")
    mode = file.stat().st_mode & 0o777
    if os.name == "posix" and mode & 0o077:
        return Check("endpoint", "failed", f"{file} is open to other users (mode {mode:o})")
    return Check("endpoint", "ok", f"{file} (mode {mode:o})")


def check_last_crash() -> Check:
    """Look for a daemon that ended without a farewell, and for the last error it logged."""
    found = []
    file = paths.endpoint_file()
    with contextlib.suppress(OSError, ValueError):
        pid = json.loads(file.read_text(encoding="utf-8"))["pid"]
        if not _is_alive(pid):
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(file.stat().st_mtime))
            found.append(f"the daemon that started {when} was ended by force or crashed")
    error = _last_logged_error()
    if error:
        found.append(f"last error: {error}")
    if found:
        return Check("last crash", "warning", "; ".join(found))
    return Check("last crash", "ok", "none known")


def _is_alive(pid: Any) -> bool:
    import psutil

    return isinstance(pid, int) and psutil.pid_exists(pid)


def _last_logged_error() -> str:
    newest_first = sorted(
        paths.log_folder().glob("*.log*"), key=lambda path: path.stat().st_mtime, reverse=True
    )
    for file in newest_first:
        matches = _LEVEL.findall(file.read_text(encoding="utf-8", errors="replace"))
        if matches:
            when, _, text = matches[-1]
            return f"{when} {text}"
    return ""


def _cure(error: StateError) -> str:
    if isinstance(error, DamagedStateError):
        return f"{sentence(error)}; the daemon saves what it can when it starts next"
    if isinstance(error, NewerStateError):
        return f"{sentence(error)}; update Sidelight"
    return sentence(error)


def check_database(database: Database) -> Check:
    """Let SQLite look through the whole database."""
    wrong = database.check()
    if wrong:
        text = f"it is damaged ({wrong}); the daemon saves what it can when it starts next"
        return Check("database", "failed", text)
    counts = JobStore(database, EventLog(database)).counts()
    shown = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return Check("database", "ok", f"sound; jobs: {shown or 'none'}")


def check_roots(roots: Iterable[Root]) -> Iterator[Check]:
    """Look at each watched place by really listing, reading and writing it."""
    roots = list(roots)
    if not roots:
        yield Check("watched", "ok", "nothing is watched")
    for root in roots:
        name = path_to_text(root.path)
        yield _within(_ANSWER_S, _check_root, root) or Check(
            "watched", "failed", f"{name} does not answer within {_ANSWER_S:g} s"
        )


def _within(seconds: float, check: Callable[[Root], Check], root: Root) -> Check | None:
    """Return what a check finds, None when it takes too long.

    A drive that went away may never answer; the other checks shall not wait for it.
    """
    found: list[Check] = []
    thread = threading.Thread(target=lambda: found.append(check(root)), daemon=True)
    thread.start()
    thread.join(seconds)
    return found[0] if found else None


def _check_root(root: Root) -> Check:
    name = path_to_text(root.path)
    if root.state == "paused":
        return Check("watched", "ok", f"{name} is paused")
    try:
        if root.kind == "folder":
            with os.scandir(root.path) as entries:
                count = sum(1 for _ in entries)
            text = f"{name}: {count} entries{_where(root.path)}"
        else:
            with root.path.open("rb") as file:
                file.read(16)
            return Check("watched", "ok", f"{name}: {root.kind} catalog, readable")
    except OSError as error:
        text = f"{name} cannot be read: {sentence(error)}"
        if isinstance(error, FileNotFoundError):  # a drive that is away, and comes back
            return Check("watched", "warning", text)
        return Check("watched", "failed", text)
    try:
        descriptor, temp = create_temp(root.path)
        close(descriptor)
        remove(temp)
    except OSError as error:
        text += f"; not writable ({sentence(error)}), so edits wait instead"
        return Check("watched", "warning", text)
    return Check("watched", "ok", f"{text}, writable")


def _where(folder: Path) -> str:
    network = mount_of(folder).is_network
    return ", on the network, so it is looked at from time to time" if network else ""


def check_inotify(roots: Iterable[Root]) -> Check:
    """Compare what Linux lets a user watch with what is needed."""
    limits = _read_limits()
    if limits is None:
        return Check("inotify", "ok", "this system needs no limit raised")
    watches, instances = limits
    needed = sum(
        _count_folders(root.path)
        for root in roots
        if root.kind == "folder" and root.state != "missing"
    )
    used_watches, used_instances = _in_use()
    text = (
        f"{needed} watched folders; {used_watches} of {watches} watches and "
        f"{used_instances} of {instances} instances are in use"
    )
    cures = []
    if needed > watches or used_watches > 0.9 * watches:
        cures.append(f"fs.inotify.max_user_watches={max(_ENOUGH_WATCHES, 2 * needed)}")
    if used_instances >= instances:
        cures.append(f"fs.inotify.max_user_instances={2 * instances}")
    if not cures:
        return Check("inotify", "ok", text)
    return Check(
        "inotify",
        "warning",
        f"{text}: some folders are only looked at from time to time; "
        f"`sudo sysctl {' '.join(cures)}` cures it",
    )


def _read_limits() -> tuple[int, int] | None:
    try:
        watches = int((_INOTIFY / "max_user_watches").read_text())
        return watches, int((_INOTIFY / "max_user_instances").read_text())
    except (OSError, ValueError):
        return None


def _count_folders(top: Path) -> int:
    return sum(1 for _ in os.walk(top))


def _in_use() -> tuple[int, int]:
    """Return inotify watches and instances of this user's processes, as far as they can be seen."""
    watches = instances = 0
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if os.readlink(link) != "anon_inode:inotify":  # noqa: PTH115
                continue
            instances += 1
            lines = (link.parent.parent / "fdinfo" / link.name).read_text().splitlines()
            watches += sum(line.startswith("inotify ") for line in lines)
    return watches, instances


def check_quarantine(database: Database) -> Check:
    """Name the photos that ended a worker process twice and are left alone since."""
    jobs = JobStore(database, EventLog(database)).quarantined()
    if not jobs:
        return Check("quarantine", "ok", "no photo had to be given up")
    shown = "; ".join(f"{path_to_text(job.photo)} ({job.reason})" for job in jobs[:_SHOWN])
    more = f" and {len(jobs) - _SHOWN} more" if len(jobs) > _SHOWN else ""
    text = f"{len(jobs)} photos are left alone until they change: {shown}{more}"
    return Check("quarantine", "warning", text)


def check_waiting(database: Database) -> Check:
    """Count the edits that wait for an editor to take them."""
    recipes = WaitingRecipes(database)
    count = recipes.count()
    if not count:
        return Check("waiting", "ok", "no edit waits for an editor")
    why = recipes.list(limit=1)[0].why
    waits = "1 edit waits for an editor" if count == 1 else f"{count} edits wait for an editor"
    return Check("waiting", "ok", f"{waits}; the first: {why}")
