"""Compute something once for the same objects, by identity, for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
MOST = 64


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """Remember the last results of a pure function of objects that never change.

    Contracts and landscapes cannot be hashed and never change, so it is the object itself that
    counts. A list or tuple counts by its elements. What is remembered is kept alive.
    """
    kept: OrderedDict[tuple[Any, ...], tuple[tuple[Any, ...], R]] = OrderedDict()

    @wraps(function)
    def recall(*arguments: P.args, **named: P.kwargs) -> R:
        held = tuple(
            tuple(value) if isinstance(value, (list, tuple)) else value
            for value in (*arguments, *named.values())
        )
        key = tuple(
            tuple(map(id, value)) if isinstance(value, tuple) else id(value) for value in held
        )
        if key in kept:
            kept.move_to_end(key)
            return kept[key][1]
        result = function(*arguments, **named)
        kept[key] = (held, result)
        if len(kept) > MOST:
            kept.popitem(last=False)
        return result

    return recall
