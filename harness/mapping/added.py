"""Which of the transforms that projects add are in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from harness.mapping.expression import parse_expression
from harness.mapping.pipe import parse_pipe
from harness.mapping.transforms import Transform, entries


def added() -> dict[str, Transform]:
    """Return the transforms in the catalogue that are not built in, by name."""
    return entries.added_entries()


def show_added(shown: Mapping[str, Transform]) -> None:
    """Let these be in the catalogue, and no others that are not built in."""
    if added() == dict(shown):
        return
    entries.replace_added(shown)
    # What was parsed before may know transforms that are gone, or others of the same name.
    parse_pipe.cache_clear()
    parse_expression.cache_clear()
