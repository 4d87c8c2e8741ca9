from __future__ import annotations

from dataclasses import replace

import lxml.html
import numpy as np
import pytest

from sidelight.learning.evaluation.picture_metrics import METRICS
from sidelight.learning.evaluation.results import Evaluation, Measured
from sidelight.learning.evaluation.summary import summarize
from sidelight.learning.evaluation.tables import difference_tables, means_table, slider_table
from sidelight.learning.evaluation.twin_metrics import TWIN_METRICS
from sidelight.recipe import Recipe


@pytest.fixture
def made(evaluation: Evaluation) -> Evaluation:
    """Six scenes where auto is 2 dB above identity, which has one more that is easy."""
    photo = evaluation.photos[0]

    def measured(psnr: float) -> Measured:
        return Measured({"psnr_db": psnr}, Recipe(), "", np.full(64, np.nan), None)

    photos = [
        replace(
            photo,
            case=replace(photo.case, name=f"{i}", scene=f"scene {i}"),
            reference_recipe=Recipe(contrast=10.0),
            methods={"auto": measured(22.0 + i), "identity": measured(20.0 + i)},
        )
        for i in range(6)
    ]
    easy = replace(photos[0], methods={"auto": "it fell", "identity": measured(90.0)})
    easy = replace(easy, case=replace(photo.case, name="easy", scene="easy"))
    return replace(evaluation, photos=(*photos, easy))


def test_the_best_is_sought_among_those_with_most_photos(made: Evaluation):
    table = lxml.html.fromstring(means_table(made, summarize(made), METRICS))
    rows = [[cell.text_content() for cell in row.iter("td")] for row in table.iter("tr")][1:]
    assert rows[0][:2] == ["Sidelight auto", "6"] and rows[0][2].startswith("24.50")
    assert rows[1][:2] == ["No edit", "7"] and rows[1][2].startswith("32.14")
    assert [e.text for e in table.xpath("//span[@class='best']")] == ["32.14"]
    assert "<tbody></tbody>" in means_table(made, summarize(made), TWIN_METRICS)


def test_differences_have_a_verdict(made: Evaluation):
    text = lxml.html.fromstring(difference_tables(made, summarize(made))).text_content()
    assert "minus No edit+2.00 better2.00 … 2.00" in text
    assert "minus Sidelight auto−2.00 worse" in text
    alone = replace(made, methods=made.methods[:1])
    assert difference_tables(alone, summarize(alone)) == ""


def test_sliders_are_shown_where_they_are_known(made: Evaluation):
    text = lxml.html.fromstring(slider_table(made, summarize(made))).text_content()
    assert "10.0ρ –, R² –" in text and "0 %" in text
    unknown = replace(made, photos=tuple(replace(p, reference_recipe=None) for p in made.photos))
    assert slider_table(unknown, summarize(unknown)) == ""
