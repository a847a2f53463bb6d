"""One thing, or several: numbers before nouns, in all that people read."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, which takes an s where there is not exactly one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
