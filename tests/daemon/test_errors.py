"""The error tree is the one that the module draws."""

from __future__ import annotations

import inspect

from sidelight import errors


def test_the_drawing_names_every_error_below_its_base() -> None:
    bases: list[str] = []
    drawn: dict[str, str] = {}
    for line in (errors.__doc__ or "").splitlines()[2:]:
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2
        bases[depth:] = [name]
        drawn[name] = bases[depth - 1] if depth else "Exception"
    classes = inspect.getmembers(errors, inspect.isclass)
    assert drawn == {name: kind.__base__.__name__ for name, kind in classes}


def test_a_refused_path_says_nothing_about_what_is_there() -> None:
    assert str(errors.PhotoPathError()) == errors.PhotoPathError.SENTENCE
