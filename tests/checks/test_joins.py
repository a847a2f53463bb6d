"""What a message is read together with: complete, incomplete, one, none or several."""

from __future__ import annotations

from typing import Any

import pytest

from harness.contract import Contract
from harness.verdict import Status
from tests.checks.kitchen import Kitchen, Outcome, agreed, fields, owners, told, topping
from tests.checks.support import ticket

TOPPINGS = {"all": "shop.topping", "on": {"ticket": "number"}}
CARD = {"one": "shop.card", "on": {"ticket": "number"}}
RULES = fields(
    grams={"from": "toppings.*.grams", "using": "sum"},
    rows={
        "match_by": ["id"],
        "each": "toppings",
        "fields": {"id": {"from": "id"}, "name": {"from": "name"}},
    },
)
JAM, OIL = topping(1), topping(2, "oil", 5)
BOTH = {
    "ref": "7",
    "grams": 15,
    "rows": [{"id": 1, "name": "jam"}, {"id": 2, "name": "oil"}],
}


def together(**changes: Any) -> Contract:
    """Return a contract that reads a ticket together with its toppings."""
    return agreed(**{"with": {"toppings": TOPPINGS}, "fields": RULES, **changes})


def carded(rule: dict[str, Any] | None = None, **changes: Any) -> Contract:
    """Return a contract that reads a ticket together with its card."""
    said = rule or {"from": "card.colour", "if_missing": "leave_out"}
    return agreed(**{"with": {"card": CARD}, "fields": fields(colour=said), **changes})


def opened() -> Kitchen:
    """Begin with a ticket that the integration knows."""
    kitchen = Kitchen()
    kitchen.ticket(ticket())
    return kitchen


def paged() -> Kitchen:
    """Let the integration read two pages to the end."""
    return opened().toppings(JAM, following="p-2").toppings(OIL, query="?cursor=p-2")


def judged(kitchen: Kitchen, body: dict[str, Any], one: Contract | None = None) -> Outcome:
    """Send a body, and judge."""
    kitchen.send(body).settle()
    return told(kitchen, one or together())


def test_a_list_read_to_its_end_proves_the_join_and_what_is_read_from_it() -> None:
    """Both pages were known before the message was sent."""
    found = judged(paged(), BOTH)

    assert found.failing() == []
    for path in ("with.toppings", "fields.grams", "fields.rows", "fields.rows.name"):
        assert found[path] is Status.PROVEN
    assert found.rulings["with.toppings"][0].witnesses == (4, 6, 8)


def test_an_empty_history_says_nothing_of_joins() -> None:
    """Where nothing was sent a join has no vote."""
    assert "with.toppings" not in told(Kitchen().settle(), together()).rulings


def test_a_list_without_its_last_page_leaves_everything_over_it_unproven() -> None:
    """More may belong to it, so neither the sum nor the rows are right or wrong."""
    found = judged(opened().toppings(JAM, following="p-2"), {**BOTH, "grams": 99})

    assert found.failing() == []
    for path in ("with.toppings", "fields.grams", "fields.rows", "fields.rows.name"):
        assert found[path] is Status.UNPROVEN
    assert "not read to its end" in found.reason("with.toppings")


def test_a_page_that_comes_after_the_message_was_sent_does_not_count() -> None:
    """Values are judged against what was known when the request began."""
    kitchen = opened().toppings(JAM, following="p-2")
    kitchen.send(BOTH)
    found = told(kitchen.toppings(OIL, query="?cursor=p-2").settle(), together())

    assert found["with.toppings"] is Status.UNPROVEN


def test_a_list_that_nobody_read_is_unproven() -> None:
    """Without commits of the shop nobody knows what belongs to the ticket."""
    found = judged(opened(), BOTH)

    assert found["with.toppings"] is Status.UNPROVEN
    assert "no list of shop.topping that covers it" in found.reason("with.toppings")


def test_the_list_of_another_ticket_covers_nothing() -> None:
    """A list is of whom its address names."""
    assert judged(opened().toppings(of=8), {"ref": "7"})["with.toppings"] is Status.UNPROVEN


def test_an_empty_list_that_ended_is_complete() -> None:
    """Nothing belongs to it, and that is known."""
    found = judged(opened().toppings(), {"ref": "7", "grams": 0, "rows": []})

    assert found["with.toppings"] is Status.PROVEN
    assert found["fields.grams"] is Status.PROVEN
    assert judged(opened().toppings(), BOTH).failing() == ["fields.grams", "fields.rows"]


def test_a_second_page_that_was_committed_and_never_read_is_a_breach() -> None:
    """The one planted defect: only the first page is read. It is the integration's."""
    kitchen = Kitchen()
    kitchen.holds("topping", {**JAM, "ticket": 7}).holds("topping", {**OIL, "ticket": 7})
    kitchen.ticket(ticket())
    found = judged(
        kitchen.toppings(JAM, following="p-2"),
        {"ref": "7", "grams": 10, "rows": [{"id": 1, "name": "jam"}]},
    )

    assert owners(found) == [("with.toppings", "glue-team")]
    assert "1 of them had not been read" in found.finding("with.toppings").observed


def test_what_is_committed_after_the_ticket_was_told_is_no_breach() -> None:
    """The integration could not know it in time, so nobody can say that it should have."""
    kitchen = opened().holds("topping", {**JAM, "ticket": 7})

    assert judged(kitchen, {"ref": "7"})["with.toppings"] is Status.UNPROVEN


def test_the_newest_version_of_what_is_joined_counts() -> None:
    """A change that was told before the request began is what the rules are about."""
    newer = {**JAM, "ticket": 7, "revision": 2, "grams": 30}
    kitchen = opened().toppings({**JAM, "revision": 1}).tells("topping", newer)
    body = {"ref": "7", "grams": 30, "rows": [{"id": 1, "name": "jam"}]}

    assert judged(kitchen, body).failing() == []
    again = opened().toppings({**JAM, "revision": 2}).tells("topping", {**newer, "revision": 1})
    assert judged(again, body).failing() == ["fields.grams"]


def test_a_change_told_while_the_message_is_made_may_be_in_it_or_not() -> None:
    """A repeated call may carry what was known when the first one began."""
    kitchen = opened().toppings(JAM)
    body = {"ref": "7", "grams": 10, "rows": [{"id": 1, "name": "jam"}]}
    kitchen.send(body, status=503)
    kitchen.tells("topping", {**JAM, "ticket": 7, "grams": 30})

    assert judged(kitchen, body).failing() == []


def test_one_that_is_known_is_read() -> None:
    """The card of the ticket gives the colour."""
    assert (
        judged(opened().card(colour="red"), {"ref": "7", "colour": "red"}, carded())[
            "fields.colour"
        ]
        is Status.PROVEN
    )
    found = judged(opened().card(colour="red"), {"ref": "7", "colour": "blue"}, carded())
    assert owners(found) == [("fields.colour", "glue-team")]


def test_one_that_nobody_saw_is_unproven() -> None:
    """Whether there is a card is not known; leaving the colour out is not proven either."""
    found = judged(opened(), {"ref": "7"}, carded())

    assert found["with.card"] is Status.UNPROVEN
    assert found["fields.colour"] is Status.UNPROVEN
    assert found["fields.colour.if_missing"] is None


def test_one_seen_in_part_does_not_tell_what_is_missing() -> None:
    """A partial view of the card may leave the colour out; a later full one tells it."""
    part = opened().tells("card", {"ticket": 7, "text": "Hi"})
    found = judged(part, {"ref": "7"}, carded())
    assert found["fields.colour"] is found["with.card"] is Status.UNPROVEN
    whole = opened().tells("card", {"ticket": 7, "text": "Hi"}).card(text="Hi")
    found = judged(whole, {"ref": "7"}, carded())
    assert found["fields.colour.if_missing"] is Status.PROVEN


def test_several_where_one_was_agreed_are_unproven() -> None:
    """Which of the two was meant nobody knows."""
    one = agreed(
        **{
            "with": {"top": {"one": "shop.topping", "on": {"ticket": "number"}}},
            "fields": fields(top={"from": "top.name"}),
        }
    )
    found = judged(opened().toppings(JAM, OIL), {"ref": "7", "top": "jam"}, one)

    assert found["with.top"] is Status.UNPROVEN
    assert "2 shop.topping belong to it" in found.reason("with.top")
    narrowed = {"one": "shop.topping", "on": {"ticket": "number"}, "where": {"grams": {"under": 9}}}
    one = agreed(**{"with": {"top": narrowed}, "fields": fields(top={"from": "top.name"})})
    assert judged(opened().toppings(JAM, OIL), {"ref": "7", "top": "oil"}, one).failing() == []


def test_a_join_of_a_record_is_unproven_and_says_why() -> None:
    """What systems hold is not joined in this version."""
    one = agreed(
        **{
            "with": {"shelf": {"one": "shop.shelf", "on": {"kind": "state"}}},
            "fields": fields(left={"from": "shelf.left"}),
        }
    )
    found = judged(opened(), {"ref": "7", "left": 3}, one)

    assert found["with.shelf"] is Status.UNPROVEN
    assert found["fields.left"] is Status.UNPROVEN
    assert "record" in found.reason("with.shelf")


KITS = {"kits": {"all": "tables.kits", "on": {"kit": "state"}}}


def test_a_table_is_known_to_everybody() -> None:
    """Rows of a table are joined by text, and are complete."""
    one = agreed(
        **{
            "with": KITS,
            "fields": fields(parts={"from": "kits.*.part", "using": 'join ","'}),
        }
    )
    kitchen = Kitchen()
    kitchen.ticket(ticket(state="brunch"))
    found = judged(kitchen, {"ref": "7", "parts": "rye,oat"}, one)

    assert (found["with.kits"], found["fields.parts"]) == (Status.PROVEN, Status.PROVEN)


# -- conditions over what is joined ----------------------------------------------------------------


def owed(condition: dict[str, Any]) -> Contract:
    """Return a contract whose `when` reads the toppings and the card."""
    return agreed(
        **{"with": {"toppings": TOPPINGS, "card": CARD}, "when": condition, "fields": fields()}
    )


@pytest.mark.parametrize(
    ("condition", "promised"),
    [
        ({"toppings": {"none": {"name": "nuts"}}}, Status.PROVEN),
        ({"toppings": {"some": {"name": "jam"}}}, Status.PROVEN),
        ({"toppings": {"some": {"name": "nuts"}}}, None),
        ({"card.colour": {"is": "present"}}, Status.PROVEN),
        ({"card.colour": {"is": "nothing"}}, None),
        ({"state": {"not_in": "tables.kits.kit"}}, Status.PROVEN),
        ({"toppings": {"all": {"name": {"not_in": "tables.kits.part"}}}}, Status.PROVEN),
    ],
)
def test_when_reads_joins_and_tables(condition: dict[str, Any], promised: Status | None) -> None:
    """A ticket is owed where what belongs to it fulfils the condition."""
    found = judged(paged().card(colour="red"), {"ref": "7"}, owed(condition))

    assert found["when.promised"] is promised
    assert found.failing() == ([] if promised is not None else ["when.withheld"])


def test_when_over_a_list_that_did_not_end_is_undecided() -> None:
    """That none of the known ones fits says nothing of the others; one that fits does."""
    first = opened().toppings(JAM, following="p-2")
    found = judged(first, {"ref": "7"}, owed({"toppings": {"none": {"name": "nuts"}}}))
    assert found["when.promised"] is Status.UNPROVEN
    sure = opened().toppings(JAM, following="p-2")
    assert (
        judged(sure, {"ref": "7"}, owed({"toppings": {"some": {"name": "jam"}}}))["when.promised"]
        is Status.PROVEN
    )


def test_what_is_committed_together_with_the_ticket_belongs_to_it() -> None:
    """At one instant the shop holds ticket and toppings; in between nothing is decided."""
    kitchen = Kitchen()
    kitchen.committed(ticket())
    kitchen.holds("topping", {**JAM, "ticket": 7})
    kitchen.webhook(ticket())
    some = owed({"toppings": {"some": {"name": "jam"}}})

    assert judged(kitchen.toppings(JAM), {"ref": "7"}, some)["when.promised"] is Status.PROVEN


def test_what_stops_being_owed_because_of_a_join_is_undecided() -> None:
    """When a topping changes after the ticket was sent, the ticket was rightly sent."""
    kitchen = Kitchen()
    kitchen.holds("topping", {**JAM, "ticket": 7})
    kitchen.ticket(ticket())
    kitchen.toppings(JAM)
    kitchen.send({"ref": "7"})
    kitchen.holds("topping", {**JAM, "ticket": 7, "name": "nuts"}).settle()
    found = told(kitchen, owed({"toppings": {"none": {"name": "nuts"}}}))

    assert found.failing() == []
    assert found["when.promised"] is Status.UNPROVEN


def test_a_hold_for_what_is_joined_counts_only_while_it_lasts() -> None:
    """A card without a colour is parked; one that gets its colour later is not held."""
    one = carded({"from": "card.colour", "if_missing": "fail"})
    kitchen = Kitchen()
    kitchen.holds("card", {"ticket": 7, "colour": None})
    kitchen.ticket(ticket())
    kitchen.card(colour=None)
    assert judged(kitchen, {"ref": "7"}, one).failing() == ["fields.colour.if_missing"]
    kitchen = Kitchen()
    kitchen.holds("card", {"ticket": 7, "colour": None})
    kitchen.ticket(ticket())
    kitchen.wait("1m")
    kitchen.holds("card", {"ticket": 7, "colour": "red"})
    kitchen.card(colour="red")
    assert judged(kitchen, {"ref": "7", "colour": "red"}, one).failing() == []


def test_what_is_joined_may_be_what_is_read_again() -> None:
    """A target that compares what it shows refuses; the card is read, and the ticket is not."""
    row = carded(failures={"423": {"then": "reread_and_retry"}})
    first = opened().card(colour="red")
    first.send({"ref": "7", "colour": "red"}, status=423)
    first.card(colour="blue").send({"ref": "7", "colour": "blue"}).settle()
    unread = opened().card(colour="red")
    unread.send({"ref": "7", "colour": "red"}, status=423)
    unread.send({"ref": "7", "colour": "red"}).settle()

    assert told(first, row)["failures.423"] is Status.PROVEN
    assert told(unread, row)["failures.423"] is Status.FAILED


def test_what_becomes_owed_by_a_commit_is_timed_from_then_on() -> None:
    """A look that shows it late tells no more than that it was owed by then."""
    one = owed({"card.colour": "red"})
    committed = opened()
    committed.holds("card", {"ticket": 7, "colour": None})
    committed.card(colour=None)
    committed.wait("2h")
    committed.holds("card", {"ticket": 7, "colour": "red"})
    committed.card(colour="red").send({"ref": "7"}).settle()
    looked_up = opened().card(colour=None)
    looked_up.wait("2h")
    looked_up.card(colour="red").send({"ref": "7"}).settle()

    assert told(committed, one)["timing.delivered"] is Status.PROVEN
    assert told(looked_up, one)["timing.delivered"] is Status.UNPROVEN
