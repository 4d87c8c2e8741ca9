"""What the benchmarks share: one thread, medians, and a JSON file of results.

Importing this module limits OpenMP and BLAS to one thread, so it comes before numpy.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

CHECKOUT = Path(__file__).resolve().parents[2]
DATA = CHECKOUT.parent / "shared" / "data"
RESULTS = Path(__file__).resolve().parent / "results"
PHOTOS = RESULTS / "photos"
"""Virtual photos that a benchmark built, kept for the next run."""


def arguments(description: str) -> argparse.Namespace:
    """Return the command line: `quick` and where to write, `out`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="few repetitions, rough figures")
    parser.add_argument("--out", type=Path, help="JSON file (tests/benchmarks/results/NAME.json)")
    return parser.parse_args()


def summary(values: Sequence[float]) -> dict[str, float]:
    """Return count, median, percentiles, and the quartiles' distance over the median."""
    ordered = sorted(values)
    median = statistics.median(ordered)
    spread = _at(ordered, 0.75) - _at(ordered, 0.25)
    return {
        "count": len(ordered),
        "median": median,
        "p5": _at(ordered, 0.05),
        "p95": _at(ordered, 0.95),
        "spread": spread / median if median else 0.0,
    }


def ratio(ours: Sequence[float], peer: Sequence[float]) -> dict[str, float]:
    """Return the summary of ours / peer, run by run; both were measured in turns."""
    return summary([a / b for a, b in zip(ours, peer, strict=True)])


def write(name: str, figures: dict[str, Any], options: argparse.Namespace) -> None:
    """Print figures and write them as JSON, with the machine they come from."""
    data = {
        "benchmark": name,
        "quick": bool(options.quick),
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.system(),
        },
        **figures,
    }
    path = options.out or RESULTS / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(data, indent=2)
    path.write_text(text + "\n", encoding="utf-8")
    print(text)
    print(f"written to {path}", file=sys.stderr)


def _at(ordered: Sequence[float], share: float) -> float:
    """Linear interpolation between order statistics, as numpy's default."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
