"""What of a contract this version cannot judge yet; such a contract proves nothing."""

from __future__ import annotations

from collections.abc import Iterator

from harness.contract import Contract
from harness.landscape import Landscape


def beyond_reach(contract: Contract, landscape: Landscape) -> str:
    """Return why a history cannot be held against this contract, or an empty text.

    What merely adds a promise of its own, such as ``state``, is no reason: that promise stays
    unproven alone. What changes the meaning of other promises is one.
    """
    return next(_reasons(contract, landscape), "")


def _reasons(contract: Contract, landscape: Landscape) -> Iterator[str]:
    for name in (contract.source, contract.to):
        if name in landscape.records():
            yield f"{name} is a record, and this version judges messages"
