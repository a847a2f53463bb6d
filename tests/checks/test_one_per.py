"""Each element of a source list owes one target message of its own."""

from __future__ import annotations

from typing import Any

from harness.checks import delivery, mapping
from harness.checks.case import Case
from harness.contract import Contract
from harness.rules import made, personal_paths
from harness.verdict import Status
from tests.checks.support import (
    Said,
    Story,
    batch,
    contract,
    dossier,
    failing,
    judged,
    landscape,
    ticket,
)


def agreed(**changes: Any) -> Contract:
    """Return a contract under which each kind of bun is a batch of its own."""
    fields = {
        "ref": {"from": "kind"},
        "guest": {"from": "^guest", "using": "trim"},
        "sum": {"from": "cost", "using": "to_decimal", "unlike": "source.total"},
        "rows": {
            "match_by": ["kind"],
            "each": "trays",
            "fields": {"kind": {"from": "name"}, "count": {"from": "^number"}},
        },
    }
    plain = {"maps": None, "sums": None, "fields": fields, "one_per": "buns.*"}
    return contract(**{**plain, **changes})


def order(**changes: Any) -> dict[str, Any]:
    """Return a ticket over two kinds of buns on trays."""
    buns = [
        {"kind": "rye", "cost": "3.00", "trays": [{"name": "a"}, {"name": "b"}]},
        {"kind": "oat", "cost": "2.00", "trays": [{"name": "c"}]},
    ]
    return ticket(**{"buns": buns, **changes})


def rye(**changes: Any) -> dict[str, Any]:
    """Return the batch of the first kind."""
    rows = [{"kind": "a", "count": 7}, {"kind": "b", "count": 7}]
    return {"ref": "rye", "guest": "Ada Quist", "sum": "3.00", "rows": rows, **changes}


def oat(**changes: Any) -> dict[str, Any]:
    """Return the batch of the second kind."""
    rows = [{"kind": "c", "count": 7}]
    return {"ref": "oat", "guest": "Ada Quist", "sum": "2.00", "rows": rows, **changes}


def said(story: Story, one: Contract | None = None) -> Said:
    """Return what mapping and delivery say."""
    case = Case.of(dossier(story, one or agreed()))
    both = Said(mapping.CHECK.run(case))
    more = Said(delivery.CHECK.run(case))
    both.rulings |= more.rulings
    return both


def test_each_element_becomes_its_message() -> None:
    """Bare paths start at the element, `^` and `source.` at the message."""
    found = said(Story().ticket(order()).send(rye()).send(oat()).settle())

    assert found.failing() == []
    for path in ("when.promised", "fields.ref", "fields.guest", "fields.sum", "fields.rows.count"):
        assert found[path] is Status.PROVEN


def test_a_lost_element_is_one_finding() -> None:
    """The other one does not stand in for it."""
    found = said(Story().ticket(order()).send(rye()).settle())

    assert found.failing() == ["when.promised"]
    assert found.finding("when.promised").subject == "ticket 7, buns.* 2"


def test_a_wrong_value_belongs_to_its_element() -> None:
    """The cost of another element is a wrong cost."""
    story = Story().ticket(order()).send(rye()).send(oat(sum="3.00")).settle()

    assert failing(judged(story, agreed())) == ["fields.sum"]


def test_an_element_sent_twice_is_one_finding() -> None:
    """Once each, not twice one."""
    story = Story().ticket(order()).send(rye()).send(oat(), key="a").send(oat(), key="b").settle()

    assert failing(judged(story, agreed(idempotency=None))) == ["expect"]


def test_a_message_without_elements_owes_nothing() -> None:
    """No packages, no announcements."""
    assert said(Story().ticket(order(buns=[])).settle()).rulings == {}


def test_an_empty_history_says_nothing() -> None:
    """No message, no ruling."""
    assert said(Story().settle()).rulings == {}


def test_elements_that_nothing_tells_apart_are_unproven() -> None:
    """A key that is the same for all of them says nothing of one."""
    fields = {**agreed().model_dump(mode="json", by_alias=True, exclude_unset=True)["fields"]}
    fields["ref"] = {"from": "^number", "using": "to_text"}
    found = said(Story().ticket(order()).send(rye(ref="7")).settle(), agreed(fields=fields))

    assert found.failing() == []
    assert found["expect"] is Status.UNPROVEN


def test_elements_stay_themselves_in_another_order() -> None:
    """A later version that turns the list around owes nothing new."""
    turned = order(buns=list(reversed(order()["buns"])), revision=2)
    story = Story().ticket(order()).send(rye()).send(oat()).ticket(turned, delivery="d2").settle()

    assert failing(judged(story, agreed())) == []


def test_a_parked_message_parks_all_its_elements() -> None:
    """The shelf names the ticket, not the bun."""
    story = Story().ticket(order()).send(rye()).send(oat(), status=422).park("7")

    assert failing(judged(story.tell("bakers").settle(), agreed())) == []


def test_personal_values_of_an_element_are_digested_at_its_place() -> None:
    """So that a stored journal judges the same."""
    one = agreed(fields={"ref": {"from": "kind"}, "guest": {"from": "label", "using": "trim"}})
    land = landscape()
    known = personal_paths(
        land.model_copy(
            update={
                "systems": {
                    **land.systems,
                    "shop": land.systems["shop"].model_copy(
                        update={"messages": {"ticket": _with_label(land)}}
                    ),
                }
            }
        ),
        (one,),
    )
    body = order(buns=[{"kind": "rye", "label": "Ada"}, {"kind": "oat", "label": "Bo"}])

    entries = made(
        (one,), land, "shop.ticket", body, lambda text: f"mac of {text!r}", personal=known
    )

    assert "guest" in known["oven.batch"]
    assert sorted(entries) == [("buns", 0), ("buns", 1)]
    assert entries["buns", 0] != entries["buns", 1]


def _with_label(land: Any) -> Any:
    message = land.systems["shop"].messages["ticket"]
    spec = message.fields["guest"]
    fields = {k: v for k, v in message.fields.items() if k != "guest"} | {"buns.*.label": spec}
    return message.model_copy(update={"fields": fields})


def test_the_whole_batch_of_the_bakery_still_is_one() -> None:
    """Without `one_per` nothing is cut."""
    assert list(dossier(Story().ticket().send(batch())).subjects) == ["7"]
