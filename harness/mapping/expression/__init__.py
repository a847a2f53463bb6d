"""The escape hatch of field rules: one expression, in a small and exact part of Jinja2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from harness.mapping.conditions import Read
from harness.mapping.paths import Path
from harness.mapping.pipe import Stage
from harness.mapping.transforms import Refused

LONGEST: Final = 500

__all__ = ["LONGEST", "Expression", "parse_expression"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression; equal ones have the same text.

    ``paths`` are all the places that it may read, and ``stages`` the transforms that it uses, both
    in the order of the text. ``run`` takes what stands at each path.
    """

    text: str
    paths: tuple[Path, ...] = field(compare=False)
    stages: tuple[Stage, ...] = field(compare=False)
    run: Callable[[Mapping[Path, Any]], Any] = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.text

    def evaluate(self, read_at: Read) -> Any:
        """Return the value of the expression, or ABSENT where there is none.

        Every number comes out as a Decimal. A value that is missing stays missing through
        transforms; everywhere else it needs a default.

        Raises:
            Refused: the values that were read do not fit; the message says how.
        """
        try:
            return self.run({path: read_at(path) for path in self.paths})
        except Refused as error:
            raise Refused(f"`{self.text}`: {error}") from error


@lru_cache(maxsize=1024)
def parse_expression(text: str) -> Expression:
    """Parse an expression such as ``first_name ~ " " ~ last_name``.

    It knows paths, texts, exact numbers, ``~ + - * /``, comparisons, ``and or not in``,
    ``A if B else C``, ``is defined``, and every transform as in ``name | truncate(20)``.

    Raises:
        ValueError: the message says what cannot stand in an expression, and what can.
    """
    if not text.strip() or len(text) > LONGEST:
        raise ValueError(f"an expression has 1 to {LONGEST} characters, not {len(text)}")
    # The template engine is read only by contracts that have an expression.
    from harness.mapping.expression import sandbox  # noqa: PLC0415

    try:
        paths, stages, run = sandbox.compiled(text)
    except ValueError as error:
        said, separator, hint = str(error).partition(" ~ hint: ")
        raise ValueError(f"`{text}`: {said}{separator}{hint}") from error
    return Expression(text, paths, stages, run)
