"""What people read of a comparison: a change in a few lines, and a scope as a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.compare.changes import Change
from harness.compare.scope import Scope

_MOST = 8
_LONGEST = 60


def change_lines(change: Change) -> Iterator[str]:
    """Yield a change: what it is, what it means to either side, and what it touches."""
    place = f"{change.about} {change.path}".strip()
    yield f"{change.what} {place}: {_values(change)}"
    if change.grade == "nothing":
        yield "    nobody has to act"
    else:
        yield f"    source {change.source}, target {change.target}: {change.because}"
    if change.clauses:
        yield f"    clauses: {_some(change.clauses)}"
    if change.scenarios:
        yield f"    run again: {_some(change.scenarios)}"


def scope_lines(scope: Scope) -> Iterator[str]:
    """Yield what must be run again, under its headings."""
    if not scope.contracts:
        yield "no contract is reached: nothing has to be run again"
        return
    yield f"contracts ({len(scope.contracts)}):"
    yield from (f"    {name}: {reason}" for name, reason in scope.contracts.items())
    if scope.flows:
        yield f"flows ({len(scope.flows)}): {', '.join(scope.flows)}"
    yield f"scenarios to run again ({len(scope.scenarios)}):"
    yield from (
        f"    {name}" for name in scope.scenarios or ("none: nobody tries these contracts",)
    )
    if scope.untested is None:
        yield "clauses nobody tests yet: unknown; `golive run` leaves the record that tells"
        return
    yield f"clauses nobody tests yet ({len(scope.untested)} of {len(scope.clauses)}):"
    yield from (f"    {clause}" for clause in scope.untested)


def _values(change: Change) -> str:
    before, after = (_cut(text) for text in (change.before, change.after))
    if change.kind == "added":
        return f"added {after}".rstrip()
    if change.kind == "removed":
        return f"removed {before}".rstrip()
    return f"{before} -> {after}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
