"""A small landscape in which everything lines up, as plain data to be changed in one place."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from harness.align import Gap, World, align
from harness.contract import Contract
from harness.landscape import Calendar, Contact, Flow, Landscape, System, Table
from harness.mapping import parse_path

TODAY = "2026-03-02"

Data = dict[str, Any]

SHOP: Data = {
    "system": "shop",
    "kind": "storefront",
    "owner": "shop-team",
    "timezone": "Europe/Berlin",
    "base_urls": ["https://shop.example"],
    "resends": {"attempts": 8, "over": "4h", "answer_within": "5s"},
    "messages": {
        "order": {
            "key": "id",
            "version": "changed",
            "happened_at": "changed",
            "carried_by": {"push": {"webhook": "orders/paid"}},
            "fields": {
                "id": {"type": "text", "max": 20, "required": "always", "unique": True},
                "state": {"type": "text", "enum": ["paid", "open"], "required": "always"},
                "currency": {"type": "currency_code", "required": "always"},
                "total": {
                    "type": "decimal",
                    "digits": 10,
                    "decimals": 2,
                    "encoded_as": "text",
                    "money": "currency",
                    "tax": "gross",
                    "required": "always",
                },
                "placed": {"type": "instant", "precision": "second", "required": "always"},
                "changed": {"type": "instant", "precision": "millisecond", "required": "always"},
                "weight": {"type": "integer", "digits": 6, "unit": "g"},
                "email": {"type": "text", "max": 100, "sensitive": "personal"},
                "items": {"type": "list", "most": 50, "required": "always"},
                "items.*.sku": {"type": "text", "max": 20, "required": "always"},
                "items.*.qty": {
                    "type": "integer",
                    "at_least": 1,
                    "at_most": 99,
                    "unit": "each",
                    "required": "always",
                },
            },
        }
    },
}

DEPOT: Data = {
    "system": "depot",
    "kind": "oms",
    "owner": "depot-team",
    "timezone": "Etc/UTC",
    "base_urls": ["https://depot.example"],
    "limits": {"calls": 100, "per": "1s"},
    "maintenance": {"lasts": "30m"},
    "remembers_keys": "24h",
    "answers": {"refused": {"when": {"status": 422}, "means": "rejected"}},
    "messages": {
        "job": {
            "key": "ref",
            "carried_by": {
                "create": {"request": "POST /jobs"},
                "read": {"response": "GET /jobs/:id"},
            },
            "fields": {
                "ref": {"type": "text", "max": 20, "required": "always"},
                "status": {"type": "text", "enum": ["GO", "HOLD"], "required": "always"},
                "currency": {"type": "currency_code", "required": "always"},
                "total": {
                    "type": "decimal",
                    "digits": 12,
                    "decimals": 2,
                    "encoded_as": "text",
                    "money": "currency",
                    "tax": "gross",
                    "required": "always",
                },
                "placed": {"type": "instant", "precision": "second", "required": "always"},
                "changed": {"type": "instant", "precision": "millisecond", "required": "always"},
                "kilos": {"type": "decimal", "digits": 8, "decimals": 3, "unit": "kg"},
                "mail": {"type": "text", "max": 100, "sensitive": "personal"},
                "channel": {"type": "text", "enum": ["WEB"], "required": "always"},
                "lines": {"type": "list", "most": 100, "required": "always"},
                "lines.*.sku": {"type": "text", "max": 20, "required": "always"},
                "lines.*.qty": {
                    "type": "integer",
                    "at_least": 1,
                    "at_most": 999,
                    "unit": "each",
                    "required": "always",
                },
            },
        }
    },
}

OPS: Data = {
    "system": "ops",
    "kind": "alerting",
    "owner": "ops-team",
    "base_urls": ["https://ops.example"],
    "messages": {
        "parked": {
            "key": "id",
            "carried_by": {"create": {"request": "POST /parked"}},
            "fields": {"id": {"required": "always"}, "who": {}, "about": {}},
            "notifies": {"who": "who", "about": "about"},
        }
    },
}

ORDERS: Data = {
    "contract": "orders",
    "version": "1.0.0",
    "status": "agreed",
    "summary": "Every paid order becomes one job.",
    "from": "shop.order",
    "to": "depot.job",
    "object": "orders",
    "owners": {
        "business": "sales-team",
        "source": "shop-team",
        "target": "depot-team",
        "integration": "link-team",
        "escalation": [{"after": "15m", "to": "link-team", "via": "pager"}],
    },
    "signed_off": [{"by": "sales-team", "on": "2026-02-20", "version": "1.0.0"}],
    "when": {"state": "paid"},
    "updates": {"by": "changed", "show": "latest"},
    "fields": {
        "ref": {"from": "id", "severity": "blocker"},
        "status": {"from": "state", "map": "states"},
        "currency": {"from": "currency"},
        "total": {"from": "total", "using": "to_decimal", "severity": "blocker"},
        "placed": {"from": "placed", "using": "to_utc"},
        "changed": {"from": "changed", "using": "to_utc"},
        "kilos": {"from": "weight", "using": "convert g to kg", "if_missing": "leave_out"},
        "mail": {"from": "email", "if_missing": "leave_out"},
        "channel": {"fixed": "WEB"},
        "lines": {
            "match_by": ["sku"],
            "each": "items",
            "fields": {"sku": {"from": "sku"}, "qty": {"from": "qty"}},
        },
    },
    "maps": {"states": {"pairs": {"paid": "GO", "open": "HOLD"}}},
    "receive": {"style": "webhook", "answered": {"fail": "4s"}, "delivery": "at_least_once"},
    "timing": {
        "delivered": {"warn": "1m", "fail": "5m", "share": "99%", "never_over": "30m"},
        "response": {"fail": "6s"},
    },
    "idempotency": {"key": ["ref"], "sent_as": "header Idempotency-Key", "remembered": "24h"},
    "retry": {
        "attempts": 5,
        "wait": {"first": "2s", "factor": 3, "max": "5m", "jitter": "equal"},
        "give_up_after": "20m",
        "timeout": "6s",
        "obey_retry_after": True,
        "on": ["throttled", "5xx", "timeout", "no_connection"],
    },
    "failures": {
        "409": {"means": "is there already", "then": "treat_as_success"},
        "422": {"means": "refused", "then": "park", "tell": "business", "within": "15m"},
        "otherwise": {"then": "park", "tell": "integration"},
    },
    "parked": {"to": "ops.parked", "replay_by": "sales-team", "keep": "14d", "alarm_over": 10},
    "volume": {"messages": 600, "per": "1h"},
    "examples": [
        {
            "name": "one paid order",
            "source": {
                "id": "A-1",
                "state": "paid",
                "currency": "EUR",
                "total": "34.63",
                "placed": "2026-02-20T09:00:00+01:00",
                "changed": "2026-02-20T09:00:00.000+01:00",
                "weight": 1500,
                "email": "someone@shop.example",
                "items": [{"sku": "S-1", "qty": 2}],
            },
            "target": {
                "ref": "A-1",
                "status": "GO",
                "total": "34.63",
                "kilos": "1.5",
                "lines": [{"sku": "S-1", "qty": 2}],
            },
        },
        {
            "name": "without weight and mail",
            "source": {
                "id": "A-2",
                "state": "paid",
                "currency": "EUR",
                "total": "5.00",
                "placed": "2026-02-20T09:00:00+01:00",
                "changed": "2026-02-20T09:00:00.000+01:00",
                "items": [{"sku": "S-1", "qty": 1}],
            },
            "target": {"ref": "A-2", "status": "GO"},
        },
    ],
}

TEAMS = {
    name: {"name": name, "contact": f"#{name}"}
    for name in ("shop-team", "depot-team", "ops-team", "sales-team", "link-team")
}


OF_OPEN_ORDERS: Data = {
    "when": {"state": "open"},
    "examples": [
        {
            **example,
            "source": {**example["source"], "state": "open"},
            "target": {**example["target"], "status": "HOLD"},
        }
        for example in ORDERS["examples"]
    ],
}
"""What makes of the contract one of the orders that it leaves out, examples included."""


def clean() -> Data:
    """Return the landscape in which everything lines up, to be changed by a test.

    ``systems`` and ``contracts`` are lists; ``teams``, ``tables``, ``calendars`` and ``flows``
    are there too.
    """
    return deepcopy(
        {
            "systems": [SHOP, DEPOT, OPS],
            "contracts": [ORDERS],
            "teams": TEAMS,
            "tables": {},
            "calendars": {},
            "flows": [],
        }
    )


def changed(path: str, value: Any, *, base: Data | None = None) -> Data:
    """Return the clean landscape with one value put, or taken out where it is ``...``.

    ``path`` starts at ``contracts.0``, ``systems.1`` and so on; a key with dots is quoted.
    """
    data = clean() if base is None else deepcopy(base)
    *way, last = parse_path(path).parts
    inner: Any = data
    for part in way:
        inner = inner[int(part)] if isinstance(inner, list) else inner.setdefault(part, {})
    if value is ...:
        del inner[int(last) if isinstance(inner, list) else last]
    elif isinstance(inner, list):
        inner[int(last)] = value
    else:
        inner[last] = value
    return data


def world(data: Data | None = None, **more: Any) -> World:
    """Return the world that the data describes."""
    data = clean() if data is None else data
    landscape = Landscape(
        systems={one["system"]: System.model_validate(one) for one in data["systems"]},
        teams={name: Contact.model_validate(one) for name, one in data["teams"].items()},
        tables={name: Table.model_validate(one) for name, one in data["tables"].items()},
        calendars={n: Calendar.model_validate(one) for n, one in data["calendars"].items()},
    )
    return World(
        contracts=tuple(Contract.model_validate(one) for one in data["contracts"]),
        landscape=landscape,
        flows=tuple(Flow.model_validate(one) for one in data["flows"]),
        **{"today": TODAY, "where": where, **more},
    )


def where(kind: str, name: str, path: tuple[str | int, ...]) -> str:
    """Return a place that tells what it is the place of."""
    return f"{kind}:{name}:{'/'.join(map(str, path))}"


def gaps(data: Data | None = None, **more: Any) -> tuple[Gap, ...]:
    """Return all gaps of a landscape; no check may have broken."""
    found = align(world(data, **more))
    assert found.broken == ()
    return found.gaps


def codes(data: Data | None = None, **more: Any) -> list[str]:
    """Return the codes that a landscape is reported with, each once."""
    return sorted({gap.code for gap in gaps(data, **more)})


def described(entry: Mapping[str, Any], **values: Any) -> Data:
    """Return a copy of one piece of the landscape with some keys changed."""
    return {**deepcopy(dict(entry)), **values}
