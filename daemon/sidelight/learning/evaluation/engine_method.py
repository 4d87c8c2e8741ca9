"""Methods that predict a Recipe, which their editor then renders: our engines among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sidelight.engines import load_engine
from sidelight.errors import SidelightError
from sidelight.learning.evaluation.methods import Answer, Rendition, Subject
from sidelight.learning.evaluation.rendering import LABELS, render_recipes
from sidelight.recipe import Recipe


def render_predictions(
    subjects: Sequence[Subject], predict: Callable[[Subject], Recipe], editor: str
) -> list[Answer]:
    """Return each photo rendered with the Recipe predicted for it.

    Where the Recipe has HDR on and it is wanted, the HDR rendition too. A SidelightError
    of `predict` is the answer for that photo.
    """
    answers: list[Answer] = [""] * len(subjects)
    edits = []
    for index, subject in enumerate(subjects):
        try:
            edits.append((index, predict(subject)))
        except SidelightError as error:
            answers[index] = str(error)
    pairs = [(subjects[index].image, recipe) for index, recipe in edits]
    for (index, recipe), sdr in zip(edits, render_recipes(editor, pairs), strict=True):
        answers[index] = sdr if isinstance(sdr, str) else Rendition(sdr, recipe=recipe)
    _add_hdr(answers, subjects, editor)
    return answers


def _add_hdr(answers: list[Answer], subjects: Sequence[Subject], editor: str) -> None:
    waiting = []
    for index, answer in enumerate(answers):
        if isinstance(answer, str) or answer.recipe is None or not answer.recipe.hdr.enabled:
            continue
        if subjects[index].wants_hdr:
            waiting.append((index, answer, answer.recipe))
    if not waiting:
        return
    headroom = subjects[waiting[0][0]].headroom
    pairs = [(subjects[index].image, recipe) for index, _, recipe in waiting]
    renders = render_recipes(editor, pairs, headroom)
    for (index, answer, recipe), hdr in zip(waiting, renders, strict=True):
        if not isinstance(hdr, str):
            answers[index] = Rendition(answer.sdr, hdr, recipe, answer.note)


class EngineMethod:
    """One of our engines; it sees the photo and nothing else."""

    learns = False

    def __init__(self, name: str, editor: str) -> None:
        self.name = name
        self.label = f"Sidelight {name}"
        self.sentence = f"Sidelight's engine {name!r}; its settings rendered by {LABELS[editor]}."
        self._editor = editor
        self._engine = load_engine(name)

    def render(self, subjects: Sequence[Subject]) -> list[Answer]:
        """Return what the engine's Recipe makes of each photo."""

        def predict(subject: Subject) -> Recipe:
            headroom = subject.headroom
            return self._engine.predict(subject.image, self._editor, headroom).recipe

        return render_predictions(subjects, predict, self._editor)
