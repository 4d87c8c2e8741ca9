"""What worker processes are made to do."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

BEHAVIOR = """
import ctypes, os, signal, sys, time

class Unreadable(Exception):
    def __init__(self, one, two):
        super().__init__(one)

class Treacherous:
    def __reduce__(self):
        return (explode, ())

def explode():
    raise ValueError("exploded")

def double(value):
    return 2 * value

def pid():
    return os.getpid()

def nap(seconds):
    time.sleep(seconds)
    return os.getpid()

def state():
    import resource
    limits = {name: resource.getrlimit(getattr(resource, name))
              for name in ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_NOFILE", "RLIMIT_CORE")}
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "limits": limits,
        "used_s": used.ru_utime + used.ru_stime,
        "nice": os.nice(0),
        "session": os.getsid(0) == os.getpid(),
        "threads": os.environ["OMP_NUM_THREADS"],
        "streams": [os.readlink(f"/proc/self/fd/{fd}") for fd in range(3)],
        "files": len(os.listdir("/proc/self/fd")),
        "interrupt": signal.getsignal(signal.SIGINT) == signal.SIG_IGN,
        "loaded": "colorsys" in sys.modules,
    }

def abort():
    os.abort()

def segfault():
    ctypes.string_at(0)

def spin():
    while True:
        pass

def spin_holding_the_lock():
    ctypes.pythonapi.PyGILState_Ensure.restype = ctypes.c_int
    ctypes.PyDLL(None).sleep(600)

def allocate():
    blocks = []
    while True:
        blocks.append(bytearray(1 << 20))

def grow(mib):
    global kept
    kept = bytearray(os.urandom(1 << 20) * mib)
    return os.getpid()

def forks(path):
    for _ in range(5):
        if os.fork() == 0:
            with open(path, "a") as file:
                file.write(f"{os.getpid()}\\n")
            time.sleep(600)
    os.abort()

def hold(mib):
    block = bytearray(os.urandom(1 << 20) * mib)
    time.sleep(60)
    return len(block)

def leave_a_child(path):
    child = os.fork()
    if child == 0:
        time.sleep(600)
    with open(path, "w") as file:
        file.write(str(child))
    return os.getpid()

def fork_and_return():
    os.fork()
    return "twice"

def chatter():
    block = b"x" * (1 << 20)
    for _ in range(1024):
        os.write(1, block)
        os.write(2, block[:1024])
    return "said"

def leave(code):
    os._exit(code)

def leave_politely():
    sys.exit(3)

def interrupt():
    raise KeyboardInterrupt

def raise_unreadable():
    raise Unreadable("odd", 2)

def raise_known():
    from sidelight.errors import UnreadableError
    raise UnreadableError("no decoder opens it")

def answer_a_lambda():
    return lambda: 1

def answer_a_trap():
    return Treacherous()

def speak_in_pickles(path):
    # What a decoder that was taken over may try: bytes of its own into the pool's pipe.
    import gc
    from multiprocessing.connection import Connection
    trap = f"cos\\nsystem\\n(S'touch {path}'\\ntR.".encode()
    for end in gc.get_objects():
        if type(end) is Connection and not end.closed and end.writable:
            end.send_bytes(trap)
    time.sleep(60)

def use_much_cpu():
    import resource
    resource.setrlimit(resource.RLIMIT_CPU, (1, 10))
    spin()
"""


@pytest.fixture(scope="session")
def behavior(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Functions, good and bad, that worker processes can import by name."""
    folder = tmp_path_factory.mktemp("behavior")
    (folder / "worker_behavior.py").write_text(BEHAVIOR, encoding="utf-8")
    sys.path.insert(0, str(folder))
    yield importlib.import_module("worker_behavior")
    sys.path.remove(str(folder))
    del sys.modules["worker_behavior"]
