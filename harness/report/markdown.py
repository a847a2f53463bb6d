"""The verdict in at most forty lines, for a pull request or a chat."""

from __future__ import annotations

from harness.contract import FAMILIES
from harness.readiness import Blocker, Cell, ContractRecord, Readiness
from harness.report.characters import visible

MOST_PROBLEMS = 3
MOST_BLOCKERS = 10
MOST_CONTRACTS = 10
MOST_CHARACTERS = 200

_SPECIAL = {ord(character): f"\\{character}" for character in "\\`*_[]<>|#&~$"}


def render_markdown(record: Readiness) -> str:
    """Return the summary of a record as Markdown."""
    title = f" {_plain(record.launch)}" if record.launch else ""
    lines = [f"# {record.verdict}{title}", "", _plain(record.sentence, most=2000), ""]
    if record.problems:
        lines += [f"- problem: {_plain(text)}" for text in record.problems[:MOST_PROBLEMS]]
        lines += [*_more(len(record.problems), MOST_PROBLEMS), ""]
    if record.blockers:
        lines += ["| what | who | why |", "|---|---|---|"]
        lines += [_blocker(blocker) for blocker in record.blockers[:MOST_BLOCKERS]]
        if more := _more(len(record.blockers), MOST_BLOCKERS):
            lines += ["", *more]
        lines.append("")
    used = sum(risk.state == "used" for risk in record.accepted)
    if used:
        lines += [f"Accepted risks: {used}; the page names who accepted them, and until when.", ""]
    if record.contracts:
        lines.append(f"| contract | {' | '.join(FAMILIES)} |")
        lines.append("|---" * (1 + len(FAMILIES)) + "|")
        lines += [_contract(contract) for contract in record.contracts[:MOST_CONTRACTS]]
        lines += ["", *_more(len(record.contracts), MOST_CONTRACTS)]
    return "\n".join(lines).rstrip() + "\n"


def _blocker(blocker: Blocker) -> str:
    why = blocker.observed
    if blocker.kind == "failed":
        why = f"expected {blocker.expected}; observed {blocker.observed}"
    if blocker.kind == "misaligned":
        why = f"{blocker.cause} {blocker.text}: {blocker.observed}"
    who = blocker.owner or "nobody is named"
    return f"| {blocker.kind} {_plain(blocker.clause)} | {_plain(who)} | {_plain(why)} |"


def _contract(contract: ContractRecord) -> str:
    cells = [_cell(contract.coverage.get(family, Cell())) for family in FAMILIES]
    return f"| {_plain(contract.id)} ({_plain(contract.status)}) | {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    total = cell.proven + cell.attested + cell.waived + cell.unproven + cell.failed
    return f"{cell.proven + cell.attested}/{total}" if total else "-"


def _more(number: int, shown: int) -> list[str]:
    return [f"and {number - shown} more"] if number > shown else []


def _plain(text: str, *, most: int = MOST_CHARACTERS) -> str:
    """Return text that Markdown shows as it is, in one line."""
    # Cut before escaping, so that no escape is cut in two.
    return visible(" ".join(text.split()), most=most).translate(_SPECIAL)
