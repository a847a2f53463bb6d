"""Elements of a source list of which each owes a message of its own: `one_per`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.contract import Contract
from harness.mapping import EVERY, Path, parse_path, read_all
from harness.rules.reach import ELEMENT

Place = tuple[str | int, ...]


def bare_root(contract: Contract) -> str:
    """Return where bare paths of rules start: at the source message, or at its element."""
    return "source" if contract.one_per is None else "element"


def cut(contract: Contract, body: Any) -> Iterator[tuple[Place, Any]]:
    """Yield what each owed message is made from, with its place in the source message.

    That is the message itself, or the message once for each element, with the element beside its
    fields, so that ``^x`` and ``source.x`` read the message and bare paths the element.
    """
    if contract.one_per is None:
        yield (), body
        return
    if not isinstance(body, dict):
        return
    path = parse_path(contract.one_per)
    if path.parts[-1] != EVERY:
        path = Path((*path.parts, EVERY), 0, many=True)
    for found in read_all(path, body):
        if isinstance(found.value, dict):
            yield found.at, {**body, ELEMENT: found.value}
