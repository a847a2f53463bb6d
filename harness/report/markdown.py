"""The verdict in at most forty lines, for a pull request or a chat."""

from __future__ import annotations

from harness.readiness import Readiness

MOST_BLOCKERS = 10


def render_markdown(record: Readiness) -> str:
    """Return the summary of a record as Markdown."""
    title = f" {_plain(record.launch)}" if record.launch else ""
    lines = [f"# {record.verdict}{title}", "", _plain(record.sentence), ""]
    if record.blockers:
        lines += ["| what | who | why |", "|---|---|---|"]
        for blocker in record.blockers[:MOST_BLOCKERS]:
            why = blocker.observed if blocker.kind != "failed" else (
                f"expected {blocker.expected}; observed {blocker.observed}"
            )
            lines.append(
                f"| {blocker.kind} {_plain(blocker.clause)} | {_plain(blocker.owner)} "
                f"| {_plain(why)[:200]} |"
            )
        if len(record.blockers) > MOST_BLOCKERS:
            lines += ["", f"and {len(record.blockers) - MOST_BLOCKERS} more"]
        lines.append("")
    lines += ["| contract | fields | timing | delivery | failures | owners |"]
    lines += ["|---|---|---|---|---|---|"]
    for contract in record.contracts[:12]:
        cells = []
        for cell in contract.coverage.values():
            total = cell.proven + cell.attested + cell.waived + cell.unproven + cell.failed
            cells.append(f"{cell.proven + cell.attested}/{total}" if total else "-")
        lines.append(f"| {_plain(contract.id)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Return text that Markdown shows as it is."""
    flat = " ".join(text.split())
    for character in "\\`*_[]<>|#":
        flat = flat.replace(character, "\\" + character)
    return flat
