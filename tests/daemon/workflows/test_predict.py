"""The half of the line that decodes: settings, answers as plain values, failures."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidelight.engines.base import Prediction
from sidelight.errors import PhotoError, PhotoPathError, RecipeError, SidelightError
from sidelight.recipe import Lut3D, Recipe
from sidelight.workflows import predict as module
from sidelight.workflows.predict import (
    Settings,
    predict_image,
    predict_jpeg,
    predict_photo,
    predicted_info,
    predicted_recipe,
    read_image,
)

BOTH = Settings(("lightroom", "darktable"))


@pytest.fixture(scope="module")
def photo(tiny_raw, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_raw(tmp_path_factory.mktemp("photos") / "a.dng")


def test_settings_and_back() -> None:
    settings = Settings(("darktable",), headroom=1.5, strength=0.25)
    values = json.loads(json.dumps(settings.to_json()))
    assert Settings.from_json({**values, "overwrite": True}) == settings
    assert Settings.from_json({"editors": ["lightroom"], "headroom": 2}).headroom == 2.0


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "list of names"),
        ({"editors": "lightroom"}, "list of names"),
        ({"editors": [1]}, "list of names"),
        ({"editors": []}, "at least one editor"),
        ({"editors": ["paint"]}, "lightroom, darktable"),
        ({"editors": ["cube"]}, "lightroom, darktable"),
        ({"editors": ["lightroom", "lightroom"]}, "named once"),
        ({"engine": "oracle"}, "auto"),
        ({"engine": 3}, "engine is a name"),
        ({"headroom": 4.1}, "between 0 and 4"),
        ({"headroom": float("nan")}, "between 0 and 4"),
        ({"headroom": "2"}, "headroom is a number"),
        ({"strength": True}, "strength is a number"),
        ({"strength": -0.1}, "between 0 and 1"),
    ],
)
def test_unusable_settings_are_one_sentence(values: dict[str, Any], words: str) -> None:
    with pytest.raises(SidelightError, match=words):
        Settings.from_json({"editors": ["lightroom"], **values} if values else {})


def test_the_answer_is_plain_json(photo: Path) -> None:
    answer = predict_photo(photo, BOTH)
    text = json.dumps(answer, allow_nan=False)
    assert json.loads(text) == answer
    assert str(photo.parent) not in text and photo.name not in text
    assert list(answer["editors"]) == ["lightroom", "darktable"]
    for entry in answer["editors"].values():
        assert set(entry) == {
            "recipe",
            "terms",
            "reasons",
            "confidence",
            "notes",
            "mask_exposure_ev",
            "seconds",
        }
        assert entry["seconds"] > 0 and 0 <= entry["confidence"] <= 1


def test_the_answer_says_what_the_engine_says(photo: Path) -> None:
    from sidelight.editors import load_editor
    from sidelight.engines import load_engine

    image = read_image(photo)
    answer = json.loads(json.dumps(predict_photo(photo, BOTH)))
    info = predicted_info(answer, photo)
    assert replace(info, white_balance=image.info.white_balance) == image.info
    assert info.white_balance.to_json() == image.info.white_balance.to_json()
    for name in BOTH.editors:
        prediction = load_engine("auto").predict(image, name, BOTH.headroom, BOTH.strength)
        entry = answer["editors"][name]
        assert predicted_recipe(entry) == prediction.recipe
        assert [item["text"] for item in entry["reasons"]] == [
            item.text for item in prediction.reasons
        ]
        mask = entry["mask_exposure_ev"]
        assert entry["terms"] == load_editor(name).terms(image.info, prediction.recipe, mask)


def test_a_jpeg_in_memory_is_predicted_as_in_a_file(tmp_path: Path) -> None:
    from PIL import Image

    random = np.random.default_rng(3)
    levels = np.linspace(20, 200, 320)[None, :, None] * [1.0, 0.95, 0.8]
    noisy = (levels + random.normal(0, 4, (240, 320, 3))).clip(0, 255).astype(np.uint8)
    path = tmp_path / "a.jpg"
    Image.fromarray(noisy).save(path, quality=95)
    answers = [predict_photo(path, BOTH), predict_jpeg(path.read_bytes(), BOTH)]
    for answer in answers:
        for entry in answer["editors"].values():
            del entry["seconds"]
    assert answers[0] == answers[1]
    assert not answers[0]["info"]["is_raw"]


def test_what_does_not_decode_is_a_photo_error(tmp_path: Path) -> None:
    for name, data in (("a.dng", b""), ("b.CR3", b"text" * 99), ("c.jpg", b"\xff\xd8\xff" * 99)):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(PhotoError):
            predict_photo(tmp_path / name, BOTH)
    with pytest.raises(PhotoError):
        predict_photo(tmp_path / "gone.dng", BOTH)
    with pytest.raises(PhotoError):
        predict_jpeg(b"GIF89a" * 99, BOTH)


def test_p2_a_photo_outside_its_folder_is_not_read(photo: Path, tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder in (root, outside):
        folder.mkdir()
    (outside / "a.dng").write_bytes(photo.read_bytes())
    (root / "inside.dng").write_bytes(photo.read_bytes())
    (root / "link.dng").symlink_to(outside / "a.dng")
    (root / "folder").symlink_to(outside)
    lightroom = Settings(("lightroom",))
    found = predict_photo(root / "inside.dng", lightroom, root)
    assert "error" not in found["editors"]["lightroom"]
    for path in (root / "link.dng", root / "folder" / "a.dng", outside / "a.dng"):
        with pytest.raises(PhotoPathError):
            predict_photo(path, lightroom, root)


def test_the_photos_own_path_is_kept(photo: Path) -> None:
    assert read_image(photo).info.path == photo
    assert read_image(photo, photo.parent).info.path == photo


@pytest.mark.skipif(os.name != "posix", reason="such names exist there only")
def test_p6_a_name_that_is_not_text(photo: Path, tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"caf\xe9 $(touch pwned).dng")
    odd.write_bytes(photo.read_bytes())
    answer = predict_photo(odd, BOTH, tmp_path)
    json.dumps(answer, ensure_ascii=False).encode("utf-8")
    assert not (tmp_path / "pwned").exists() and not Path("pwned").exists()


def test_an_editor_that_fails_leaves_the_other_its_edit(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = module._entry

    def entry(image, editor, settings):
        if editor == "lightroom":
            raise OSError(5, "Input/output error", os.fsdecode(b"/caf\xe9"))
        return real(image, editor, settings)

    monkeypatch.setattr(module, "_entry", entry)
    answer = predict_photo(photo, BOTH)
    assert answer["editors"]["lightroom"] == {"error": "caf\\xe9: input/output error"}
    assert "recipe" in answer["editors"]["darktable"]


def test_a_lut_travels_with_its_recipe(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lut = Lut3D(Lut3D.identity(5).table ** np.float32(0.8), "warm")

    class Engine:
        def predict(self, image, editor, headroom, strength) -> Prediction:
            return Prediction(Recipe(lut=lut, lut_amount=0.5), confidence=float("nan"))

    monkeypatch.setattr(module, "load_engine", lambda name: Engine())
    answer = json.loads(json.dumps(predict_image(read_image(photo), BOTH), allow_nan=False))
    recipe = predicted_recipe(answer["editors"]["lightroom"])
    assert recipe.lut is not None and recipe.lut.title == "warm" and recipe.lut_amount == 0.5
    assert np.array_equal(recipe.lut.table, lut.table)
    assert answer["editors"]["lightroom"]["confidence"] is None
    answer["editors"]["lightroom"]["lut"]["size"] = 6
    with pytest.raises(RecipeError, match="LUT"):
        predicted_recipe(answer["editors"]["lightroom"])
