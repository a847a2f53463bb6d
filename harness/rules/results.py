"""What a rule can make of a source message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Expected:
    """The target holds this value; ``pair`` is the entry of the value map it came from."""

    value: Any
    pair: str | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """The source has no value; ``action`` was agreed at ``clause``, or nothing was agreed."""

    action: str | None
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Unmapped:
    """The value is not in the value map; ``action`` was agreed at ``clause``."""

    action: str
    clause: str
    value: str


@dataclass(frozen=True, slots=True)
class CannotKnow:
    """Nobody can tell what the rule makes of this; ``refused`` when a transform cannot take it."""

    reason: str
    refused: bool = False


Result = Expected | Missing | Unmapped | CannotKnow
