"""A 3D LUT as a value; `imaging.lut` reads, writes and applies it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sidelight.errors import LutError

MAXIMUM_SIZE = 129


@dataclass(frozen=True, eq=False)
class Lut3D:
    """Table from colour to colour over [0, 1]^3.

    Attributes:
        table: float32, shape (N, N, N, 3), indexed [red][green][blue], N from 2 to 129, finite.
        title: What the file calls it.
    """

    table: NDArray[np.float32]
    title: str = field(default="")

    def __post_init__(self) -> None:
        table = np.array(self.table, dtype=np.float32, order="C")
        size = table.shape[0] if table.ndim else 0
        if table.shape != (size, size, size, 3) or not 2 <= size <= MAXIMUM_SIZE:
            raise LutError(f"a 3D LUT has 2 to {MAXIMUM_SIZE} steps on each of three axes")
        if not np.isfinite(table).all():
            raise LutError("a 3D LUT holds finite numbers only")
        table.setflags(write=False)
        object.__setattr__(self, "table", table)

    @property
    def size(self) -> int:
        """Steps on each axis."""
        return int(self.table.shape[0])

    @classmethod
    def identity(cls, size: int = 33) -> Lut3D:
        """Return the table that changes nothing."""
        axis = np.linspace(0.0, 1.0, size, dtype=np.float32)
        grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
        return cls(grid, "identity")
