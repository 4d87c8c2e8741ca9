"""From what was sent to typed values, or a sentence on what does not fit."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl

import msgspec

from sidelight.service.problem import ProblemError

Values = TypeVar("Values", bound=msgspec.Struct)

_FIELDS = 100


def read_json(data: bytes, kind: type[Values]) -> Values:
    """Return the values of a JSON body.

    msgspec refuses NaN and, since no struct is deep, deep nesting; numbers beyond a double too.

    Raises:
        ProblemError: It is no JSON, or its values do not fit.
    """
    try:
        values = msgspec.json.decode(data, type=kind)
        json.loads(data, object_pairs_hook=_refuse_twice)  # its depth is known to be harmless
        return values
    except (msgspec.MsgspecError, UnicodeError, ValueError) as error:
        raise ProblemError("bad_request", f"the body does not fit: {error}") from error


def read_query(text: str, kind: type[Values]) -> Values:
    """Return the values of a query.

    Args:
        text: As it was sent, percent signs and all.
        kind: Names and types; a list may be given by several values of one name.

    Raises:
        ProblemError: A value does not fit, is unknown or comes twice.
    """
    try:
        if not text.isascii():
            raise ValueError("use percent signs for what is not ASCII")
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), errors="strict",
            max_num_fields=_FIELDS,
        )  # fmt: skip
        return msgspec.convert(_gather(pairs, _lists(kind)), kind, strict=False)
    except (msgspec.MsgspecError, UnicodeError, ValueError) as error:
        raise ProblemError("bad_request", f"the query does not fit: {error}") from error


def _gather(pairs: list[tuple[str, str]], lists: frozenset[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in lists:
            values.setdefault(name, []).append(value)
        elif name in values:
            _twice(name)
        else:
            values[name] = value
    return values


@cache
def _lists(kind: type[msgspec.Struct]) -> frozenset[str]:
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    return frozenset(
        field.encode_name
        for field in info.fields
        if any(isinstance(item, msgspec.inspect.ListType) for item in _members(field.type))
    )


def _members(kind: msgspec.inspect.Type) -> tuple[msgspec.inspect.Type, ...]:
    return kind.types if isinstance(kind, msgspec.inspect.UnionType) else (kind,)


def _refuse_twice(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    for name in set(names):
        if names.count(name) > 1:
            _twice(name)


def _twice(name: str) -> NoReturn:
    raise ValueError(f"`{name}` is given twice")
