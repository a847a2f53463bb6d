"""The judge as a whole: every clause answered, crashes unproven, the same from any source."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness import checks
from harness.checks import judge
from harness.checks.case import Case
from harness.checks.docket import Docket
from harness.contract import Contract
from harness.history import Entry, Event
from harness.mapping import parse_path, read, veil
from harness.rules import MADE, made
from harness.verdict import Judgement, Status
from tests.checks.support import (
    NAME,
    RULES,
    Story,
    batch,
    contract,
    good,
    judged,
    landscape,
)


def test_every_clause_has_a_ruling_or_a_reason() -> None:
    """Nothing is passed over in silence."""
    found = judged(good())
    ruled = {ruling.clause for ruling in found.rulings}

    for clause in contract().clauses():
        if not clause.attested:
            assert (clause.id in ruled) != (clause.id in found.idle)


def test_an_untouched_clause_has_no_vote() -> None:
    """What never happened is neither proven nor unproven here."""
    assert "ticket-to-batch#failures.422" in judged(good()).idle


def broken(case: Case) -> Docket:
    """Fail, as a check should not."""
    raise KeyError("a bug in the check")


def test_a_check_that_fails_leaves_its_clauses_unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash is no proof, and takes no other family down."""
    monkeypatch.setattr(
        checks,
        "CHECKS",
        tuple(replace(c, run=broken) if c.name == "timing" else c for c in checks.CHECKS),
    )

    found = {r.clause.partition("#")[2]: r for r in judged(good()).rulings}

    assert found["timing.delivered"].status is Status.UNPROVEN
    assert "a bug in the check" in found["timing.delivered"].reason
    assert found["when.promised"].status is Status.PROVEN


def test_a_contract_that_cannot_be_read_is_unproven_alone() -> None:
    """A contract about messages that nobody describes does not stop the others."""
    odd = contract(contract="odd", to="oven.nothing", idempotency=None)
    found = judge(good().history(), contracts=(odd, contract()), landscape=landscape())
    of_odd = [r for r in found.rulings if r.clause.startswith("odd#")]

    assert {r.status for r in of_odd} == {Status.UNPROVEN}
    assert any(r.status is Status.PROVEN for r in found.rulings)


def test_a_history_that_breaks_off_proves_nothing() -> None:
    """A truncated journal may show a breach, never a proof."""
    story = good()
    story.complete = False

    assert {ruling.status for ruling in judged(story).rulings} == {Status.UNPROVEN}


def test_the_same_history_gives_the_same_judgement() -> None:
    """Judging is pure."""
    assert judged(good()) == judged(good())


def test_two_contracts_with_one_target_do_not_claim_each_others_messages() -> None:
    """A batch that names its ticket is no stray of another contract."""
    other = contract(
        contract="other",
        **{"from": "bell.shelf"},
        when=None,
        updates=None,
        fields={"ref": {"from": "ref"}},
        sums=None,
        maps=None,
    )
    found = judge(good().history(), contracts=(contract(), other), landscape=landscape())

    assert [r.clause for r in found.rulings if r.status is Status.FAILED] == []


def test_what_another_contract_parked_in_the_same_place_is_no_stray() -> None:
    """A reference that a peer knows is the peer's; one that nobody knows is still a finding."""
    other = contract(
        contract="other",
        **{"from": "oven.batch", "to": "bell.ring"},
        when=None,
        updates=None,
        fields={"about": {"from": "ref"}},
        sums=None,
        maps=None,
    )

    def parked(ref: str, *contracts: Contract) -> bool:
        story = good().read_batch(batch(9)).park(ref)
        found = judge(story.history(), contracts=contracts, landscape=landscape())
        failed = [r.clause for r in found.rulings if r.status is Status.FAILED]
        return f"{NAME}#parked.to" not in failed

    assert not parked("9", contract())
    assert parked("9", contract(), other)
    assert not parked("nobody", contract(), other)


# -- veiled histories ----------------------------------------------------------------------------


def veiled(story: Story, agreed: Contract, *, knows: Contract | None = None) -> Judgement:
    """Judge a story whose guests are veiled as a stored journal has them."""

    def mac(text: str) -> str:
        return f"mac({text})"

    land = landscape()
    rules = (agreed if knows is None else knows,)

    def hidden(body: Any) -> Any:
        if not isinstance(body, dict) or body.get("guest") is None:
            return body
        guest = read(parse_path("guest"), body)
        entries = made(rules, land, "shop.ticket", body, mac) if "number" in body else {}
        return {
            **body,
            "guest": veil(guest, "text", mac),
            **({MADE: entries[()]} if () in entries else {}),
        }

    entries: list[Entry] = []
    for entry in story.entries:
        if isinstance(entry, Event):
            entries.append(
                replace(entry, data={**entry.data, "body": hidden(entry.data.get("body"))})
            )
        else:
            entries.append(replace(entry, body=replace(entry.body, value=hidden(entry.body.value))))
    story.entries = entries
    return judge(story.history(), contracts=(agreed,), landscape=land)


@pytest.mark.parametrize(
    "guest", ["Ada Quist", "ada quist", " Ada Quist ", "Eve Quist", "Ada  Quist", None]
)
def test_a_veiled_history_judges_like_the_plain_one(guest: str | None) -> None:
    """What the rule makes of the guest is known by its digest, so nothing is lost by hiding it."""
    story = Story().ticket().send(batch(guest=guest)).settle()
    plain = judged(story)
    hidden = veiled(story, contract())

    def told(found: Judgement) -> dict[str, Status]:
        return {ruling.clause: ruling.status for ruling in found.rulings}

    assert told(hidden) == told(plain)


def test_a_rule_that_was_not_known_when_veiling_is_unproven() -> None:
    """A contract that changed afterwards cannot be judged by old digests."""
    changed = contract(fields={**RULES["fields"], "guest": {"from": "guest", "using": "upper"}})
    found = veiled(good(), changed, knows=contract())
    statuses = {r.clause.partition("#")[2]: r.status for r in found.rulings}

    assert statuses["fields.guest"] is Status.UNPROVEN
