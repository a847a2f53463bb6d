"""What the history does not show whole: values nobody knows, and lists that may have more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Unsure:
    """There may be a value, and nobody can tell which; ``reason`` says why."""

    reason: str


class Incomplete(list[Any]):
    """A list to which more may belong than is in it; ``reason`` says why."""

    __slots__ = ("reason",)

    def __init__(self, known: Iterable[Any], reason: str) -> None:
        super().__init__(known)
        self.reason = reason


class InPart(dict[str, Any]):
    """An object of which only a part was shown: what is absent from it may exist."""

    __slots__ = ()
