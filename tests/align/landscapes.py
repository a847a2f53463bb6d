"""Landscapes in which everything lines up, by the thousand, and ways to break each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

from tests.align.support import ORDERS, Data, clean

Kind = Callable[[Random, str], tuple[Data, Data, Data, Any]]
"""Makes a field: what the source says, what the target says, the rule, and a value."""


def _text(random: Random, name: str) -> tuple[Data, Data, Data, Any]:
    longest = random.randint(5, 200)
    required = random.random() < 0.5
    source = {"type": "text", "max": longest}
    target = {"type": "text", "max": longest + random.randint(0, 50)}
    rule: Data = {"from": f"s_{name}"}
    if required:
        source["required"] = target["required"] = "always"
    else:
        rule["if_missing"] = "leave_out"
    return source, target, rule, "x" * min(longest, 5)


def _cut(random: Random, name: str) -> tuple[Data, Data, Data, Any]:
    longest = random.randint(5, 60)
    return (
        {"type": "text", "max": longest * 2, "required": "always"},
        {"type": "text", "max": longest, "required": "always"},
        {"from": f"s_{name}", "using": f"truncate {longest}"},
        "y",
    )


def _count(random: Random, name: str) -> tuple[Data, Data, Data, Any]:
    most = random.randint(10, 1000)
    bounds = {"at_least": 0, "at_most": most}
    return (
        {"type": "integer", "required": "always", **bounds},
        {"type": "integer", "required": "always", "at_least": 0, "at_most": most + 5},
        {"from": f"s_{name}"},
        random.randint(0, most),
    )


def _amount(random: Random, name: str) -> tuple[Data, Data, Data, Any]:
    digits = random.randint(6, 12)
    both = {"type": "decimal", "decimals": 2, "encoded_as": "text", "money": "currency"}
    tax = random.choice(["gross", "net"])
    source = {**both, "digits": digits, "tax": tax, "required": "always"}
    target = {**both, "digits": digits + 1, "tax": tax, "required": "always"}
    return source, target, {"from": f"s_{name}", "using": "to_decimal"}, "12.50"


def _weight(random: Random, name: str) -> tuple[Data, Data, Data, Any]:
    source_unit, target_unit = random.choice([("g", "kg"), ("kg", "g"), ("cm", "m")])
    return (
        {"type": "decimal", "unit": source_unit, "required": "always"},
        {"type": "decimal", "unit": target_unit, "required": "always"},
        {"from": f"s_{name}", "using": f"convert {source_unit} to {target_unit}"},
        1000,
    )


def _time(random: Random, name: str) -> tuple[Data, Data, Data, Any]:
    spec = {"type": "instant", "required": "always"}
    using = random.choice([None, "to_utc"])
    rule: Data = {"from": f"s_{name}"}
    if using:
        rule["using"] = using
    return spec, dict(spec), rule, "2026-02-20T09:00:00Z"


def _listed(random: Random, name: str) -> tuple[Data, Data, Data, Any]:
    values = [f"v{number}" for number in range(random.randint(2, 5))]
    return (
        {"type": "text", "enum": values, "required": "always"},
        {"type": "text", "enum": [value.upper() for value in values], "required": "always"},
        {"from": f"s_{name}", "map": f"m_{name}"},
        values[0],
    )


def _flag(random: Random, name: str) -> tuple[Data, Data, Data, Any]:
    spec = {"type": "boolean", "required": "always"}
    return spec, dict(spec), {"from": f"s_{name}"}, random.random() < 0.5


def _mail(random: Random, name: str) -> tuple[Data, Data, Data, Any]:
    spec = {"type": "text", "max": 100, "sensitive": "personal"}
    rule = {"from": f"s_{name}", "using": "trim | lower", "if_missing": "leave_out"}
    return spec, dict(spec), rule, f"n{random.randint(1, 9)}@shop.example"


KINDS: tuple[Kind, ...] = (
    _text, _cut, _count, _amount, _weight, _time, _listed, _flag, _mail,
)  # fmt: skip


def landscape(seed: int, *, fields: int | None = None) -> Data:
    """Return a landscape in which everything lines up, with fields of a seed's choice."""
    random = Random(seed)
    data = clean()
    contract = data["contracts"][0]
    source = data["systems"][0]["messages"]["order"]["fields"]
    target = data["systems"][1]["messages"]["job"]["fields"]
    with_, without = contract["examples"]
    for number in range(random.randint(1, 12) if fields is None else fields):
        name = f"f{number}"
        kind = random.choice(KINDS)
        there, here, rule, value = kind(random, name)
        source[f"s_{name}"], target[f"t_{name}"] = there, here
        contract["fields"][f"t_{name}"] = rule
        with_["source"][f"s_{name}"] = value
        if there.get("required") == "always":
            without["source"][f"s_{name}"] = value
        if kind is _listed:
            pairs = dict(zip(there["enum"], here["enum"], strict=True))
            contract["maps"][f"m_{name}"] = {"pairs": pairs}
    return data


def large(contracts: int, fields: int) -> Data:
    """Return one landscape of many contracts, each between messages of its own."""
    data = clean()
    own = len(ORDERS["fields"]) + 1
    ends = [data["systems"][0]["messages"], data["systems"][1]["messages"]]
    for messages in ends:
        messages.clear()
    data["contracts"].clear()
    for number in range(contracts):
        one = landscape(number, fields=fields - own)
        ends[0][f"order_{number}"] = one["systems"][0]["messages"]["order"]
        ends[1][f"job_{number}"] = one["systems"][1]["messages"]["job"]
        contract = one["contracts"][0]
        contract["contract"] = f"orders-{number}"
        contract["from"], contract["to"] = f"shop.order_{number}", f"depot.job_{number}"
        contract["volume"] = {"messages": 1, "per": "1h"}
        contract["maps"] = {f"{name}_{number}": one for name, one in contract["maps"].items()}
        for rule in contract["fields"].values():
            if "map" in rule:
                rule["map"] = f"{rule['map']}_{number}"
        data["contracts"].append(contract)
    return data


# -- what breaks them ----------------------------------------------------------------------------

Mutation = Callable[[Random, Data], bool]
"""Changes a landscape in one place; returns whether it found a place to change."""
MUTATIONS: dict[str, tuple[str, Mutation]] = {}
"""By name: the code that must be reported, and the change."""


def mutation(code: str) -> Callable[[Mutation], Mutation]:
    """Add a way to break a landscape."""

    def add(function: Mutation) -> Mutation:
        MUTATIONS[function.__name__] = (code, function)
        return function

    return add


def broken(seed: int, name: str) -> Data | None:
    """Return a landscape broken in one place; None where that landscape has no such place."""
    random = Random(f"{seed} {name}")
    data = deepcopy(landscape(seed))
    return data if MUTATIONS[name][1](random, data) else None


def _contract(data: Data) -> Data:
    contract: Data = data["contracts"][0]
    return contract


def _source(data: Data) -> Data:
    fields: Data = data["systems"][0]["messages"]["order"]["fields"]
    return fields


def _target(data: Data) -> Data:
    fields: Data = data["systems"][1]["messages"]["job"]["fields"]
    return fields


def _pairs(data: Data) -> Iterator[tuple[str, Data, Data, Data]]:
    """Yield target name, rule, source spec and target spec of each plain rule."""
    for name, rule in _contract(data)["fields"].items():
        if isinstance(rule.get("from"), str):
            yield name, rule, _source(data)[rule["from"]], _target(data)[name]


def _where(
    random: Random, data: Data, wanted: Callable[[str, Data, Data, Data], bool]
) -> tuple[str, Data, Data, Data] | None:
    found = [entry for entry in _pairs(data) if wanted(*entry)]
    return random.choice(found) if found else None


@mutation("F03")
def drop_a_rule(random: Random, data: Data) -> bool:
    """A required field is no longer filled."""
    names = [n for n in _contract(data)["fields"] if _target(data)[n].get("required") == "always"]
    names = [name for name in names if name not in ("lines", "currency", "ref")]
    _contract(data)["fields"].pop(random.choice(names))
    return True


@mutation("F01")
def misspell_a_target(random: Random, data: Data) -> bool:
    """The target has no such field."""
    fields = _contract(data)["fields"]
    name = random.choice([name for name in fields if name not in ("lines", "ref")])
    fields[f"{name}x"] = fields.pop(name)
    return True


@mutation("F02")
def misspell_a_source(random: Random, data: Data) -> bool:
    """The source has no such field."""
    name, rule, *_ = random.choice(list(_pairs(data)))
    rule["from"] += "x"
    return bool(name)


@mutation("F04")
def send_something_new(random: Random, data: Data) -> bool:
    """Nobody has spoken of the field."""
    _source(data)[f"new_{random.randint(1, 99)}"] = {"type": "text"}
    return True


@mutation("F06")
def leave_out_what_is_critical(random: Random, data: Data) -> bool:
    """Business needs it, and no rule reads it."""
    _source(data)[f"vital_{random.randint(1, 99)}"] = {"type": "text", "critical": True}
    return True


@mutation("F07")
def send_a_list_as_one_value(random: Random, data: Data) -> bool:
    """All but one of the values would be lost."""
    found = _where(random, data, lambda _n, rule, s, _t: s["type"] == "text" and "map" not in rule)
    if found is None:
        return False
    found[1].update({"from": "items.*.sku"})
    found[1].pop("using", None)
    return True


@mutation("F08")
def take_fewer_rows(random: Random, data: Data) -> bool:
    """Large orders do not fit."""
    _target(data)["lines"]["most"] = random.randint(1, 49)
    return True


@mutation("F09")
def let_a_row_key_be_missing(_random: Random, data: Data) -> bool:
    """Rows cannot be paired."""
    _source(data)["items.*.sku"]["required"] = "optional"
    return True


@mutation("F10")
def write_what_is_read_only(random: Random, data: Data) -> bool:
    """The target sets it itself."""
    name, *_ = random.choice(list(_pairs(data)))
    _target(data)[name]["read_only"] = True
    return True


@mutation("T01")
def change_a_type(random: Random, data: Data) -> bool:
    """The value does not fit any more."""
    found = _where(random, data, lambda n, _r, s, t: n != "ref" and t["type"] == "text")
    if found is None:
        return False
    name = found[0]
    _target(data)[name] = {
        "type": "boolean",
        "required": _target(data)[name].get("required", "optional"),
    }
    return True


@mutation("T02")
def shorten_a_field(random: Random, data: Data) -> bool:
    """Long texts do not fit."""
    found = _where(random, data, lambda n, r, s, t: "max" in s and "max" in t and "map" not in r)
    if found is None:
        return False
    found[3]["max"] = min(found[2]["max"], found[3]["max"]) - random.randint(1, 4)
    return True


@mutation("T03")
def hold_fewer_decimals(random: Random, data: Data) -> bool:
    """Amounts are rounded by whoever holds them."""
    found = _where(random, data, lambda _n, _r, s, t: bool(s.get("decimals") and t.get("decimals")))
    assert found is not None
    found[3]["decimals"] = random.randint(0, 1)
    return True


@mutation("T04")
def hold_fewer_digits(random: Random, data: Data) -> bool:
    """The largest amounts do not fit."""
    found = _where(
        random, data, lambda _n, _r, s, t: "digits" in s and "digits" in t and "money" in s
    )
    assert found is not None
    found[3]["digits"] = found[2]["digits"] - random.randint(1, 3)
    return True


@mutation("T05")
def narrow_a_range(random: Random, data: Data) -> bool:
    """Some values are refused."""
    _target(data)["lines.*.qty"]["at_most"] = random.randint(2, 98)
    return True


@mutation("T07")
def send_money_as_a_float(random: Random, data: Data) -> bool:
    """Cents appear and disappear."""
    found = _where(random, data, lambda _n, _r, _s, t: "money" in t)
    assert found is not None
    found[3].update({"encoded_as": "number"})
    found[3].pop("decimals")
    found[3].pop("digits")
    return True


@mutation("T08")
def take_ascii_alone(random: Random, data: Data) -> bool:
    """Accents are refused."""
    found = _where(random, data, lambda _n, r, s, t: t["type"] == "text" and "map" not in r)
    assert found is not None
    found[3]["charset"] = "ascii"
    return True


@mutation("U02")
def change_a_unit(random: Random, data: Data) -> bool:
    """The conversion is of another unit."""
    found = _where(random, data, lambda _n, r, *_: "convert" in r.get("using", ""))
    assert found is not None
    random.choice([found[2], found[3]])["unit"] = "lb"
    return True


@mutation("U01")
def forget_a_conversion(random: Random, data: Data) -> bool:
    """A thousand times too heavy."""
    found = _where(random, data, lambda _n, r, *_: "convert" in r.get("using", ""))
    assert found is not None
    found[1]["using"] = "to_decimal"
    found[3].pop("digits", None)
    return True


@mutation("U03")
def forget_the_currency(_random: Random, data: Data) -> bool:
    """An amount without its currency."""
    _contract(data)["fields"].pop("currency")
    _target(data)["currency"]["required"] = "optional"
    return True


@mutation("U04")
def turn_gross_into_net(random: Random, data: Data) -> bool:
    """Tax is paid twice."""
    found = _where(random, data, lambda _n, _r, s, t: "tax" in t and "tax" in s)
    assert found is not None
    found[3]["tax"] = "net" if found[2]["tax"] == "gross" else "gross"
    return True


@mutation("U06")
def count_in_cents(random: Random, data: Data) -> bool:
    """Every amount is a hundred times too small."""
    found = _where(random, data, lambda _n, _r, _s, t: "money" in t)
    assert found is not None
    found[3]["minor_units"] = True
    return True


@mutation("Z01")
def lose_a_zone(random: Random, data: Data) -> bool:
    """Hours off."""
    found = _where(random, data, lambda _n, r, s, _t: s["type"] == "instant" and "using" not in r)
    if found is None:
        return False
    random.choice([found[2], found[3]])["zone"] = "Asia/Tokyo"
    return True


@mutation("R01")
def let_a_value_be_missing(random: Random, data: Data) -> bool:
    """The target refuses the first message without it."""
    found = _where(
        random,
        data,
        lambda _n, r, _s, t: t.get("required") == "always" and not {"map", "if_missing"} & set(r),
    )
    assert found is not None
    found[2].update(random.choice([{"required": "optional"}, {"nullable": True}]))
    return True


@mutation("R03")
def ask_for_what_is_not_there(random: Random, data: Data) -> bool:
    """The condition is never known."""
    _contract(data)["when"][f"status_{random.randint(1, 9)}"] = "paid"
    return True


@mutation("E02")
def drop_a_pair(random: Random, data: Data) -> bool:
    """A value that comes has no pair."""
    names = [name for name in _contract(data)["maps"] if name != "states"]
    if not names:
        return False
    pairs = _contract(data)["maps"][random.choice(names)]["pairs"]
    pairs.pop(random.choice(list(pairs)))
    return True


@mutation("E03")
def give_an_unknown_value(random: Random, data: Data) -> bool:
    """The target does not take it."""
    value_map = random.choice(list(_contract(data)["maps"].values()))
    value_map["pairs"][random.choice(list(value_map["pairs"]))] = "UNHEARD-OF"
    return True


@mutation("E04")
def fix_an_unknown_value(random: Random, data: Data) -> bool:
    """The target does not take it."""
    _contract(data)["fields"]["channel"]["fixed"] = random.choice(["POS", "web", "SHOP"])
    return True


@mutation("E05")
def open_a_list(random: Random, data: Data) -> bool:
    """New values may come one day."""
    found = _where(random, data, lambda _n, r, *_: "map" in r)
    assert found is not None
    found[2]["open_enum"] = True
    return True


@mutation("E06")
def map_what_never_comes(random: Random, data: Data) -> bool:
    """The map was made for another list."""
    value_map = random.choice(list(_contract(data)["maps"].values()))
    value_map["pairs"]["never"] = next(iter(value_map["pairs"].values()))
    value_map["lossy"] = ["never"]
    return True


@mutation("E07")
def let_two_values_meet(random: Random, data: Data) -> bool:
    """They can no longer be told apart."""
    pairs = random.choice(list(_contract(data)["maps"].values()))["pairs"]
    first, second = random.sample(list(pairs), 2)
    pairs[second] = pairs[first]
    return True


@mutation("X03")
def shorten_a_row_key(random: Random, data: Data) -> bool:
    """Two rows become one."""
    word = random.choice(["upper", "truncate 3", "digits_only"])
    _contract(data)["fields"]["lines"]["fields"]["sku"]["using"] = word
    return True


@mutation("X05")
def promise_another_outcome(random: Random, data: Data) -> bool:
    """The example does not come out as written."""
    target = _contract(data)["examples"][0]["target"]
    target[random.choice(["total", "kilos"])] = "99"
    return True


@mutation("X09")
def drop_the_examples(_random: Random, data: Data) -> bool:
    """Nobody has written a message out."""
    _contract(data)["examples"] = []
    return True


@mutation("W01")
def promise_too_much(random: Random, data: Data) -> bool:
    """The retries last longer than the promise."""
    delivered = {"fail": f"{random.randint(30, 90)}s"}
    _contract(data)["timing"]["delivered"] = delivered
    return True


@mutation("W04")
def warn_too_late(random: Random, data: Data) -> bool:
    """The promise is broken before anybody is warned."""
    _contract(data)["timing"]["delivered"]["warn"] = f"{random.randint(5, 20)}m"
    return True


@mutation("W05")
def wait_too_long(random: Random, data: Data) -> bool:
    """A broken promise is still waited for."""
    _contract(data)["retry"]["timeout"] = f"{random.randint(7, 30)}s"
    return True


@mutation("W06")
def forget_other_failures(_random: Random, data: Data) -> bool:
    """Nobody is told of what nobody thought of."""
    _contract(data)["failures"].pop("otherwise")
    return True


@mutation("W09")
def retry_all_at_once(random: Random, data: Data) -> bool:
    """Everybody comes at the same moment."""
    _contract(data)["retry"]["wait"].update(random.choice([{"factor": 1}, {"jitter": "none"}]))
    return True


@mutation("W12")
def plan_a_peak(random: Random, data: Data) -> bool:
    """More than the target takes."""
    _contract(data)["volume"] = {"messages": random.randint(101, 999), "per": "1s"}
    return True


@mutation("W13")
def retry_a_refusal(random: Random, data: Data) -> bool:
    """The same wrong message again and again."""
    _contract(data)["retry"]["on"].append(random.choice(["400", "404", "4xx", "refused"]))
    return True


@mutation("I04")
def key_by_a_status(_random: Random, data: Data) -> bool:
    """Many messages share it."""
    _contract(data)["idempotency"]["key"] = ["status"]
    return True


@mutation("I05")
def order_by_the_second(_random: Random, data: Data) -> bool:
    """Two changes share one."""
    _source(data)["changed"]["precision"] = "second"
    return True


@mutation("I06")
def forget_updates(_random: Random, data: Data) -> bool:
    """An older version overwrites a newer one."""
    _contract(data).pop("updates")
    return True


@mutation("I07")
def take_a_conflict_unseen(_random: Random, data: Data) -> bool:
    """What is there may be another."""
    data["systems"][1]["messages"]["job"]["carried_by"].pop("read")
    return True


@mutation("O02")
def change_an_owner(random: Random, data: Data) -> bool:
    """The wrong team is called."""
    _contract(data)["owners"][random.choice(["source", "target"])] = "ops-team"
    return True


@mutation("O03")
def drop_the_escalation(_random: Random, data: Data) -> bool:
    """Nobody is called."""
    _contract(data)["owners"].pop("escalation")
    return True


@mutation("O05")
def let_a_team_go(random: Random, data: Data) -> bool:
    """The office is empty."""
    team = random.choice(["sales-team", "link-team", "shop-team", "depot-team"])
    data["teams"][team]["until"] = "2026-03-01"
    return True


@mutation("O06")
def forget_who_replays(_random: Random, data: Data) -> bool:
    """Parked for good."""
    _contract(data)["parked"].pop("replay_by")
    return True


@mutation("O07")
def raise_the_version(random: Random, data: Data) -> bool:
    """The new version is not signed."""
    _contract(data)["version"] = f"1.{random.randint(1, 9)}.0"
    return True


@mutation("O08")
def lose_a_contact(random: Random, data: Data) -> bool:
    """The alarm goes nowhere."""
    data["teams"][random.choice(["sales-team", "link-team"])]["contact"] = "-"
    return True


@mutation("S01")
def unmark_personal_data(random: Random, data: Data) -> bool:
    """It ends up in logs."""
    found = _where(random, data, lambda _n, _r, _s, t: "sensitive" in t)
    assert found is not None
    found[3].pop("sensitive")
    return True


@mutation("G01")
def send_it_nowhere(_random: Random, data: Data) -> bool:
    """Nobody sends the message."""
    data["systems"][0]["messages"]["order"]["carried_by"] = {"in": {"request": "POST /orders"}}
    return True


@mutation("G04")
def end_a_message(random: Random, data: Data) -> bool:
    """From that day on everything fails."""
    system, message = random.choice([(0, "order"), (1, "job")])
    data["systems"][system]["messages"][message]["sunset"] = "2026-03-01"
    return True
