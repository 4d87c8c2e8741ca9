"""`.cube` text files: the LUT of a Recipe, for programs that take nothing else.

Format: Adobe Cube LUT 1.0. Red runs fastest. darktable 4.2.1 crashes on a domain other than 0 to
1, so none is written.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sidelight.editors.base import Edit, Order, Outcome, Place, Reading, Store
from sidelight.editors.sidecar import Sidecar
from sidelight.errors import EditorError
from sidelight.recipe import Lut3D, PhotoInfo, Recipe

STEP = 1e-6
"""Precision of a number in the file."""


class Cube:
    """Reads and writes `IMG_1.cube` beside `IMG_1.CR3`."""

    name = "cube"
    label = ".cube"

    def place(self, photo: Path) -> Place:
        """Return the LUT file beside the photo."""
        return Place(photo.with_suffix(".cube"))

    def sidecars(self, photo: Path) -> tuple[Path, ...]:
        """Return the one file."""
        sidecar = self.place(photo).sidecar
        return () if sidecar is None else (sidecar,)

    def edit(self, photo: Path, first_versions: Store) -> Edit:
        """Return whose LUT is there; any LUT is an edit."""
        return self._sidecar(photo).edit(first_versions)

    def write(self, info: PhotoInfo, recipe: Recipe, order: Order) -> Outcome:
        """Write the LUT, blended with the identity by the Recipe's amount."""
        if recipe.lut is None:
            return Outcome("skipped", "this edit has no LUT", None)
        data = lut_to_text(recipe.lut, recipe.lut_amount).encode("utf-8", "replace")
        return self._sidecar(info.path).write(lambda existing: data, order)

    def terms(
        self, info: PhotoInfo, recipe: Recipe, mask_exposure_ev: float = 0.0
    ) -> dict[str, Any]:
        """Return the file's text as `cube`; empty when the Recipe has no LUT."""
        if recipe.lut is None:
            return {}
        return {"cube": lut_to_text(recipe.lut, recipe.lut_amount)}

    def read(self, info: PhotoInfo) -> Reading:
        """Return a Recipe that holds the LUT beside the photo."""
        data = self._sidecar(info.path).read()
        if data is None:
            return Reading(Recipe())
        try:
            return Reading(Recipe(lut=text_to_lut(data.decode("utf-8"))))
        except ValueError as error:
            raise EditorError(f"{self.place(info.path).sidecar} is not a LUT of ours") from error

    def _sidecar(self, photo: Path) -> Sidecar:
        return Sidecar(photo.with_suffix(".cube"), lambda data: True)


def lut_to_text(lut: Lut3D, amount: float = 1.0) -> str:
    """Return a LUT as `.cube` text, `amount` 0 to 2 of the way from the identity."""
    same = Lut3D.identity(lut.size).table.astype(np.float64)
    table = same + amount * (lut.table - same)
    rows = table.transpose(2, 1, 0, 3).reshape(-1, 3)
    title = "".join(c for c in lut.title if c.isprintable() and c != '"')
    numbers = "\n".join("%.6f %.6f %.6f" % tuple(row) for row in rows)  # noqa: UP031 - 2x faster
    return f'TITLE "{title}"\nLUT_3D_SIZE {lut.size}\n{numbers}\n'


def text_to_lut(text: str) -> Lut3D:
    """Read what `lut_to_text` writes.

    Raises:
        ValueError: It is anything else.
    """
    title, _, rest = text.partition("\n")
    size, _, numbers = rest.partition("\n")
    if not (title.startswith('TITLE "') and size.startswith("LUT_3D_SIZE ")):
        raise ValueError("no header of ours")
    steps = int(size.split()[1])
    values = np.array(numbers.split(), dtype=np.float32)
    table = values.reshape(steps, steps, steps, 3).transpose(2, 1, 0, 3)
    return Lut3D(table, title[len('TITLE "') : -1])
