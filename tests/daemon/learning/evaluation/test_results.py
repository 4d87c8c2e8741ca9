from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sidelight.learning.evaluation.results import Evaluation, shoot_consistency


def test_consistency_is_the_angle_between_the_neutrals_of_a_shoot(evaluation: Evaluation):
    photo = evaluation.photos[0]

    def shown(scene: str, *neutral: float):
        return replace(
            photo, case=replace(photo.case, scene=scene), reference_neutral=np.array(neutral)
        )

    same = [shown("x", 1, 1, 1), shown("x", 2, 2, 2)]
    assert shoot_consistency(same, None) == (pytest.approx(0.0, abs=1e-6), 1)
    apart = [*same, shown("y", 1, 0, 0), shown("y", 0, 1, 0), shown("z", 1, 0, 0)]
    assert shoot_consistency(apart, None) == (pytest.approx(22.5), 2)
    assert shoot_consistency([shown("x", 1, 1, 1)], None) is None
