"""What the agreed rules make of a source message, veiled or not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.contract import Contract
from harness.mapping import Veiled, veil
from harness.rules import (
    MADE,
    CannotKnow,
    Expected,
    FieldPlan,
    Missing,
    Result,
    Rules,
    Unmapped,
    made,
    personal_paths,
    rule_id,
)
from tests.checks.support import RULES, contract, landscape, ticket


def mac(text: str) -> str:
    """Return a digest that a reader can follow."""
    return f"mac({text})"


def ruled(rule: dict[str, Any], *, maps: dict[str, Any] | None = None) -> Contract:
    """Return a contract with one more rule, for `guest`."""
    fields = {"ref": {"from": "number", "using": "to_text"}, "guest": rule}
    return contract(fields=fields, sums=None, maps=maps, idempotency=None)


def plan(rule: dict[str, Any], *, maps: dict[str, Any] | None = None) -> FieldPlan:
    """Return that rule, prepared."""
    found = Rules(ruled(rule, maps=maps), landscape()).field("guest")
    assert found is not None
    return found


def makes(rule: dict[str, Any], source: Any, *, maps: dict[str, Any] | None = None) -> Result:
    """Return what a rule makes of a source."""
    return plan(rule, maps=maps).expect(source)


@pytest.mark.parametrize(
    ("rule", "source", "value"),
    [
        ({"from": "a"}, {"a": 1}, 1),
        ({"from": "a.b"}, {"a": {"b": ""}}, ""),
        ({"from": "source.a"}, {"a": 1, "source": {"a": 2}}, 1),
        ({"from": ["a", "b"], "using": 'join " "'}, {"a": "x", "b": "y"}, "x y"),
        (
            {"from": "l.*.p", "using": "to_decimal | sum"},
            {"l": [{"p": "1"}, {"p": "2.5"}]},
            Decimal("3.5"),
        ),
        ({"from": "l.*.p", "using": "to_decimal | sum"}, {"l": []}, Decimal(0)),
        ({"from": "a", "using": "default x"}, {}, "x"),
        ({"fixed": True}, {}, True),
        ({"fixed": None}, {}, None),
    ],
)
def test_a_rule_makes_a_value(rule: dict[str, Any], source: Any, value: Any) -> None:
    """Paths, several sources, lists, transforms and fixed values."""
    assert makes(rule, source) == Expected(value)


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        ({"from": "a", "if_missing": "park"}, {}),
        ({"from": "a", "if_missing": "park"}, {"a": None}),
        ({"from": ["a", "b"], "using": 'join " "', "if_missing": "park"}, {"a": "x"}),
        ({"from": "l.*.p", "using": "to_decimal | sum", "if_missing": "park"}, {}),
    ],
)
def test_without_a_value_the_agreement_about_missing_ones_counts(
    rule: dict[str, Any], source: Any
) -> None:
    """Absent and null are no value; empty text is one."""
    assert makes(rule, source) == Missing("park", "fields.guest.if_missing")


def test_nothing_agreed_about_a_missing_value_is_said_so() -> None:
    """Then nobody knows what is expected."""
    assert makes({"from": "a"}, {}) == Missing(None)


def test_a_value_map_translates_after_the_transforms() -> None:
    """`using` brings the value into the form that the map lists."""
    maps = {"m": {"pairs": {"yes": "Y"}, "if_unmapped": "park", "if_missing": "fail"}}
    rule = {"from": "a", "using": "trim | lower", "map": "m"}

    assert makes(rule, {"a": " YES "}, maps=maps) == Expected("Y", pair="yes")
    assert makes(rule, {"a": "no"}, maps=maps) == Unmapped("park", "maps.m.if_unmapped", "no")
    assert makes(rule, {}, maps=maps) == Missing("fail", "maps.m.if_missing")


def test_a_map_may_keep_what_it_does_not_list() -> None:
    """`keep` lets the value through and says that it did."""
    maps = {"m": {"pairs": {"yes": "Y"}, "if_unmapped": "keep"}}

    assert makes({"from": "a", "map": "m"}, {"a": "no"}, maps=maps) == Expected("no", kept=True)


def test_a_value_that_a_transform_refuses_cannot_be_known() -> None:
    """The contract does not say what becomes of it."""
    result = makes({"from": "a", "using": "to_decimal"}, {"a": "many"})

    assert isinstance(result, CannotKnow)
    assert result.refused


def test_a_refused_personal_value_is_not_quoted() -> None:
    """The reason of a refusal would otherwise tell the value."""
    result = makes({"from": "guest", "using": "to_decimal"}, {"guest": "Ada Quist"})

    assert isinstance(result, CannotKnow)
    assert "Ada" not in result.reason


def test_what_a_view_leaves_out_cannot_be_known() -> None:
    """Absent from a partial message is not missing."""
    found = plan({"from": "a", "if_missing": "park"}).expect({}, partial=True)

    assert isinstance(found, CannotKnow)


def test_row_paths_start_at_the_row() -> None:
    """Bare paths read the row, `source.` reads the message, nothing falls back."""
    fields = {
        **RULES["fields"],
        "rows": {
            "match_by": ["kind"],
            "each": "buns",
            "fields": {
                "kind": {"from": "kind"},
                "cost": {"from": "total"},
                "count": {"from": "source.number"},
            },
        },
    }
    rows = Rules(contract(fields=fields), landscape()).rows[0]
    source = ticket()
    results = {p.name: p.expect(source, row=source["buns"][0]) for p in rows.fields}

    assert results == {"kind": Expected("rye"), "cost": Missing(None), "count": Expected(7)}


@pytest.mark.parametrize(
    ("source", "differs"),
    [({"a": "1.0", "b": "1"}, False), ({"a": "1", "b": "2"}, True), ({"a": "1"}, True)],
)
def test_unlike_compares_what_the_rule_would_make(source: Any, *, differs: bool) -> None:
    """A mix-up that gives the same value shows nothing."""
    found = Rules(
        contract(
            fields={**RULES["fields"], "sum": {"from": "a", "using": "to_decimal", "unlike": "b"}}
        ),
        landscape(),
    ).field("sum")

    assert found is not None
    assert found.differs(source) is differs


# -- personal values ---------------------------------------------------------------------------


def test_what_personal_fields_feed_is_personal() -> None:
    """Both sides of a rule are hidden, or neither is."""
    paths = personal_paths(landscape(), (contract(),))

    assert paths["shop.ticket"] == {"guest"}
    assert paths["oven.batch"] == {"guest"}


def test_a_source_of_a_personal_target_is_personal_too() -> None:
    """The closure runs both ways, over several contracts."""
    fields = {"ref": {"from": "number"}, "guest": {"from": ["guest", "state"], "using": 'join " "'}}
    agreed = contract(fields=fields, sums=None, maps=None)

    assert personal_paths(landscape(), (agreed,))["shop.ticket"] == {"guest", "state"}


def veiled(body: dict[str, Any], agreed: Contract) -> dict[str, Any]:
    """Return a message as a stored journal has it."""
    entries = made((agreed,), landscape(), "shop.ticket", body, mac)
    guest = body["guest"] if body["guest"] is None else veil(body["guest"], "text", mac)
    return {**body, "guest": guest, MADE: entries.get((), {})}


@given(st.text(min_size=1, max_size=30))
def test_a_veiled_source_gives_the_digest_of_what_the_rule_makes(guest: str) -> None:
    """Judging by digests is judging by values."""
    rule = {"from": "guest", "using": "trim | upper"}
    agreed = ruled(rule)
    hidden = plan(rule).expect(veiled(ticket(guest=guest), agreed))
    plain = makes(rule, ticket(guest=guest))

    assert isinstance(plain, Expected)
    assert hidden == Expected(veil(plain.value, "text", mac))


@pytest.mark.parametrize(
    ("rule", "guest", "result"),
    [
        ({"from": "guest", "if_missing": "park"}, None, Missing),
        ({"from": "guest", "using": "to_decimal"}, "Ada", CannotKnow),
        ({"from": "guest", "map": "m"}, "Ada", Unmapped),
    ],
)
def test_a_veiled_source_tells_missing_refused_and_unlisted_values(
    rule: dict[str, Any], guest: str | None, result: type[Result]
) -> None:
    """Whatever the rule makes of a value is known without the value."""
    maps = {"m": {"pairs": {"x": "y"}}}
    agreed = ruled(rule, maps=maps)
    hidden = veiled(ticket(guest=guest), agreed)

    assert isinstance(plan(rule, maps=maps).expect(hidden), result)


def test_a_rule_that_changed_after_veiling_cannot_be_known() -> None:
    """There is no digest of what nobody had agreed."""
    hidden = veiled(ticket(), ruled({"from": "guest", "using": "lower"}))

    assert isinstance(plan({"from": "guest", "using": "upper"}).expect(hidden), CannotKnow)


def test_rows_carry_digests_of_their_own() -> None:
    """A personal value in a row is digested with the row."""
    land = landscape(fields={"buns.*.kind": {"type": "text", "sensitive": "personal"}, "guest": {}})
    entries = made((contract(),), land, "shop.ticket", ticket(), mac)

    assert set(entries) == {("buns", 0), ("buns", 1)}


def test_a_message_that_feeds_no_contract_has_no_digests() -> None:
    """Only sources are digested."""
    assert made((contract(),), landscape(), "oven.batch", {"ref": "7"}, mac) == {}


def test_the_name_of_a_rule_changes_with_its_meaning_only() -> None:
    """Severity and spelling do not matter, transforms do."""

    def name(**rule: Any) -> str:
        return rule_id(ruled({"from": "guest", **rule}), "fields.guest", landscape=landscape())

    assert name(using="trim|lower") == name(using="trim | lower", severity="minor")
    assert name(using="trim") != name(using="lower")


def test_a_veiled_value_agrees_with_its_own_kind_only() -> None:
    """Digest against digest decides; digest against value rarely can."""
    rule = plan({"from": "guest"})
    one, other = Veiled("a", 3, ascii=True), Veiled("b", 3, ascii=True)

    assert (rule.agrees(one, one), rule.agrees(one, other)) == (True, False)
    assert (rule.agrees(one, "abc"), rule.agrees(one, "abcd")) == (None, False)


def linked(**changes: Any) -> Contract:
    """Return a contract that joins cards to tickets, in a kitchen that has them."""
    plain: dict[str, Any] = {"sums": None, "maps": None, "idempotency": None}
    return contract(**{**plain, **changes})


def test_an_expression_ties_all_that_it_reads_to_what_it_fills() -> None:
    """The note is personal because the guest is, and so is the sum that is read with it."""
    fields = {
        "ref": {"from": "number", "using": "to_text"},
        "note": {"expression": "guest ~ total"},
    }
    found = personal_paths(landscape(), [linked(fields=fields)])

    assert "note" in found["oven.batch"]
    assert {"guest", "total"} <= found["shop.ticket"]


def test_rows_of_blocks_are_tied_to_the_list_they_come_from() -> None:
    """A personal field of the message makes the field of each row personal, and the other way."""
    block = {
        "each": "buns",
        "fields": {"who": {"from": ["kind", "source.guest"], "using": "join /"}},
    }
    fields = {
        "ref": {"from": "number", "using": "to_text"},
        "lines": {"match_by": ["who"], "rows": {"bun": block}},
    }
    found = personal_paths(landscape(), [linked(fields=fields)])

    assert "lines.*.who" in found["oven.batch"]
    assert "buns.*.kind" in found["shop.ticket"]


def test_both_sides_of_a_join_are_personal_or_neither() -> None:
    """Digests can be compared only with digests."""
    joins = {"own": {"one": "oven.batch", "on": {"guest": "number"}}}
    fields = {"ref": {"from": "number", "using": "to_text"}, "x": {"from": "own.mode"}}
    found = personal_paths(landscape(), [linked(**{"with": joins, "fields": fields})])

    assert "number" not in found["shop.ticket"]
    joins = {"own": {"one": "oven.batch", "on": {"mode": "guest"}}}
    found = personal_paths(landscape(), [linked(**{"with": joins, "fields": fields})])
    assert {"mode", "x"} <= found["oven.batch"]


def digest(rule: dict[str, Any], **changes: Any) -> str:
    """Return the name of a rule under `$made`."""
    fields = {"ref": {"from": "number", "using": "to_text"}, "guest": rule}
    one = linked(**{"fields": fields, **changes})
    return rule_id(one, "fields.guest", landscape=landscape())


def test_a_rule_over_a_join_has_a_name_of_its_own() -> None:
    """The same path may be a field of the source in another contract."""
    rule = {"from": "own.mode"}
    join = {"own": {"one": "oven.batch", "on": {"ref": "number"}}}
    other = {"own": {"one": "oven.batch", "on": {"ref": "total"}}}

    assert len({digest(rule), digest(rule, **{"with": join}), digest(rule, **{"with": other})}) == 3
    assert digest({"expression": "a"}) != digest({"expression": "b"})
