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
    """A patch that breaks a promise: which clause, and who must act.

    ``row`` is the row of the catalogue of known defects that it stands for, where there is one.
    """

    category: str
    clause: str
    owner: str = "integration-team"
    row: str = ""


ORDERS, TRACKING = "shopify-order-to-oms", "oms-fulfilment-to-shopify"
MARKET, PACKAGES = "amazon-order-to-oms", "oms-shipment-to-amazon"
PARCELS, CHARGES = "carrier-tracker-to-oms", "carrier-charge-to-ledger"


def defect(
    name: str, file: str, old: str, new: str, *, category: str, clause: str, row: str = ""
) -> Defect:
    """Return a defect of one replacement."""
    return Defect(name, ((file, old, new),), category, clause, row=row)


DEFECTS = (
    Defect(
        "the grand total is the subtotal",
        (
            (
                "mapping.py",
                'money(amount(order, "total_price"))',
                'money(amount(order, "subtotal_price"))',
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
                'city=required(address, "city"),',
                'city=required(address, "city").encode().decode("latin-1"),',
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
        row="D73",
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
                'country=required(address, "country_code"),',
                'country=address.get("country_code") or "US",',
            ),
        ),
        "nulls",
        f"{ORDERS}#fields.shipTo.country.if_missing",
        row="D64",
    ),
    Defect(
        "the local time is sent as if it were UTC",
        (
            (
                "mapping.py",
                'instant(order, "created_at").isoformat().replace("+00:00", "Z")',
                'order["created_at"][:19] + "Z"',
            ),
        ),
        "timezone",
        f"{ORDERS}#fields.orderedAt",
        row="D44",
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
        row="D14",
    ),
    Defect(
        "the last webhook to arrive wins, however old it is",
        (
            (
                "mapping.py",
                '        return instant(order, "updated_at"), cancelled',
                "        return datetime.max.replace(tzinfo=UTC), False",
            ),
        ),
        "ordering",
        f"{ORDERS}#when.withheld",
        row="D08",
    ),
    Defect(
        "signatures of the shop are not looked at",
        (
            (
                "app.py",
                '        if not signature.fits(body, dict(scope["headers"])):',
                '        if "shopify" not in path and not signature.fits(body, dict(scope["headers"])):',
            ),
        ),
        "auth",
        f"{ORDERS}#receive.bad_signature",
        row="D11",
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
        row="D04",
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
        row="D127",
    ),
    Defect(
        "the last line of an order is lost",
        (
            (
                "mapping.py",
                '[_line(line) for line in required(order, "line_items")]',
                '[_line(line) for line in required(order, "line_items")[:-1] or order["line_items"]]',
            ),
        ),
        "lost data",
        f"{ORDERS}#fields.lines",
        row="D34",
    ),
    Defect(
        "nobody looks for lost webhooks",
        (("polling.py", "                await self.poll()", "                pass"),),
        "lost data",
        f"{ORDERS}#when.promised",
        row="D07",
    ),
    defect(
        "the restricted data token is not asked for",
        "marketplace.py",
        'f"{path}/address", personal=True)',
        'f"{path}/address")',
        category="auth",
        clause=f"{MARKET}#when.promised",
        row="D26",
    ),
    defect(
        "the token is used after its end",
        "amazon.py",
        "            if answer.status_code != 403 or renewed:",
        "            if True:",
        category="auth",
        clause=f"{PACKAGES}#timing.delivered",
        row="D25",
    ),
    defect(
        "the window of the query ends at the present",
        "marketplace.py",
        "until = self._clock.now() - BEHIND",
        "until = self._clock.now()",
        category="timing",
        clause=f"{MARKET}#when.promised",
        row="D37",
    ),
    defect(
        "the watermark is kept in local time",
        "marketplace.py",
        '            "LastUpdatedAfter": _text(since),',
        '            "LastUpdatedAfter": _text(since + timedelta(hours=1)),',
        category="timezone",
        clause=f"{MARKET}#when.promised",
        row="D41",
    ),
    defect(
        "orders are asked for by the time they were made",
        "marketplace.py",
        '            "LastUpdatedAfter": _text(since),\n            "LastUpdatedBefore": _text(until),',
        '            "CreatedAfter": _text(since),\n            "CreatedBefore": _text(until),',
        category="lost data",
        clause=f"{MARKET}#when.promised",
        row="D38",
    ),
    defect(
        "a buyer who asks to cancel is not heard",
        "marketplace.py",
        "        if any(_wants_out(item) for item in items):",
        "        if False:",
        category="mapping",
        clause=f"{MARKET}#when.withheld",
        row="D125",
    ),
    defect(
        "the number of the package is sent as a number",
        "marketplace.py",
        'str(required(package, "packageNo"))',
        'required(package, "packageNo")',
        category="mapping",
        clause=f"{PACKAGES}#fields.packageDetail.packageReferenceId",
        row="D71",
    ),
    defect(
        "only the first package of a shipment is told",
        "marketplace.py",
        "        for package in packages:",
        "        for package in packages[:1]:",
        category="lost data",
        clause=f"{PACKAGES}#expect",
        row="D116",
    ),
    defect(
        "the postcode becomes a number",
        "marketplace.py",
        'postcode=_cut(address.get("PostalCode"), 12),',
        'postcode=_cut((address.get("PostalCode") or "").lstrip("0") or None, 12),',
        category="encoding",
        clause=f"{MARKET}#fields.shipTo.postcode",
        row="D73",
    ),
    defect(
        "the extension of a telephone is kept",
        "marketplace.py",
        'phone.partition(" ext")[0].strip()[:20]',
        "phone.strip()[:20]",
        category="mapping",
        clause=f"{MARKET}#fields.shipTo.phone",
        row="D77",
    ),
    defect(
        "the price of a line is multiplied by its quantity",
        "marketplace.py",
        '"amount": money(amount(item.get("ItemPrice") or {}, "Amount")),',
        '"amount": money(amount(item.get("ItemPrice") or {}, "Amount") * item["QuantityOrdered"]),',
        category="mapping",
        clause=f"{MARKET}#fields.lines.ordered.amount",
    ),
    defect(
        "cancelled items are shipped",
        "marketplace.py",
        '            if required(item, "QuantityOrdered") > 0\n',
        "",
        category="mapping",
        clause=f"{MARKET}#when.promised",
        row="D122",
    ),
    defect(
        "orders that Amazon ships are shipped again",
        "marketplace.py",
        'ours = order.get("FulfillmentChannel") == "MFN"',
        "ours = True",
        category="ownership of failures",
        clause=f"{MARKET}#when.withheld",
        row="D115",
    ),
    Defect(
        "an unknown carrier is called Other",
        (
            (
                "marketplace.py",
                '        raise Unmappable("carrier has a value that nobody agreed on")',
                "        pass",
            ),
            (
                "marketplace.py",
                '"carrierCode": carrier,',
                '"carrierCode": carrier if carrier in CARRIERS else "Other",',
            ),
        ),
        "mapping",
        f"{PACKAGES}#maps.amazon_carriers.if_unmapped",
    ),
    Defect(
        "the last scan to arrive wins, however old it is",
        (
            ("parcels.py", "(_changed(tracker),), tracker)", "(), tracker)"),
            ("parcels.py", " or changed <= self._told.get(code, _NEVER)", ""),
        ),
        "ordering",
        f"{PARCELS}#receive.delivery",
        row="D92",
    ),
    defect(
        "a label alone counts as a parcel on its way",
        "parcels.py",
        '"pre_transit": "ANNOUNCED"',
        '"pre_transit": "MOVING"',
        category="mapping",
        clause=f"{PARCELS}#state.never_back",
        row="D89",
    ),
    defect(
        "an unknown word of the carrier is taken for lost",
        "parcels.py",
        '    "cancelled": "CANCELLED",',
        '    "cancelled": "CANCELLED",\n    "error": "LOST",',
        category="mapping",
        clause=f"{PARCELS}#maps.parcel_status.if_unmapped",
        row="D91",
    ),
    defect(
        "the day at the door is moved into another zone",
        "parcels.py",
        "expectedOn=None if expected is None else expected[:10],",
        "expectedOn=None if expected is None else "
        '(instant(tracker, "est_delivery_date") - timedelta(hours=5)).date().isoformat(),',
        category="timezone",
        clause=f"{PARCELS}#fields.expectedOn",
        row="D47",
    ),
    defect(
        "nobody notices that the carrier fell silent",
        "app.py",
        "self.polls += [parcels.reconcile, parcels.watch]",
        "self.polls += [parcels.reconcile]",
        category="ownership of failures",
        clause=f"{PARCELS}#timing.every",
        row="D98",
    ),
    defect(
        "nobody looks for scans that were lost",
        "app.py",
        "self.polls += [parcels.reconcile, parcels.watch]",
        "self.polls += [parcels.watch]",
        category="lost data",
        clause=f"{PARCELS}#when.promised",
    ),
    defect(
        "the way back looks like the way out",
        "parcels.py",
        'leg="RETURN" if required(tracker, "is_return") else "OUTBOUND"',
        'leg="OUTBOUND"',
        category="mapping",
        clause=f"{PARCELS}#fields.leg",
    ),
    defect(
        "a journal has a new key each time",
        "charges.py",
        'call = partial(self._ledger.post, "/v1/journals", json=body, headers=headers)',
        'call = lambda: self._ledger.post("/v1/journals", json=body, '
        'headers={"Idempotency-Key": str(self._clock.elapsed())})',
        category="idempotency",
        clause=f"{CHARGES}#idempotency",
        row="D17",
    ),
    defect(
        "fees that came back are booked",
        "charges.py",
        'return fee.get("charged") is True and fee.get("refunded") is False',
        'return fee.get("charged") is True',
        category="mapping",
        clause=f"{CHARGES}#fields.lines",
        row="D142",
    ),
    defect(
        "the day of a booking is that of Greenwich",
        "charges.py",
        '    booked = instant(shipment, "created_at").astimezone(BERLIN)',
        '    booked = instant(shipment, "created_at")',
        category="timezone",
        clause=f"{CHARGES}#fields.bookedOn",
        row="D46",
    ),
    defect(
        "every label is paid in euros",
        "charges.py",
        '    currency = required(shipment.get("selected_rate") or {}, "currency")',
        '    currency = "EUR"',
        category="mapping",
        clause=f"{CHARGES}#fields.lines",
        row="D148",
    ),
    defect(
        "what is owed is rounded, and its parts are not",
        "charges.py",
        "_line(OWED, currency, sum(costs.values(), Decimal(0)))",
        "_line(OWED, currency, round(sum(costs.values(), Decimal(0)), 1))",
        category="rounding",
        clause=f"{CHARGES}#sums.balanced",
        row="D134",
    ),
    defect(
        "an unknown fee is booked as postage",
        "charges.py",
        'ACCOUNTS.get(required(fee, "type"))',
        'ACCOUNTS.get(required(fee, "type"), "6740")',
        category="mapping",
        clause=f"{CHARGES}#maps.fee_accounts.if_unmapped",
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
