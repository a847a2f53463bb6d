"""What of a contract this version cannot judge yet; such a contract proves nothing."""

from __future__ import annotations

from collections.abc import Iterator

from harness.contract import Contract, FieldRule
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
    if contract.with_:
        yield "this version does not judge joins"
    if contract.one_per is not None:
        yield "this version does not judge `one_per`"
    if contract.updates is not None and contract.updates.show == "every":
        yield "this version does not judge `show: every`"
    for rule in contract.fields.values():
        if not isinstance(rule, FieldRule) and rule.rows:
            yield "this version does not judge row blocks"
    if any(rule.expression is not None for _, _, rule in contract.field_rules()):
        yield "this version does not judge expressions"
    if any(total.per is not None or total.equals is None for total in contract.sums.values()):
        yield "this version does not judge sums with `per` or `at_most`"
