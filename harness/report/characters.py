"""Foreign text as people may read it: nothing hides, turns the line round, or floods the page."""

from __future__ import annotations

from typing import Final

MOST_CHARACTERS: Final = 2000

_HIDDEN: Final = (
    *range(0x09),
    *range(0x0B, 0x20),
    *range(0x7F, 0xA0),
    0xAD,
    0x61C,
    0x180E,
    0x200B,
    *range(0x200E, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xD800, 0xE000),
    0xFEFF,
    *range(0xFFF9, 0xFFFC),
    *range(0xE0000, 0xE0080),
)
"""Controls, marks of direction, invisible spaces, halves of pairs, tags.

The joiners U+200C and U+200D stay: names in several scripts need them.
"""

_SHOWN: Final = {number: f"⟨U+{number:04X}⟩" for number in _HIDDEN}


def visible(text: str, *, most: int = MOST_CHARACTERS) -> str:
    """Return text with its hidden characters named, and its end cut off when it is very long."""
    cut = text if len(text) <= most else f"{text[:most]}… ({len(text) - most} more characters)"
    # Most texts are short and plain; asking first is much cheaper than translating.
    return cut if cut.isascii() and cut.isprintable() else cut.translate(_SHOWN)
