"""Planted defects and harmless variants of the reference integration, as small patches."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patch:
    """Replacements of text in files of ``harness/reference``; each text occurs exactly once."""

    name: str
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Defect(Patch):
    """A patch that breaks a promise: which clause, and who must act."""

    category: str
    clause: str
    owner: str = "integration-team"


ORDERS, TRACKING = "shopify-order-to-oms", "oms-fulfilment-to-shopify"

DEFECTS = (
    Defect(
        "the grand total is the subtotal",
        (
            (
                "mapping.py",
                '_money(_amount(order, "total_price"))',
                '_money(_amount(order, "subtotal_price"))',
            ),
        ),
        "mapping",
        f"{ORDERS}#fields.grandTotal",
    ),
    Defect(
        "a carrier gets the wrong name",
        (("mapping.py", '"UPS": "UPS"', '"UPS": "USPS"'),),
        "mapping",
        f"{TRACKING}#maps.carriers.UPS",
    ),
    Defect(
        "a status is mapped to the wrong one",
        (("mapping.py", '"partially_paid": "HOLD"', '"partially_paid": "RELEASED"'),),
        "mapping",
        f"{ORDERS}#maps.payment_status.partially_paid",
    ),
    Defect(
        "weights are rounded the banker's way",
        (("mapping.py", 'Decimal("0.01"), ROUND_HALF_UP', 'Decimal("0.01"), "ROUND_HALF_EVEN"'),),
        "rounding",
        f"{ORDERS}#fields.weightKg",
    ),
    Defect(
        "the city is read as Latin-1",
        (
            (
                "mapping.py",
                'city=_required(address, "city"),',
                'city=_required(address, "city").encode().decode("latin-1"),',
            ),
        ),
        "encoding",
        f"{ORDERS}#fields.shipTo.city",
    ),
    Defect(
        "postcodes lose their leading zeros",
        (
            (
                "mapping.py",
                'postcode=address.get("zip"),',
                'postcode=(address.get("zip") or "").lstrip("0") or None,',
            ),
        ),
        "encoding",
        f"{ORDERS}#fields.shipTo.postcode",
    ),
    Defect(
        "no note becomes the word None",
        (("mapping.py", "note=None if note is None else note[:500],", "note=str(note)[:500],"),),
        "nulls",
        f"{ORDERS}#fields.note.if_missing",
    ),
    Defect(
        "an order without a country is sent to the United States",
        (
            (
                "mapping.py",
                'country=_required(address, "country_code"),',
                'country=address.get("country_code") or "US",',
            ),
        ),
        "nulls",
        f"{ORDERS}#fields.shipTo.country.if_missing",
    ),
    Defect(
        "the local time is sent as if it were UTC",
        (
            (
                "mapping.py",
                '_instant(order, "created_at").isoformat().replace("+00:00", "Z")',
                'order["created_at"][:19] + "Z"',
            ),
        ),
        "timezone",
        f"{ORDERS}#fields.orderedAt",
    ),
    Defect(
        "the order is called again without waiting",
        (
            (
                "delivery.py",
                "        await clock.sleep(wait)",
                "        await clock.sleep(wait if asked else 0.0)",
            ),
        ),
        "retry",
        f"{ORDERS}#retry.wait",
    ),
    Defect(
        "Retry-After is ignored",
        (
            (
                "delivery.py",
                "            asked = retry_after(response, now=clock.now())",
                "            asked = None",
            ),
        ),
        "retry",
        f"{ORDERS}#retry.obey_retry_after",
    ),
    Defect(
        "calls stop after three attempts",
        (("orders.py", "attempts=6", "attempts=3"),),
        "retry",
        f"{ORDERS}#retry.attempts",
    ),
    Defect(
        "each attempt has an idempotency key of its own",
        (
            (
                "orders.py",
                'return await self._oms.post("/api/v2/sales-orders", json=body, headers=headers)',
                'return await self._oms.post("/api/v2/sales-orders", json=body, '
                'headers={"Idempotency-Key": str(__import__("uuid").uuid4())})',
            ),
        ),
        "idempotency",
        f"{ORDERS}#idempotency",
    ),
    Defect(
        "the last webhook to arrive wins, however old it is",
        (
            (
                "mapping.py",
                '        return _instant(order, "updated_at"), cancelled',
                "        return datetime.max.replace(tzinfo=UTC), False",
            ),
        ),
        "ordering",
        f"{ORDERS}#when.withheld",
    ),
    Defect(
        "signatures of the shop are not looked at",
        (
            (
                "app.py",
                "        if not self._signatures[path].fits(body, dict(headers)):",
                "        if path != SHOPIFY and not self._signatures[path].fits(body, dict(headers)):",
            ),
        ),
        "auth",
        f"{ORDERS}#receive.bad_signature",
    ),
    Defect(
        "orders wait in a queue before they are sent",
        (
            (
                "orders.py",
                "        body = sales_order(order)\n",
                "        body = sales_order(order)\n        await self._clock.sleep(420)\n",
            ),
        ),
        "timing",
        f"{ORDERS}#timing.delivered.share",
    ),
    Defect(
        "the webhook is answered when everything is done",
        (
            (
                "app.py",
                "            status = self._answer(scope, await _body(receive))\n",
                "            status = self._answer(scope, await _body(receive))\n"
                "            await asyncio.sleep(30)\n",
            ),
        ),
        "timing",
        f"{ORDERS}#receive.answered",
    ),
    Defect(
        "a refused order is reported to the wrong team",
        (("orders.py", ", tell=BUSINESS)", ")"),),
        "ownership of failures",
        f"{ORDERS}#failures.422",
    ),
    Defect(
        "what is parked is told to nobody",
        (
            (
                "alerts.py",
                '        await self._post("/alerts", {"recipient": problem.tell, **parked, "severity": "error"})',
                "        del parked",
            ),
        ),
        "ownership of failures",
        f"{ORDERS}#failures.otherwise",
    ),
    Defect(
        "the last line of an order is lost",
        (
            (
                "mapping.py",
                '[_line(line) for line in _required(order, "line_items")]',
                '[_line(line) for line in _required(order, "line_items")[:-1] or order["line_items"]]',
            ),
        ),
        "lost data",
        f"{ORDERS}#fields.lines",
    ),
    Defect(
        "nobody looks for lost webhooks",
        (("polling.py", "                await self.poll()", "                pass"),),
        "lost data",
        f"{ORDERS}#when.promised",
    ),
)

VARIANTS = (
    Patch(
        "waits are longer within the agreed jitter",
        (("delivery.py", "random.uniform(full / 2, full)", "full * 0.99"),),
    ),
    Patch(
        "polling every minute beside the webhooks",
        (("app.py", "poll_every: float = 600.0", "poll_every: float = 60.0"),),
    ),
    Patch(
        "the order is read again before it is sent",
        (
            (
                "polling.py",
                "                self._take(order)",
                "                await self._shop.get(f\"/admin/api/2025-07/orders/{order['id']}.json\")\n"
                "                self._take(order)",
            ),
        ),
    ),
    Patch(
        "fields that nobody asked for are sent along",
        (
            (
                "mapping.py",
                '        channel="WEB",',
                '        channel="WEB",\n        sourceSystem="shopify",',
            ),
        ),
    ),
    Patch(
        "headers come in another order and spelling",
        (
            (
                "orders.py",
                'headers = {"Idempotency-Key": body["externalId"]}',
                'headers = {"x-trace": "1", "idempotency-key": body["externalId"], "Accept": "*/*"}',
            ),
        ),
    ),
    Patch(
        "parking and telling happen at the same time",
        (
            (
                "alerts.py",
                '        await self._post(f"/parked/{kind}", parked)\n'
                '        await self._post("/alerts", {"recipient": problem.tell, **parked, "severity": "error"})',
                "        import asyncio\n\n"
                "        await asyncio.gather(\n"
                '            self._post("/alerts", {"recipient": problem.tell, **parked, "severity": "error"}),\n'
                '            self._post(f"/parked/{kind}", parked),\n'
                "        )",
            ),
        ),
    ),
)
