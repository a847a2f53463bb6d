"""What both sides have of the same thing in the end."""

from __future__ import annotations

from typing import Any

from harness.checks.tallies import booked, tallies
from harness.contract import BookedSide, Contract
from harness.history import EventKind
from harness.landscape import Landscape, System
from harness.verdict import Tally
from tests.checks.support import Story, batch, contract, dossier, landscape, ticket

BOOKS = {
    "revenue": {
        "order": "number",
        "currency": "state",
        "source": {"add": ["total"]},
        "target": {"add": ["rows.*.cost"], "where": {"kind": {"not": "oat"}}},
    }
}


def ovens() -> Landscape:
    """Return the bakery, whose batches tell what the oven shows."""
    base = landscape()
    oven = base.systems["oven"].model_dump(by_alias=True, exclude_unset=True)
    oven["records"] = {"display": {"key": "ref", "values": {"price": {"type": "decimal"}}}}
    oven["messages"]["batch"]["tells"] = {
        "display": {"key": {"ref": "ref"}, "set": {"price": "sum"}}
    }
    return base.model_copy(
        update={"systems": {**base.systems, "oven": System.model_validate(oven)}}
    )


def found(story: Story, **changes: Any) -> list[Tally]:
    """Return the tallies of a story."""
    agreed: Contract = contract(**changes)
    return list(tallies([dossier(story, agreed, ovens())]))


def test_stock_is_compared_with_what_the_target_holds() -> None:
    """Its own note counts more than what it was given."""
    story = Story().ticket().send()
    rows = [{"ref": "7", "price": "9.00"}]
    story.event(EventKind.STATE, "oven", moment="changed", of="display", rows=rows, gone=[])
    (tally,) = found(story.settle(), object="inventory")

    assert (tally.subject, tally.what, tally.there, tally.here) == (
        "ticket 7",
        "price",
        "5.00",
        "9.00",
    )


def test_what_the_target_never_got_is_nothing() -> None:
    """It is a difference, and not left out."""
    (tally,) = found(Story().ticket().settle(), object="inventory")
    assert tally.here is None


def test_a_history_that_has_not_settled_is_not_compared() -> None:
    """What is on its way is no difference; neither is anything in an empty history."""
    assert found(Story().ticket(), object="inventory") == []
    assert found(Story().settle(), object="inventory", books=BOOKS) == []


def test_money_is_compared_as_both_sides_book_it() -> None:
    """Rows that the contract names, and the order they belong to."""
    (tally,) = found(Story().ticket().send().settle(), books=BOOKS)
    assert tally.currency == "paid"
    theirs = {"revenue": {**BOOKS["revenue"], "currency": "target.mode"}}
    assert found(Story().ticket().send().settle(), books=theirs)[0].currency == "BAKE"
    assert (tally.subject, tally.what, tally.there, tally.here) == ("7", "revenue", "5.00", "3.00")


def test_amounts_are_added_with_their_signs() -> None:
    """An amount that is none makes the whole unknown."""
    side = BookedSide.model_validate({"add": ["sum", "-rows.*.cost"]})
    assert booked(side, batch()) == 0
    assert booked(side, batch(sum="much")) is None


def test_what_was_called_off_in_time_is_owed_to_nobody() -> None:
    """A ticket that is no longer paid, and was never booked, is no difference; a booked one is."""
    void = ticket(revision=2, state="void")
    assert found(Story().ticket().ticket(void).settle(), books=BOOKS) == []
    assert found(Story().ticket().send().ticket(void).settle(), books=BOOKS)
