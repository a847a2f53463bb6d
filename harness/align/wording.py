"""What people read of alignment: the page of a check, and a gap in a few lines."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from harness.align.catalogue import FAMILIES, AlignmentCheck, Gap, checks

_WIDTH = 88
_SECTIONS = (
    ("What it means at go-live", "means"),
    ("How to mend it", "mend"),
    ("Which way it may err", "errs"),
)


def page(code: str) -> str:
    """Return the page of a check as plain text; KeyError for an unknown code."""
    check = {one.code: one for one in checks()}[code]
    lines = [f"{check.code}  {check.title}", f"{check.family}; {_weight(check)}", ""]
    for title, key in _SECTIONS:
        lines += [title, *_wrapped(getattr(check, key), "  "), ""]
    return "\n".join(lines[:-1]) + "\n"


def reference() -> str:
    """Return the pages of all checks as one Markdown document."""
    known = checks()
    lines = [
        "# Alignment checks",
        "",
        "`golive align` holds contracts against the systems they connect and against each other, "
        "without running anything. `golive explain CODE` prints one of these pages.",
        "",
    ]
    for letter, title in FAMILIES.items():
        family = [check for check in known if check.code[0] == letter]
        if not family:
            continue
        lines += [f"## {letter}: {title}", ""]
        for check in family:
            lines += [f"### {check.code} {check.title}", "", f"*{_weight(check)}*", ""]
            for name, key in _SECTIONS:
                lines += [f"**{name}.** {getattr(check, key)}", ""]
    return "\n".join(lines).rstrip() + "\n"


def gap_lines(gap: Gap, *, contact: str = "") -> Iterator[str]:
    """Yield a gap as a person reads it on a terminal: place, what, arithmetic, who acts."""
    place = gap.places[0] if gap.places else gap.about
    yield f"{place}: {gap.code} {gap.weight}: {gap.about}#{gap.at}"
    yield from _wrapped(gap.message, "    ")
    for step in gap.arithmetic:
        yield f"      {step}"
    if len(gap.places) > 1:
        yield f"    other side: {', '.join(gap.places[1:])}"
    reach = f" ({contact})" if contact else ""
    yield f"    to act: {gap.owner}{reach}"


def _weight(check: AlignmentCheck) -> str:
    if check.while_loading:
        return f"{check.weight}, found while the files are read"
    return check.weight


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
