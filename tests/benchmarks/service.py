"""The daemon against the same work in one process: answers, bursts, rest and restart."""

from __future__ import annotations

import report  # isort: skip

import contextlib
import http.client
import io
import json
import os
import queue
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from sidelight.jobs.worker import WorkerPool
from sidelight.service.client import Client, find_daemon
from sidelight.workflows.predict import Settings, predict_jpeg

SETTINGS = Settings(editors=("lightroom", "darktable"))
CLIENTS = 8
MEGAPIXELS = 2.0
SETTLE_S = 2.0
"""The daemon's default: a file that has not changed for so long is complete."""
PRELOAD = ("sidelight.workflows.predict", "sidelight.engines.auto", "sidelight.imaging.raster")


class Service:
    """A real `sidelight serve` in a home of its own."""

    def __init__(self, home: Path, workers: int, **settings: Any) -> None:
        self.home = home
        config = home / "config" / "config.toml"
        config.parent.mkdir(parents=True, exist_ok=True)
        lines = [
            f"{k} = {json.dumps(v)}" for k, v in {"port": 0, "workers": workers, **settings}.items()
        ]
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.start()

    def start(self) -> float:
        """Start it and return the seconds until it answers."""
        os.environ["SIDELIGHT_HOME"] = str(self.home)
        started = time.perf_counter()
        command = [sys.executable, "-m", "sidelight", "serve"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while (found := find_daemon(timeout_s=5)) is None:
            if self.process.poll() is not None:
                raise RuntimeError("the daemon ended")
            time.sleep(0.01)
        self.client: Client = found
        return time.perf_counter() - started

    def stop(self) -> None:
        """Ask it to end."""
        self.process.terminate()
        self.process.wait(30)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def rss_mb(self) -> float:
        """Return the resident memory of the service process alone."""
        return psutil.Process(self.process.pid).memory_info().rss / 1e6

    def jobs(self) -> dict[str, int]:
        """Return the number of jobs by state."""
        return self.client.request("GET", "/v1/status")["jobs"]

    def endpoint(self) -> dict[str, Any]:
        """Return what clients find it by."""
        return json.loads((self.home / "state" / "endpoint.json").read_text(encoding="utf-8"))


@contextlib.contextmanager
def serving(workers: int, **settings: Any) -> Iterator[Service]:
    """Run a daemon for a while."""
    with tempfile.TemporaryDirectory(prefix="sidelight-benchmark-") as folder:
        service = Service(Path(folder), workers, **settings)
        try:
            yield service
        finally:
            service.kill() if service.process.poll() is None else None


class Caller:
    """One client of POST predict that keeps its connection."""

    def __init__(self, service: Service) -> None:
        endpoint = service.endpoint()
        self.connection = http.client.HTTPConnection("127.0.0.1", endpoint["port"], timeout=60)
        self.headers = {
            "Authorization": f"Bearer {endpoint['token']}",
            "Content-Type": "image/jpeg",
        }

    def predict(self, data: bytes) -> float:
        """Ask once and return the seconds it took."""
        started = time.perf_counter()
        self.connection.request(
            "POST", "/v1/predict?editors=lightroom&editors=darktable", data, self.headers
        )
        answer = self.connection.getresponse()
        body = answer.read()
        taken = time.perf_counter() - started
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {body[:200]!r}")
        return taken


def jpeg() -> bytes:
    """Return a photo of two megapixels as JPEG."""
    from PIL import Image

    with Image.open(report.DATA / "photos" / "pigallery2_IMG_5910.jpg") as opened:
        picture = opened.convert("RGB")
    scale = (MEGAPIXELS * 1e6 / (picture.width * picture.height)) ** 0.5
    stream = io.BytesIO()
    size = round(picture.width * scale), round(picture.height * scale)
    picture.resize(size, Image.Resampling.LANCZOS).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def one_client(service: Service, data: bytes, runs: int) -> dict[str, Any]:
    """Return one client's latency and the same prediction in this process, in turns."""
    caller = Caller(service)
    for _ in range(3):
        caller.predict(data)
        predict_jpeg(data, SETTINGS)
    ours, peer = [], []
    for _ in range(runs):
        ours.append(caller.predict(data))
        started = time.perf_counter()
        predict_jpeg(data, SETTINGS)
        peer.append(time.perf_counter() - started)
    return {
        "service_milliseconds": report.summary([1e3 * t for t in ours]),
        "in_process_milliseconds": report.summary([1e3 * t for t in peer]),
        "p50_over_p50": report.summary(ours)["median"] / report.summary(peer)["median"],
    }


def many_clients(
    service: Service, data: bytes, workers: int, each: int, rounds: int
) -> dict[str, Any]:
    """Return eight clients' throughput over that of as many bare worker processes, in turns."""
    ratios, latencies, rates = [], [], []
    with WorkerPool(workers, preload=PRELOAD) as pool:
        for _ in range(workers * 3):
            pool.submit(predict_jpeg, data, SETTINGS, timeout_s=60).result()
        for _ in range(rounds):
            # Anew in each round: a connection that rests is closed after a while.
            callers = [Caller(service) for _ in range(CLIENTS)]
            taken, rate = _clients_rate(callers, data, each)
            latencies += taken
            bare = _pool_rate(pool, data, workers, each * CLIENTS)
            rates.append(rate)
            ratios.append(rate / bare)
    ordered = sorted(latencies)
    return {
        "clients": CLIENTS,
        "workers": workers,
        "predictions_per_second": report.summary(rates),
        "throughput_over_bare_workers": report.summary(ratios),
        "milliseconds_p50": 1e3 * ordered[len(ordered) // 2],
        "milliseconds_p99": 1e3 * ordered[int(0.99 * (len(ordered) - 1))],
    }


def _clients_rate(callers: Sequence[Caller], data: bytes, each: int) -> tuple[list[float], float]:
    taken: queue.SimpleQueue[float] = queue.SimpleQueue()

    def work(caller: Caller) -> None:
        for _ in range(each):
            taken.put(caller.predict(data))

    threads = [threading.Thread(target=work, args=(caller,)) for caller in callers]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    found = [taken.get() for _ in range(taken.qsize())]
    if len(found) != each * len(callers):
        raise RuntimeError("a client failed")
    return found, len(found) / seconds


def _pool_rate(pool: WorkerPool, data: bytes, workers: int, count: int) -> float:
    started = time.perf_counter()
    futures = [pool.submit(predict_jpeg, data, SETTINGS, timeout_s=60) for _ in range(count)]
    for future in futures:
        future.result()
    return count / (time.perf_counter() - started)


def virtual_raws(folder: Path, count: int, size: tuple[int, int]) -> list[Path]:
    """Write virtual raws of one scene, no two of the same content."""
    from dataclasses import replace

    from sidelight.learning.radiance import View, read_radiance
    from sidelight.learning.virtual_camera import Shot, take

    scene = read_radiance(report.DATA / "hdr-scenes" / "polyhaven_lebombo_1k.hdr")
    dng, _ = take(scene, Shot(View(), seed=1), report.DATA / "luts", size)
    paths = []
    for number in range(count):
        path = folder / f"burst_{number:05d}.dng"
        path.write_bytes(replace(dng, maker_note=b"%08d" % number).to_bytes())
        paths.append(path)
    return paths


def burst(count: int, workers: int, size: tuple[int, int]) -> dict[str, Any]:
    """Return the daemon's rate on a burst over that of `sidelight auto` on the same photos."""
    with tempfile.TemporaryDirectory(prefix="sidelight-burst-") as name:
        folder, source, root = Path(name), Path(name) / "source", Path(name) / "root"
        source.mkdir()
        root.mkdir()
        virtual_raws(source, count, size)
        auto_s = _auto_seconds(source, folder / "auto_home", workers)
        for sidecar in source.glob("*.xmp"):
            sidecar.unlink()
        with serving(workers) as service:
            service.client.request("POST", "/v1/roots", {"path": str(root)})
            for path in sorted(source.glob("*.dng")):
                path.rename(root / path.name)
            time.sleep(SETTLE_S)
            settled = time.perf_counter()
            before = _count(root)
            _until(lambda: _count(root) >= 2 * count, 3600)
            service_s = time.perf_counter() - settled
            rss, jobs = service.rss_mb(), service.jobs()
    open_photos = count - before / 2
    return {
        "photos": count,
        "workers": workers,
        "pixels": list(size),
        "open_when_the_last_file_settled": open_photos,
        "seconds_until_the_last_sidecar": service_s,
        "auto_seconds": auto_s,
        "rate_over_auto": (open_photos / service_s) / (count / auto_s),
        "jobs": jobs,
        "rss_mb_after": rss,
    }


def _auto_seconds(folder: Path, home: Path, workers: int) -> float:
    command = [sys.executable, "-m", "sidelight", "auto", str(folder), "--workers", str(workers)]
    started = time.perf_counter()
    environment = {**os.environ, "SIDELIGHT_HOME": str(home)}
    subprocess.run(
        [*command, "--editor", "lightroom,darktable", "--json"],
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - started


def _count(folder: Path) -> int:
    with os.scandir(folder) as entries:
        return sum(entry.name.endswith(".xmp") for entry in entries)


def tiny_files(count: int) -> dict[str, Any]:
    """Return how ten thousand small files arrive in the queue: seconds, memory, each once."""
    with tempfile.TemporaryDirectory(prefix="sidelight-tiny-") as name:
        root = Path(name)
        with serving(1) as service:
            service.client.request("POST", "/v1/roots", {"path": str(root)})
            before = service.rss_mb()
            peak = before
            started = time.perf_counter()
            for number in range(count):
                part = root / f"{number:05d}.part"
                part.write_bytes(b"not a photo, but one of a kind: %08d" % number)
                part.rename(root / f"{number:05d}.nef")
            arrived = time.perf_counter() - started
            database = service.home / "state" / "sidelight.db"

            def all_queued() -> bool:
                nonlocal peak
                peak = max(peak, service.rss_mb())
                return _rows(database, "SELECT count(*) FROM jobs")[0][0] >= count

            _until(all_queued, 600)
            queued = time.perf_counter() - started
            time.sleep(3)
            rows = _rows(database, "SELECT count(*), count(DISTINCT photo) FROM jobs")[0]
    return {
        "files": count,
        "seconds_to_write_them": arrived,
        "seconds_until_all_are_queued": queued,
        "jobs": rows[0],
        "different_photos": rows[1],
        "rss_growth_mb": peak - before,
    }


def _rows(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def at_rest(seconds: float) -> dict[str, Any]:
    """Return what a daemon that watches one folder costs when nothing happens."""
    with tempfile.TemporaryDirectory(prefix="sidelight-rest-") as name, serving(1) as service:
        service.client.request("POST", "/v1/roots", {"path": name})
        time.sleep(5)
        first, cpu = _wakeups(service.process.pid), _cpu_s(service.process.pid)
        time.sleep(seconds)
        wakeups = _wakeups(service.process.pid) - first
        return {
            "wakeups_per_second": wakeups / seconds,
            "share_of_a_core": (_cpu_s(service.process.pid) - cpu) / seconds,
            "rss_mb": service.rss_mb(),
        }


def _wakeups(pid: int) -> int:
    """Return how often threads of a process went to sleep so far."""
    total = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        lines = status.read_text(encoding="ascii").splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt"))
    return total


def _cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def restart(rounds: int) -> dict[str, Any]:
    """Return the seconds from the start after SIGKILL to the first answer."""
    with serving(1) as service:
        taken = []
        for _ in range(rounds):
            service.kill()
            taken.append(service.start())
        bare = []
        for _ in range(rounds):
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", "import aiohttp.web, lxml, numpy"], check=True)
            bare.append(time.perf_counter() - started)
    return {
        "seconds": report.summary(taken),
        "over_importing_aiohttp_lxml_and_numpy": report.ratio(taken, bare),
    }


def _until(done: Callable[[], bool], timeout_s: float) -> None:
    ends = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() > ends:
            raise RuntimeError("waited in vain")
        time.sleep(0.1)


def main() -> None:
    options = report.arguments(__doc__ or "")
    if not report.DATA.is_dir():
        skipped = {"skipped": "the shared photos are not beside this checkout"}
        report.write("service", skipped, options)
        return
    quick = options.quick
    workers = max(1, (os.cpu_count() or 2) - 1)
    data = jpeg()
    with serving(workers) as service:
        one = one_client(service, data, 8 if quick else 60)
        eight = many_clients(service, data, workers, 2 if quick else 12, 1 if quick else 5)
    figures = {
        "predict_one_client": one,
        "predict_eight_clients": eight,
        "burst": burst(24 if quick else 2000, workers, (1056, 704)),
        "tiny_files": tiny_files(300 if quick else 10_000),
        "at_rest": at_rest(5 if quick else 60),
        "restart": restart(2 if quick else 15),
    }
    report.write("service", figures, options)


if __name__ == "__main__":
    main()
