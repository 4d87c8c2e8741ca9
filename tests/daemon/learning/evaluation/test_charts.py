from __future__ import annotations

import numpy as np
from lxml import etree

from sidelight.learning.evaluation.charts import curve_chart, interval_chart, number
from sidelight.learning.evaluation.intervals import Estimate
from sidelight.learning.evaluation.picture_metrics import METRICS


def _svg(text: str) -> etree._Element:
    return etree.fromstring(text)


def test_dots_stand_in_the_order_of_their_means_with_their_whiskers():
    rows = [
        ("one <b>", 0, Estimate(20.0, 18.0, 23.0, 9, 9)),
        ("two", 11, Estimate(30.0, None, None, 2, 2)),
    ]
    found = _svg(interval_chart(METRICS[0], rows))
    dots = found.findall(".//circle")
    one, two = (float(dot.get("cx")) for dot in dots)
    assert 190 < one < two < 520
    assert [dot.get("class") for dot in dots] == ["c0", "c1"]
    assert len([p for p in found.iter("path") if "whisker" in p.get("class")]) == 1
    names = [t.text for t in found.iter("text") if t.get("class") == "name"]
    assert names == ["one <b>", "two"]


def test_equal_values_make_a_chart_too():
    rows = [("a", 0, Estimate(0.0, 0.0, 0.0, 3, 3)), ("b", 1, Estimate(0.0, 0.0, 0.0, 3, 3))]
    assert "nan" not in interval_chart(METRICS[0], rows)


def test_curves_skip_what_is_unknown():
    curve = np.full(64, np.nan)
    curve[[0, 63]] = (0.0, 1.0)
    found = _svg(curve_chart(curve, [("x & y", 3, curve)]))
    lines = found.findall("polyline")
    assert [line.get("class") for line in lines] == ["c3", "reference"]
    assert lines[0].get("points") == "0.8,100.0 99.2,0.0"
    assert lines[0].findtext("title") == "x & y"


def test_numbers_have_a_true_minus():
    assert number(-1.25, 1) == "−1.2" and number(None, 2) == "–"
