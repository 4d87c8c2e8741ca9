from __future__ import annotations

import numpy as np
from PIL import Image as Picture

from sidelight.learning.contact_sheet import main


def test_a_sheet_has_three_different_pictures_of_each_photo(checkout, tmp_path):
    photo = checkout / "installer/demo_photos/gopro_hero7_GOPR9231_demo.dng"
    assert main([str(tmp_path / "sheet.jpg"), str(photo)]) == 0
    sheet = np.asarray(Picture.open(tmp_path / "sheet.jpg")).astype(float)
    assert sheet.shape == (8 + 300 + 18 + 8, 3 * 400 + 4 * 8, 3)
    before, sdr, hdr = (sheet[8:308, 8 + k * 408 : 408 + k * 408].mean() for k in range(3))
    assert hdr < sdr - 20, "the HDR twin is shown darker"
    assert abs(sdr - before) > 1
