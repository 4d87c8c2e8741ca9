"""Reasons in photographic words: one sentence per term and slider."""

from __future__ import annotations

from sidelight.emulators.lightroom import is_calibrated
from sidelight.engines.scene import Scene
from sidelight.imaging.image import Image
from sidelight.recipe import Hdr
from sidelight.recipe.fields import BY_NAME

_TERMS = {
    "placement": "puts the mid-tones, {mid:+.1f} EV from grey in the raw, where {key}",
    "clipping": "keeps the brightest colours the raw still holds from clipping",
    "white": "brings the whites of the SDR version just below its limit",
    "highlights": "gives highlights {rise:.1f} EV above the mid-tones their place in the headroom",
    "range": "leans towards where it usually stands when the light ranges as it does here",
    "subject": "keeps what may be faces from sinking into the shade",
    "skin": "keeps what may be skin from becoming more colourful than it was",
    "sky": "holds the sky below the brightest lights",
    "highlight detail": "keeps drawing in the bright parts of the SDR version",
    "black": "anchors the deepest tones at black",
    "shadow detail": "keeps detail in the darkest tones the raw really holds",
    "noise": "leaves deep shadows down, where this sensitivity would show its noise",
    "open shadows": "opens shadows that lie far below the mid-tones",
    "contrast": "keeps the contrast between lower and upper mid-tones as it was in the scene",
    "white balance": "makes near-neutral areas neutral, since no camera measured the light",
    "colour": "keeps the colours as strong as they were in the scene",
}
_LIGHTROOM = {
    False: "Lightroom's sliders are emulated from public formulas, uncalibrated.",
    True: "Lightroom's sliders are emulated as calibrated on your own exports.",
}
_KEYS = {
    "light": "daylight belongs",
    "bright": "a scene with nothing dark in it belongs",
    "room": "the eye sees a room whose windows the camera had to hold back for",
    "face": "what may be faces in the shade needs them",
    "night": "a scene with this little light belongs: night stays dark",
    "camera": "the light and the camera's own JPEG say they belong",
}


SPEAKS: dict[str, tuple[str, ...]] = {
    "exposure_ev": ("placement", "white", "highlights", "clipping"),
    "contrast": ("contrast", "highlights", "white"),
    "highlights": ("highlight detail", "highlights", "sky", "range", "white", "clipping"),
    "shadows": (
        "subject",
        "open shadows",
        "range",
        "noise",
        "shadow detail",
        "contrast",
        "placement",
    ),
    "whites": ("white", "highlights", "clipping"),
    "blacks": ("black", "noise", "shadow detail", "open shadows", "contrast"),
    "vibrance": ("colour", "clipping"),
    "saturation": ("colour", "clipping"),
}
"""Terms that are about what a slider is for. Everything acts on everything a little; of two terms
that move a slider about as much, the one that is about it explains it better."""


def reason_text(slider: str, value: float, term: str, scene: Scene, why: str) -> str:
    """Return the sentence for one slider.

    Args:
        slider: Its name in the Recipe.
        value: Its value, in its unit.
        term: The term that moved it.
        scene: What was measured.
        why: What decided the key, `Key.why`.
    """
    field = BY_NAME[slider]
    amount = f"{value:+.2f} EV" if field.unit == "EV" else f"{value:+.0f}"
    clause = _TERMS[term].format(mid=scene.mid_ev, key=_KEYS[why], rise=scene.rise_ev("p999"))
    return f"{field.label} {amount} {clause}.".replace(" -", " \N{MINUS SIGN}")


RAISED_WHITE = (
    "The white of the SDR version is raised in the tone mapper, so that its highlights are white "
    "and not light grey; the HDR version needs no such help."
)


def photo_notes(
    image: Image, scene: Scene, editor: str, hdr: Hdr, unused_stops: float = 0.0
) -> tuple[str, ...]:
    """Return sentences about the photo as a whole.

    Args:
        image: The photo.
        scene: What was measured.
        editor: Whose edit it is.
        hdr: HDR settings of the edit.
        unused_stops: Headroom that was offered but has no use here.
    """
    notes = []
    if image.preview is not None and not image.preview.from_camera:
        notes.append(f"The embedded preview was not used as a look: {image.preview.reason}")
    if image.info.white_balance_source == "preview":
        notes.append("The file has no as-shot white balance; it was taken from the embedded JPEG.")
    if image.info.white_balance_source == "daylight":
        notes.append("The file has no as-shot white balance; daylight was assumed.")
    if unused_stops > 0:
        notes.append(
            "Next to nothing in this scene is brighter than white, so its HDR version looks much "
            "like the SDR one."
        )
    if hdr.sdr_whites > 0:
        notes.append(RAISED_WHITE)
    if scene.clipped_share > 0.002:
        shown = "it is kept neutral"
        if editor == "darktable" and image.info.is_raw:
            shown = "darktable rebuilds it with the colour that is around it"
            if image.info.lost_light_is_neutral:
                shown = "darktable rebuilds it without a colour"
        notes.append(
            f"{100 * scene.clipped_share:.1f} % of the frame is clipped in the raw; {shown}, and "
            "no detail is promised there."
        )
    if editor == "lightroom":
        notes.append(_LIGHTROOM[is_calibrated()])
    return tuple(notes)
